/**
 * One body, two ways to run it. A heavy function is written once, as a generator that yields its native calls:
 *
 *     function* body(x: Input, options: Options): Steps<Tensor> {
 *       const rows = check.matrix("name", "x", x);
 *       const out = allocate("name", [rows.shape[0]]);
 *       yield (threads, job) => native().family.kernel(threads, job, ...matrix(rows), out);
 *       return tensorOf(out);
 *     }
 *     export const [name, nameAsync] = twins("name", body);
 *
 * `now` makes each yielded call at once. `later` gives each a job of the addon's own threads and awaits it. What
 * stands before the first yield, all validation with it, runs during the call in both: when `nameAsync` returns,
 * the arguments have been looked at. Its failures arrive as a rejection all the same.
 *
 * The arrays of a running call are kept alive until it settles. They must be neither changed nor transferred
 * meanwhile: a change gives a result of mixed inputs, a transfer is reported as ERR_ARGUMENT when the call settles.
 */
import { aborted, onAbort } from "./abort.js";
import * as check from "./check.js";
import { translated } from "./error.js";
import { type Job, native } from "./native.js";
import { threads as processThreads } from "./threads.js";
import type { Async, AsyncOptions } from "./types.js";

/** A native call, bound to all but how it runs. `part` turns the share of it that is done into that of a longer whole. */
export interface Kernel {
  (threads: number, job: Job | undefined): void | Promise<void>;
  part?: (share: number) => [done: number, total: number];
}
export type Steps<T> = Generator<Kernel, T, undefined>;
export interface NowOptions {
  threads?: number | undefined;
}

/** A body without native calls may return its result instead of being a generator. */
export function isSteps<T>(body: Steps<T> | T): body is Steps<T> {
  return typeof (body as Steps<T> | null)?.next === "function";
}

/** Runs to the end on this thread (and those of the pool). A kernel's failure is thrown into the body, which may put things back. */
export function now<T>(fn: string, body: Steps<T> | T, options: NowOptions = {}): T {
  if (!isSteps(body)) return body;
  const asked = check.threads(fn, options.threads);
  try {
    let step = body.next();
    while (!step.done) {
      let failure: { error: unknown } | undefined;
      try {
        step.value(asked ?? processThreads(), undefined);
      } catch (error) {
        failure = { error };
      }
      step = failure ? body.throw(failure.error) : body.next();
    }
    return step.value;
  } catch (error) {
    throw translated(error, fn);
  }
}

/** Runs off the event loop. Rejects with ERR_ABORTED at once for a signal that is already aborted, else within 50 ms. */
export async function later<T>(fn: string, body: Steps<T> | T, options: NowOptions & AsyncOptions = {}): Promise<T> {
  check.asyncOptions(fn, options);
  const { signal } = options;
  if (signal?.aborted) throw aborted(fn, signal);
  if (!isSteps(body)) return body;
  const asked = check.threads(fn, options.threads);
  try {
    let step = body.next();
    while (!step.done) {
      const failure = await off(step.value, asked ?? processThreads(), options);
      if (signal?.aborted) step = body.throw(aborted(fn, signal));
      else step = failure ? body.throw(failure.error) : body.next();
    }
    return step.value;
  } catch (error) {
    throw translated(error, fn);
  }
}

/** One kernel as a job. Returns what it failed with. */
async function off(
  kernel: Kernel,
  threads: number,
  { signal, onProgress }: AsyncOptions,
): Promise<{ error: unknown } | undefined> {
  // The addon holds on to `report` as long as somebody holds the job, so `report` must not hold the job for ever.
  const running: { job?: Job; failure?: { error: unknown } } = {};
  const cancel = () => running.job && native().cancel(running.job);
  const report = (done: number, total: number) => {
    try {
      if (kernel.part) onProgress?.(...kernel.part(total > 0 ? done / total : 1));
      else onProgress?.(done, total);
    } catch (error) {
      running.failure ??= { error };
      cancel();
    }
  };
  running.job = native().job(onProgress && report);
  const end = onAbort(signal, cancel);
  try {
    await kernel(threads, running.job);
  } catch (error) {
    running.failure ??= { error };
  } finally {
    end();
    delete running.job;
  }
  return running.failure;
}

/** The two public functions of a body. `threads` is read from the last argument; `signal` and `onProgress` too, and the body does not see these. */
export function twins<A extends readonly unknown[], R>(
  name: string,
  body: (...args: A) => Steps<R> | R,
): [sync: (...args: A) => R, async: Async<(...args: A) => R>] {
  const started = (fn: string, args: A): Steps<R> | R => {
    try {
      return body(...args);
    } catch (error) {
      throw translated(error, fn);
    }
  };
  const sync = (...args: A): R => now(name, started(name, args), optionsOf(args));
  const async_ = async (...args: unknown[]): Promise<R> => {
    const options = optionsOf(args);
    const { signal, onProgress, ...own } = options;
    const rest = signal || onProgress ? [...args.slice(0, -1), own] : args;
    return later(`${name}Async`, started(`${name}Async`, rest as unknown as A), options);
  };
  return [sync, async_ as unknown as Async<(...args: A) => R>];
}

/** Only a plain object can be options: arrays, typed arrays and tensors are arguments. */
function optionsOf(args: readonly unknown[]): NowOptions & AsyncOptions {
  const last = args.at(-1);
  const plain = typeof last === "object" && last !== null && Object.getPrototypeOf(last) === Object.prototype;
  return plain ? (last as NowOptions & AsyncOptions) : {};
}
