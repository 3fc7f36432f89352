import { expect } from "vitest";
import { allocateOn, type DeviceArray } from "../../lib/device-array.js";
import { insideOf } from "../../lib/dense.js";
import { tensor } from "../../lib/index.js";
import { native } from "../../lib/native.js";
import type { DType, Input, NumericArray, Tensor } from "../../lib/types.js";
import { at, here } from "./places.js";

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
  const length = ZONE + n * stride + ZONE;
  const memory = tensor(new ARRAYS[dtype](length).fill(sentinel), [1, length], at({ dtype }));
  const whole = memory.columns(ZONE, ZONE + n * stride).reshape([n, stride]);
  const isOurs = (place: number): boolean => {
    const inside = place - ZONE;
    return inside >= 0 && inside < n * stride && inside % stride < m;
  };
  return {
    out: gap === 0 ? whole : whole.columns(0, m),
    values: () => memory.data().filter((_: number, place: number) => isOurs(place)),
    expectIntact(what) {
      const found = memory.data();
      const strays = [...found.keys()].filter((place) => !isOurs(place) && found[place] !== sentinel);
      expect(
        strays.map((place) => place - ZONE),
        `${what}: places written outside the result`,
      ).toEqual([]);
    },
  };
}

/** Runs `body` and fails if a byte of the inputs differs afterwards: of arrays, of tensors, or of whatever else has `data`. */
export function untouched<T>(what: string, inputs: readonly (NumericArray | Input)[], body: () => T): T {
  const read = (input: NumericArray | Input): Buffer => {
    const array = ArrayBuffer.isView(input) ? input : insideOf(input) ? (input as Tensor).data() : input.data;
    const { buffer, byteOffset, byteLength } = array as NumericArray;
    return Buffer.from(buffer, byteOffset, byteLength);
  };
  const before = inputs.map((input) => Buffer.from(read(input)));
  const result = body();
  inputs.forEach((input, i) => {
    expect(read(input).equals(before[i] as Buffer), `${what}: input ${i} was written to`).toBe(true);
  });
  return result;
}

/** An array for native calls, copied to the place in use. */
export function onPlace<T extends NumericArray>(array: T, dtype: DType = "float32"): T {
  const device = here();
  if (device === "cpu") return array;
  const copy = allocateOn(device, dtype, array.length);
  native().gpu.copyIn(copy, array);
  return copy as unknown as T;
}

export interface Zone<T extends NumericArray> {
  /** For native code to fill. */
  readonly inside: T;
  /** What it holds. */
  read(): T;
  expectIntact(what: string): void;
}

/** An array of `length` elements with sentinels before and after, for native calls that take bare arrays. */
export function zone<T extends Float32Array | Float64Array | Int32Array>(
  Kind: new (length: number) => T,
  length: number,
): Zone<T> {
  const sentinel = -12345;
  const memory = new Kind(ZONE + length + ZONE).fill(sentinel) as T;
  const placed = onPlace(memory, Kind.name === "Int32Array" ? "int32" : "float32");
  const read = (): T => {
    if (placed !== memory) native().gpu.copyOut(memory, placed as unknown as DeviceArray);
    return memory;
  };
  return {
    inside: placed.subarray(ZONE, ZONE + length) as T,
    read: () => read().subarray(ZONE, ZONE + length) as T,
    expectIntact(what) {
      const found = read();
      const strays = [...found.keys()].filter((at) => (at < ZONE || at >= ZONE + length) && found[at] !== sentinel);
      expect(
        strays.map((at) => at - ZONE),
        `${what}: places written outside the result`,
      ).toEqual([]);
    },
  };
}
