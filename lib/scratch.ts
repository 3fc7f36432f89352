/**
 * Arrays that no caller is ever given, such as a loss's blocks of scores and what they weigh. One of several MiB in every step
 * would have the garbage collector look at everything each time, and its first writing costs more than the arithmetic on it.
 * So what nobody holds any more is lent again; what is never discarded, as its operation failed, is the garbage collector's.
 */
import { allocate, Dense, type Holders, sizeOf } from "./dense.js";
import type { Device } from "./types.js";

/** Elements. Smaller arrays cost little. */
const LEAST = 2 ** 16;
/** Elements of all that lie idle: 12 MiB. */
const MOST_IDLE = 3 * 2 ** 20;

/** in the order in which they came back */
const idle: Float32Array[] = [];

/** Counts like a block of device memory, and returns the array once. */
class Lease implements Holders {
  #whole: Float32Array | null;
  #holders = 0;

  constructor(whole: Float32Array) {
    this.#whole = whole;
  }

  hold(): void {
    this.#holders++;
  }
  drop(): void {
    if (--this.#holders > 0 || !this.#whole) return;
    idle.push(this.#whole);
    this.#whole = null;
    while (idle.reduce((sum, { length }) => sum + length, 0) > MOST_IDLE) idle.shift();
  }
  pass(): void {
    this.#holders--;
  }
}

/** A float32 tensor of any contents, for its owner to `discard`; on a GPU as `allocate` makes it. */
export function borrow(fn: string, shape: readonly number[], device: Device): Dense {
  const size = sizeOf(shape);
  if (device !== "cpu" || size < LEAST) return allocate(fn, shape, "float32", device);
  const whole = taken(size) ?? (allocate(fn, [size]).storage.data as Float32Array);
  return new Dense(
    { data: whole.subarray(0, size), length: size, version: 0, lease: new Lease(whole) },
    shape,
    "float32",
  );
}

/** The smallest that is large enough, unless more than half of it would lie idle. */
function taken(size: number): Float32Array | undefined {
  const fitting = idle.filter(({ length }) => length >= size && length <= 2 * size);
  const best = fitting.reduce<Float32Array | undefined>((a, b) => (a && a.length <= b.length ? a : b), undefined);
  if (best) idle.splice(idle.indexOf(best), 1);
  return best;
}
