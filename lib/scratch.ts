/**
 * Arrays that no caller is ever given, such as a loss's blocks of scores and what they weigh. One of several MiB in every step
 * would have the garbage collector look at everything each time, and its first writing costs more than the arithmetic on it.
 * So what is given back is lent again; what is not, as its operation failed, is the garbage collector's.
 */
import { allocate, type Dense, discard, sizeOf, wrap } from "./dense.js";
import type { Device } from "./types.js";

/** Elements. Smaller arrays cost little. */
const LEAST = 2 ** 16;
/** Elements of all that lie idle: 12 MiB. */
const MOST_IDLE = 3 * 2 ** 20;

/** in the order in which they came back */
const idle: Float32Array[] = [];
const lent = new WeakMap<Dense, Float32Array>();

/** A float32 tensor of any contents, on a GPU as `allocate` makes it. */
export function borrow(fn: string, shape: readonly number[], device: Device): Dense {
  const size = sizeOf(shape);
  if (device !== "cpu" || size < LEAST) return allocate(fn, shape, "float32", device);
  const whole = taken(size) ?? (allocate(fn, [size]).storage.data as Float32Array);
  const x = wrap(whole.subarray(0, size), shape);
  lent.set(x, whole);
  return x;
}

/** The smallest that is large enough, unless more than half of it would lie idle. */
function taken(size: number): Float32Array | undefined {
  const fitting = idle.filter(({ length }) => length >= size && length <= 2 * size);
  const best = fitting.reduce<Float32Array | undefined>((a, b) => (a && a.length <= b.length ? a : b), undefined);
  if (best) idle.splice(idle.indexOf(best), 1);
  return best;
}

/** Nobody may look at it any more. Of what was not borrowed on the CPU nothing is kept. */
export function giveBack(x: Dense): void {
  if (x.device !== "cpu") discard(x);
  const whole = lent.get(x);
  if (!whole) return;
  lent.delete(x);
  idle.push(whole);
  while (idle.reduce((sum, { length }) => sum + length, 0) > MOST_IDLE) idle.shift();
}
