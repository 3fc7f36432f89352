/** Bodies that run under a rule: no tape, or no tensor left behind. */
import { withTape } from "./autograd.js";
import { insideOf } from "./dense.js";
import { WarpweftError } from "./error.js";

const open: Set<Disposable>[] = [];

/** Called for every handle that is made for the user. */
export function track<T extends Disposable>(made: T): T {
  open.at(-1)?.add(made);
  return made;
}

/**
 * Runs `body` with the tape off: nothing is recorded, `requiresGrad` of results is false.
 *
 * @returns what `body` returns.
 * @throws WarpweftError ERR_ARGUMENT if that is a promise: the tape cannot be switched off across an await.
 */
export function noGrad<T>(body: () => T): T {
  const result = withTape(true, body);
  refusePromise("noGrad", result, "the tape cannot be switched off across an await");
  return result;
}

/**
 * Runs `body` and disposes the tensors made inside, except those it returns: the value itself or what is found in
 * arrays, plain objects, maps and sets. Scopes nest: what an inner one returns belongs to the outer one.
 *
 * @throws WarpweftError ERR_ARGUMENT if `body` returns a promise; whatever `body` throws, after disposing.
 */
export function scope<T>(body: () => T): T {
  const made = new Set<Disposable>();
  const kept = new Set<unknown>();
  open.push(made);
  try {
    const result = body();
    refusePromise("scope", result, "a scope ends when its body returns, not when a promise settles");
    collect(result, kept, new Set());
    return result;
  } finally {
    open.pop();
    for (const handle of made) {
      if (kept.has(handle)) track(handle);
      else handle[Symbol.dispose]();
    }
  }
}

function refusePromise(fn: string, result: unknown, why: string): void {
  if (typeof (result as PromiseLike<unknown> | null)?.then !== "function") return;
  (result as PromiseLike<unknown>).then(undefined, () => undefined); // its failure is not a second error
  throw new WarpweftError("ERR_ARGUMENT", `${fn}: body must not return a promise: ${why}`);
}

function collect(value: unknown, found: Set<unknown>, seen: Set<unknown>): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (insideOf(value) !== undefined) found.add(value);
  else if (value instanceof Map) for (const pair of value) collect(pair, found, seen);
  else if (value instanceof Set || Array.isArray(value)) for (const item of value) collect(item, found, seen);
  else if (!ArrayBuffer.isView(value)) for (const item of Object.values(value)) collect(item, found, seen);
}
