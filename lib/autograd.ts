/**
 * The tape: reverse mode, first order, no family in sight. An operation is a pair of functions:
 *
 *     const scale: Op<[Dense], { by: number }, null> = {
 *       name: "scale",
 *       forward: ([x], { by }) => ({ out: scaled(x, by), saved: null }),
 *       backward: (gradient, [x], saved, { by }) => [scaled(gradient, by)],
 *     };
 *     const y = record(scale, [x], { by: 2 });
 *
 * One body serves the synchronous and the asynchronous form. A function with heavy native calls is a generator that
 * yields them (lib/async.ts); one without is plain. `record` runs it now, `recordAsync` later, and `recordSteps` is
 * for a caller that is a generator itself: `return tensorOf(yield* recordSteps(op, inputs, attrs))`.
 *
 * What `backward` may rely on: `gradient` is float32, contiguous and of the shape of `out`; `inputs` are the very
 * ones of `forward` and unchanged (their version counters are compared, and they are kept whatever the user disposes).
 * What it owes: for each input null or a new float32 tensor of the input's shape, on its device (views of `gradient` will do). It
 * may skip what `inputs[i].requiresGrad` does not ask for. Inside an operation there is no `record`: bodies call kernels.
 */
import { isSteps, type Kernel, later, now, type Steps } from "./async.js";
import { Dense, drop, dropBut, hold, type Origin } from "./dense.js";
import { WarpweftError } from "./error.js";
import { addInto, type Flow, Pending, seed, setGrad } from "./gradients.js";
import type { AsyncOptions } from "./types.js";

export type Gradients<In extends readonly Dense[]> = { readonly [K in keyof In]: Dense | null };
export interface Forward<Saved> {
  readonly out: Dense;
  /** what `backward` needs beside the inputs; dropped when nothing is recorded */
  readonly saved: Saved;
}
export interface Op<In extends readonly Dense[], Attrs, Saved> {
  readonly name: string;
  /** `taped`: whether `backward` may follow, so that there is a point in saving. */
  forward(inputs: In, attrs: Attrs, taped: boolean): Forward<Saved> | Steps<Forward<Saved>>;
  backward(gradient: Dense, inputs: In, saved: Saved, attrs: Attrs): Gradients<In> | Steps<Gradients<In>>;
}

interface Entry extends Origin {
  /** none once released */
  inputs: readonly Dense[];
  readonly op: Op<readonly Dense[], unknown, unknown>;
  readonly versions: readonly number[];
  readonly attrs: unknown;
  readonly threads: number | undefined;
  saved: { readonly value: unknown } | null;
}

let entries = 0;
let paused = 0;

/** Whether an operation on these inputs would be recorded. */
export function records(inputs: readonly Dense[]): boolean {
  return paused === 0 && inputs.some((input) => input.requiresGrad);
}

/** Runs `body` with the tape off (`off`) or on, whatever it was, and puts it back. */
export function withTape<T>(off: boolean, body: () => T): T {
  const before = paused;
  paused = off ? 1 : 0;
  try {
    return body();
  } finally {
    paused = before;
  }
}

/** Computes the operation and, if an input asks for a gradient, puts it on the tape. */
export function record<In extends readonly Dense[], Attrs, Saved>(
  op: Op<In, Attrs, Saved>,
  inputs: In,
  attrs: Attrs,
  threads?: number,
): Dense {
  return now(op.name, recordSteps(op, inputs, attrs, threads), { threads });
}

export function recordAsync<In extends readonly Dense[], Attrs, Saved>(
  op: Op<In, Attrs, Saved>,
  inputs: In,
  attrs: Attrs,
  options: AsyncOptions & { threads?: number } = {},
): Promise<Dense> {
  return later(op.name, recordSteps(op, inputs, attrs, options.threads), options);
}

/** `threads` is what `backward` will run with; undefined means the process default of that moment. */
export function* recordSteps<In extends readonly Dense[], Attrs, Saved>(
  op: Op<In, Attrs, Saved>,
  inputs: In,
  attrs: Attrs,
  threads?: number,
): Steps<Dense> {
  const taped = records(inputs);
  const versions = inputs.map(({ storage }) => storage.version);
  for (const input of inputs) hold(input);
  let made: Dense | undefined;
  try {
    const result = op.forward(inputs, attrs, taped);
    const { out, saved } = isSteps(result) ? yield* result : result;
    for (const input of inputs) attached(op.name, input);
    made = taped ? taken(op, inputs, versions, attrs, threads, out, saved) : out;
    return made;
  } finally {
    for (const input of inputs) dropBut(made, input);
  }
}

/** The operation on the tape, which holds the memory that backward will read until it is released. */
function taken<In extends readonly Dense[], Attrs, Saved>(
  op: Op<In, Attrs, Saved>,
  inputs: In,
  versions: readonly number[],
  attrs: Attrs,
  threads: number | undefined,
  out: Dense,
  saved: Saved,
): Dense {
  const entry: Entry = {
    id: ++entries,
    op: op as unknown as Entry["op"],
    inputs,
    versions,
    attrs,
    threads,
    saved: { value: saved },
  };
  out.origin = entry;
  out.requiresGrad = true;
  for (const memory of [...inputs, ...tensorsIn(saved)]) hold(memory);
  return out;
}

/** The tensors among what an operation saved: itself, or the values of a plain object. */
function tensorsIn(saved: unknown): Dense[] {
  const values = saved instanceof Dense ? [saved] : Object.values(saved ?? {});
  return values.filter((value): value is Dense => value instanceof Dense);
}

/**
 * The gradients of all leaves that `root` was made from. Nothing is changed on the way: `.grad` is the caller's to
 * fill. With `release`, what was saved is let go; if the pass fails or is aborted, it is put back.
 *
 * Time: that of the operations' backward passes. Memory: the gradients of one cut through the graph.
 */
export function* flow(fn: string, root: Dense, seed: Dense, release: boolean): Steps<Flow> {
  const order = reachable(root);
  for (const entry of order) unchanged(fn, entry);
  const saved = order.map((entry) => held(fn, entry));
  if (release) for (const entry of order) entry.saved = null;
  hold(seed);
  try {
    const leaves = yield* sweep(fn, root, seed, order, saved);
    for (const entry of order) unchanged(fn, entry);
    if (release) for (const [i, entry] of order.entries()) letGo(entry, saved[i]?.value);
    return leaves;
  } catch (error) {
    order.forEach((entry, i) => {
      entry.saved = saved[i] as NonNullable<Entry["saved"]>;
    });
    throw error;
  } finally {
    drop(seed);
  }
}

function letGo(entry: Entry, saved: unknown): void {
  for (const memory of [...entry.inputs, ...tensorsIn(saved)]) drop(memory);
  entry.inputs = [];
}

function* sweep(
  fn: string,
  root: Dense,
  seed: Dense,
  order: readonly Entry[],
  saved: readonly NonNullable<Entry["saved"]>[],
): Steps<Flow> {
  const pending = new Pending(root, seed);
  for (const [i, entry] of order.entries()) {
    const gradient = pending.take(entry);
    if (!gradient) continue;
    const { op, inputs, attrs } = entry;
    const body = op.backward(gradient, inputs, saved[i]?.value, attrs);
    const gradients = isSteps(body) ? yield* within(body, entry.threads, i, order.length) : body;
    for (const [k, input] of inputs.entries()) {
      const part = gradients[k];
      if (!part || !input.requiresGrad) continue;
      sameShape(fn, op.name, k, input, part);
      pending.add(input, part);
    }
    drop(gradient);
  }
  return pending.leaves();
}

/**
 * The body's kernels with the entry's own number of threads and their place in the whole pass: each one takes half of
 * what is left of its entry, as nobody knows how many will come.
 */
function* within<T>(body: Steps<T>, threads: number | undefined, index: number, count: number): Steps<T> {
  let step = body.next();
  for (let left = 1; !step.done; left /= 2) {
    const kernel = step.value;
    const placed: Kernel = (processThreads, job) => kernel(threads ?? processThreads, job);
    placed.part = (share) => [index + 1 - left + (left / 2) * share, count];
    yield placed;
    step = body.next();
  }
  return step.value;
}

function accumulate(leaves: Flow): void {
  for (const [leaf, gradient] of leaves) {
    if (leaf.grad) addInto(gradient, leaf.grad);
    setGrad(leaf, gradient);
  }
}

/** `flow`, and its gradients added to the leaves' `.grad`. */
export function* backward(fn: string, root: Dense, gradient: unknown, retainGraph: boolean): Steps<void> {
  if (!root.requiresGrad)
    throw new WarpweftError(
      "ERR_ARGUMENT",
      `${fn}: the tensor is not on the tape: nothing it was made from has requiresGrad, or it was made inside noGrad`,
    );
  const start = seed(fn, root, gradient);
  accumulate(yield* flow(fn, root, start, !retainGraph));
}

/** Every entry that `root` was made by, the latest first: an order in which each result precedes its inputs. */
function reachable(root: Dense): Entry[] {
  const seen = new Set<Origin>();
  const open: (Origin | null)[] = [root.origin];
  for (let origin = open.pop(); origin !== undefined; origin = open.pop()) {
    if (!origin || seen.has(origin)) continue;
    seen.add(origin);
    for (const input of origin.inputs) open.push(input.origin);
  }
  return ([...seen] as Entry[]).sort((a, b) => b.id - a.id);
}

function held(fn: string, entry: Entry): NonNullable<Entry["saved"]> {
  if (entry.saved) return entry.saved;
  throw new WarpweftError(
    "ERR_ARGUMENT",
    `${fn}: what ${entry.op.name} saved was released by an earlier backward; give that one { retainGraph: true }`,
  );
}

function unchanged(fn: string, { op, inputs, versions }: Entry): void {
  for (const [i, input] of inputs.entries()) {
    attached(op.name, input);
    if (input.storage.version === versions[i]) continue;
    const which = `input ${i} of ${op.name} (shape [${input.shape.join(", ")}])`;
    throw new WarpweftError("ERR_ARGUMENT", `${fn}: ${which} was changed in place after it was recorded`);
  }
}

function attached(fn: string, { storage, shape }: Dense): void {
  if (storage.data.length >= storage.length) return;
  const what = `the buffer of an input of shape [${shape.join(", ")}]`;
  throw new WarpweftError("ERR_ARGUMENT", `${fn}: ${what} was transferred or shrunk while it was needed`);
}

function sameShape(fn: string, op: string, index: number, input: Dense, part: Dense): void {
  const same = part.shape.length === input.shape.length && part.shape.every((n, axis) => n === input.shape[axis]);
  const here = part.device === input.device;
  if (same && here && part.dtype === "float32") return;
  const on = ({ device }: Dense) => (here ? "" : ` on ${device}`);
  const wanted = `float32 [${input.shape.join(", ")}]${on(input)}`;
  const got = `${part.dtype} [${part.shape.join(", ")}]${on(part)}`;
  throw new WarpweftError("ERR_SHAPE", `${fn}: ${op} must give input ${index} a gradient of ${wanted}, got ${got}`);
}
