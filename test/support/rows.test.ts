import { expect, test } from "vitest";
import { fromBits, store, stored, toBits } from "./rows.js";

test("float16 bits are those of the standard", () => {
  const bits = {
    0: 0,
    1: 0x3c00,
    65504: 0x7bff,
    65519: 0x7bff,
    65520: 0x7c00,
    5.960464477539063e-8: 1,
    0.000061: 0x03ff,
  };
  for (const [value, expected] of Object.entries(bits)) expect(toBits(Number(value), "float16"), value).toBe(expected);
  expect(toBits(-2, "float16")).toBe(0xc000);
  expect(toBits(-0, "float16")).toBe(0x8000);
  expect(toBits(Number.POSITIVE_INFINITY, "float16")).toBe(0x7c00);
  expect(fromBits(toBits(Number.NaN, "float16"), "float16")).toBeNaN();
});

test("bfloat16 is the upper half of a float32, rounded to even", () => {
  const float = new Float32Array([1.00390625, 1.01171875, 2.7, -1e30]);
  const word = new Uint32Array(float.buffer);
  const even = (bits: number) => (bits + 0x7fff + ((bits >> 16) & 1)) >>> 16;
  float.forEach((value, i) => {
    expect(toBits(value, "bfloat16")).toBe(even(word[i] as number));
  });
});

test("every pattern of 16 bits survives the way there and back", () => {
  for (const storage of ["float16", "bfloat16"] as const) {
    const numbers = Array.from({ length: 0x10000 }, (_, bits) => bits).filter(
      (bits) => !Number.isNaN(fromBits(bits, storage)),
    );
    expect(numbers.filter((bits) => toBits(fromBits(bits, storage), storage) !== bits)).toEqual([]);
  }
});

test("the gaps of stored rows are poisoned", () => {
  const { data, strides } = store([[1], [2]], 1, "float32", 3);
  expect([...data]).toEqual([1, Number.NaN, Number.NaN, 2]);
  expect(strides).toEqual([3, 1]);
  expect(stored(0.1, "float32")).toBe(Math.fround(0.1));
});
