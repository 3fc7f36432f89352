import { expect } from "vitest";
import { tensor } from "../../lib/index.js";
import type { DType, NumericArray, Tensor } from "../../lib/types.js";

const ZONE = 64;
const ARRAYS = { float32: Float32Array, float16: Uint16Array, bfloat16: Uint16Array, int32: Int32Array } as const;

export interface Guarded {
  readonly out: Tensor;
  /** The result, row by row. */
  values(): NumericArray;
  /** Fails if anything but the result was written to. */
  expectIntact(what: string): void;
}

/** A result of n rows in the middle of a larger array full of sentinels, `gap` of them between the rows too. */
export function guarded(n: number, m: number, dtype: keyof typeof ARRAYS & DType = "float32", gap = 0): Guarded {
  const stride = m + gap;
  const sentinel = dtype === "float32" ? -12345.5 : 0x5a5a;
  const memory = new ARRAYS[dtype](ZONE + n * stride + ZONE).fill(sentinel);
  const inside = memory.subarray(ZONE, ZONE + n * stride);
  const whole = tensor(inside, [n, stride], { dtype });
  const isOurs = (at: number): boolean => {
    const place = at - ZONE;
    return place >= 0 && place < n * stride && place % stride < m;
  };
  return {
    out: gap === 0 ? whole : whole.columns(0, m),
    values: () => memory.filter((_, at) => isOurs(at)),
    expectIntact(what) {
      const strays = [...memory.keys()].filter((at) => !isOurs(at) && memory[at] !== sentinel);
      expect(
        strays.map((at) => at - ZONE),
        `${what}: places written outside the result`,
      ).toEqual([]);
    },
  };
}

/** Runs `body` and fails if a byte of the arrays differs afterwards. */
export function untouched<T>(what: string, arrays: readonly NumericArray[], body: () => T): T {
  const bytes = (array: NumericArray) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  const before = arrays.map((array) => Buffer.from(bytes(array)));
  const result = body();
  arrays.forEach((array, i) => {
    expect(bytes(array).equals(before[i] as Buffer), `${what}: input ${i} was written to`).toBe(true);
  });
  return result;
}

export interface Zone<T extends NumericArray> {
  /** For native code to fill. */
  readonly inside: T;
  expectIntact(what: string): void;
}

/** An array of `length` elements with sentinels before and after, for native calls that take bare arrays. */
export function zone<T extends Float32Array | Float64Array | Int32Array>(
  Kind: new (length: number) => T,
  length: number,
): Zone<T> {
  const sentinel = -12345;
  const memory = new Kind(ZONE + length + ZONE).fill(sentinel) as T;
  return {
    inside: memory.subarray(ZONE, ZONE + length) as T,
    expectIntact(what) {
      const strays = [...memory.keys()].filter((at) => (at < ZONE || at >= ZONE + length) && memory[at] !== sentinel);
      expect(
        strays.map((at) => at - ZONE),
        `${what}: places written outside the result`,
      ).toEqual([]);
    },
  };
}
