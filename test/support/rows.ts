/** Test data: rows of numbers that a storage type holds exactly, and that storage with poisoned gaps between the rows. */

import { uniform } from "../../lib/random.js";

export { uniform };
export type Rows = readonly (readonly number[])[];
export type Storage = "float32" | "float16" | "bfloat16";

/** Standard normal numbers (Box and Muller). */
export function normal(seed: number): () => number {
  const next = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

export function fill(n: number, d: number, next: () => number): number[][] {
  return Array.from({ length: n }, () => Array.from({ length: d }, next));
}

const FORMATS = { float16: { exponent: 5, mantissa: 10 }, bfloat16: { exponent: 8, mantissa: 7 } } as const;

/** The 16 bits nearest to `value`, ties to even. */
export function toBits(value: number, storage: "float16" | "bfloat16"): number {
  const { exponent, mantissa } = FORMATS[storage];
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const highest = (1 << exponent) - 1;
  if (Number.isNaN(value)) return (highest << mantissa) | (1 << (mantissa - 1));
  const bias = highest >> 1;
  const size = Math.abs(value);
  if (size === Infinity) return sign | (highest << mantissa);
  let power = Math.max(1 - bias, Math.floor(Math.log2(size)) - 1);
  while (2 ** (power + 1) <= size) power += 1;
  const steps = size / 2 ** (power - mantissa);
  let whole = Math.floor(steps);
  if (steps - whole > 0.5 || (steps - whole === 0.5 && whole % 2 === 1)) whole += 1;
  // A carry runs from the mantissa into the exponent, and from the largest number into infinity, as it should.
  return sign | Math.min(whole + ((power + bias - 1) << mantissa), highest << mantissa);
}

export function fromBits(bits: number, storage: "float16" | "bfloat16"): number {
  const { exponent, mantissa } = FORMATS[storage];
  const highest = (1 << exponent) - 1;
  const field = (bits >> mantissa) & highest;
  const rest = bits & ((1 << mantissa) - 1);
  const sign = bits & 0x8000 ? -1 : 1;
  if (field === highest) return rest === 0 ? sign * Infinity : Number.NaN;
  const bias = highest >> 1;
  return field === 0
    ? sign * rest * 2 ** (1 - bias - mantissa)
    : sign * (rest + 2 ** mantissa) * 2 ** (field - bias - mantissa);
}

/** The number that the storage type keeps of `value`. */
export function stored(value: number, storage: Storage): number {
  return storage === "float32" ? Math.fround(value) : fromBits(toBits(value, storage), storage);
}

export interface Stored {
  readonly data: Float32Array | Uint16Array;
  readonly shape: readonly [number, number];
  readonly dtype: Storage;
  readonly strides: readonly [number, number];
}

/** `rows` in memory, `stride` elements from one to the next, NaN in between: whoever reads a gap is found out. */
export function store(rows: Rows, d: number, storage: Storage = "float32", stride = d): Stored {
  const length = rows.length === 0 ? 0 : (rows.length - 1) * stride + d;
  const put = storage === "float32" ? (v: number) => v : (v: number) => toBits(v, storage);
  const data = (storage === "float32" ? new Float32Array(length) : new Uint16Array(length)).fill(put(Number.NaN));
  rows.forEach((row, i) => {
    row.forEach((value, k) => {
      data[i * stride + k] = put(value);
    });
  });
  return { data, shape: [rows.length, d], dtype: storage, strides: [stride, 1] };
}
