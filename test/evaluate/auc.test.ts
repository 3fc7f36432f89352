import { describe, expect, test } from "vitest";
import { auc } from "../../lib/evaluate/index.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { uniform } from "../support/rows.js";

/** Every pair, one at a time. */
function counted(positives: readonly number[], negatives: readonly number[]): number {
  let wins = 0;
  for (const p of positives) for (const n of negatives) wins += p > n ? 1 : p === n ? 0.5 : 0;
  return wins / (positives.length * negatives.length);
}

describe("auc", () => {
  test("is 1 where all positives stand above, 0 where they stand below, ½ for a tie", () => {
    expect(auc([2, 3], [0, 1])).toBe(1);
    expect(auc([0, 1], [2, 3])).toBe(0);
    expect(auc([1], [1])).toBe(0.5);
    expect(auc([3, 1, 2], [2, 0])).toBe(4.5 / 6);
  });

  test.each([1, 2, 7, 100])("counts every pair, ties and all: %d positives", (n) => {
    const next = uniform(n);
    for (const values of [3, 20, 1e9]) {
      const draw = (count: number) => Array.from({ length: count }, () => Math.floor(next() * values) - 2);
      const [p, q] = [draw(n), draw(2 * n + 1)];
      expect(auc(p, q)).toBe(counted(p, q));
      expect(auc(Float64Array.from(p), Float64Array.from(q))).toBe(counted(p, q));
      const [p32, q32] = [Float32Array.from(p), Float32Array.from(q)];
      expect(auc(p32, q32)).toBe(counted([...p32], [...q32]));
    }
  });

  test("knows infinities and both zeros, and leaves its arguments as they are", () => {
    const [p, q] = [Float32Array.of(Infinity, 0, 5), Float32Array.of(-Infinity, -0, 9)];
    expect(auc(p, q)).toBe((3 + 1.5 + 2) / 9);
    expect([...p]).toEqual([Infinity, 0, 5]);
    expect([...q]).toEqual([-Infinity, -0, 9]);
  });

  test("is NaN for a NaN, or for one side only", () => {
    expect(auc([1, Number.NaN], [0])).toBeNaN();
    expect(auc([1], Float32Array.of(Number.NaN, 0))).toBeNaN();
    expect(auc([], [1])).toBeNaN();
    expect(auc([1], [])).toBeNaN();
  });

  const REFUSALS: readonly Refusal[] = [
    [
      "a number",
      () => auc(3 as never, [1]),
      "ERR_ARGUMENT",
      "auc: positives must be a Float32Array, a Float64Array or an array of numbers, got 3",
    ],
    [
      "bits of halves",
      () => auc([1], new Uint16Array(2) as never),
      "ERR_ARGUMENT",
      "auc: negatives must be a Float32Array, a Float64Array or an array of numbers, got a Uint16Array",
    ],
    ["words", () => auc([1], [1, "2" as never]), "ERR_ARGUMENT", 'auc: negatives[1] must be a number, got "2"'],
  ];
  test.each(REFUSALS)("refuses %s", (...refusal) => expectRefused(refusal));
});
