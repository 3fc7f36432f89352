import { describe, expect, test } from "vitest";
import { expMap0, pairwise } from "../../lib/distance/index.js";
import { tensor } from "../../lib/index.js";
import { gradCheck } from "../../lib/testing.js";
import type { Tensor } from "../../lib/types.js";
import { exactly, expectEarned, singly } from "../support/earned.js";
import { X, Y } from "../support/golden.js";
import { untouched } from "../support/guard.js";
import { at, places, put, runOn } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { fill, normal, type Rows, type Storage, store, stored } from "../support/rows.js";
import { type Exponential, exponential, exponentialGradient, exponentialTerms } from "./oracles/exponential.js";

const d = 11;
const scaled = (n: number, by: number, seed: number): number[][] =>
  fill(n, d, normal(seed)).map((row) => row.map((value) => value * by));
/** Rows of every length: tiny, inside, clipped, far beyond the edge, zero. */
const ROWS: Rows = [
  ...scaled(9, 1, 1),
  ...scaled(9, 0.01, 2),
  ...scaled(3, 1e-7, 3),
  ...scaled(3, 1e-20, 4),
  ...scaled(9, 30, 5),
  new Array<number>(d).fill(0),
];
const HOW: readonly Exponential[] = [
  { curvature: 0.1 },
  { curvature: 1 },
  { curvature: 4, clip: 2.3 },
  { curvature: 0.1, clip: 2.3 },
  { curvature: 1e-4, clip: 1e3 },
];

const rowsOf = (storage: Storage): Rows => ROWS.map((row) => row.map((value) => stored(value, storage)));

function leaf(rows: Rows, storage: Storage): Tensor {
  const { data, dtype } = store(rows, d, storage);
  return tensor(data, [rows.length, d], at({ dtype, requiresGrad: true }));
}

describe.each(places())("expMap0 on %s", (place) => {
  runOn(place);

  describe.each(["float32", "float16", "bfloat16"] as const)("of %s rows", (storage) => {
    test.each(HOW)("agrees with the formula, %o", (how) => {
      const rows = rowsOf(storage);
      for (const stride of [d, d + 3]) {
        const x = put(rows, d, storage, stride);
        const got = untouched("expMap0", [x], () => expMap0(x, how));
        expect([got.shape, got.dtype]).toEqual([[rows.length, d], "float32"]);
        const [exact, naive] = [exactly, singly].map((f) => rows.flatMap((row) => exponential(row, how, f)));
        const terms = (exact as number[]).map(Math.abs);
        expectEarned("expMap0", got.data() as Float32Array, exact as number[], naive as number[], terms);
      }
    });

    test.each(HOW)("has the gradient of the formula, %o", (how) => {
      const rows = rowsOf(storage);
      const w = fill(rows.length, d, normal(7)).map((row) => row.map(Math.fround));
      const x = leaf(rows, storage);
      expMap0(x, how).backward(tensor(Float32Array.from(w.flat()), [rows.length, d], at()));
      const each = <T>(of: (row: readonly number[], g: readonly number[]) => T[]) =>
        rows.flatMap((row, i) => of(row, w[i] as number[]));
      const [exact, naive] = [exactly, singly].map((f) => each((row, g) => exponentialGradient(row, g, how, f)));
      const terms = each((row, g) => exponentialTerms(row, g, how));
      expect(x.grad?.dtype).toBe("float32");
      expectEarned("dx", x.grad?.data() as Float32Array, exact as number[], naive as number[], terms);
    });
  });

  test.each(HOW)("agrees with differences, %o", (how) => {
    // Neither at the clip nor at the edge, where the map has a kink.
    const x = tensor(Float32Array.from(scaled(5, 0.3, 8).flat()), [5, d], at({ requiresGrad: true }));
    expect(gradCheck((v) => expMap0(v as Tensor, how), [x])).toBeLessThan(2e-3);
    const far = tensor(Float32Array.from(scaled(5, 3e3, 9).flat()), [5, d], at({ requiresGrad: true }));
    expect(gradCheck((v) => expMap0(v as Tensor, how), [far])).toBeLessThan(2e-3);
  });

  test("its points lie in the ball, however far the rows", () => {
    for (const curvature of [1e-3, 0.1, 1, 7.3]) {
      const x = expMap0(put([...ROWS, ...scaled(4, 1e15, 6)], d), { curvature });
      const lengths = (x.toArray() as number[][]).map((row) => curvature * row.reduce((sum, v) => sum + v * v, 0));
      expect(Math.max(...lengths)).toBeLessThan(1 - 1.9e-3);
      const far = pairwise(x, undefined, { metric: { name: "poincare", curvature } }).data() as Float32Array;
      expect(far.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
    }
  });

  test("through it the distances are those of the golden values, within their epsilons", () => {
    const [x, y] = [X, Y].map((rows) => expMap0(put(rows, 6), { curvature: 0.1 })) as [Tensor, Tensor];
    const found = pairwise(x, y, { metric: "poincare" }).data();
    [3.5282001569, 5.8725842155, 6.5995366037, 5.0930339755].forEach((value, j) => {
      expect(Math.abs((found[j] as number) - value)).toBeLessThan(1e-4 * value);
    });
  });

  test("c = 0.1 where none is given, and nothing is clipped", () => {
    expect(expMap0(put(ROWS, d)).data()).toEqual(expMap0(put(ROWS, d), { curvature: 0.1, clip: 1e30 }).data());
  });

  test("no rows, no points; NaN stays in its row", () => {
    expect(expMap0(put([], 3)).shape).toEqual([0, 3]);
    const got = expMap0(
      put(
        [
          [Number.NaN, 1],
          [1, 2],
        ],
        2,
      ),
    ).toArray() as number[][];
    expect(got[0]?.every(Number.isNaN)).toBe(true);
    expect(got[1]?.every(Number.isFinite)).toBe(true);
  });
});

const x = tensor([[1, 2]]);
const any = (value: unknown) => value as never;
const REFUSED: readonly Refusal[] = [
  [
    "no curvature",
    () => expMap0(x, { curvature: 0 }),
    "ERR_ARGUMENT",
    "expMap0: curvature must be a finite number above 0, got 0",
  ],
  [
    "a negative curvature",
    () => expMap0(x, { curvature: -1 }),
    "ERR_ARGUMENT",
    "expMap0: curvature must be a finite number above 0, got -1",
  ],
  [
    "a clip of 0",
    () => expMap0(x, { clip: 0 }),
    "ERR_ARGUMENT",
    "expMap0: clip must be a finite number above 0, got 0",
  ],
  [
    "a vector",
    () => expMap0(tensor([1, 2])),
    "ERR_SHAPE",
    "expMap0: x must be a matrix [rows, columns], got shape [2]",
  ],
  [
    "an option that is none",
    () => expMap0(x, any({ radius: 1 })),
    "ERR_ARGUMENT",
    'expMap0: there is no option "radius"; known are curvature, clip, threads',
  ],
];

test.each(REFUSED)("expMap0 refuses %s", (...refusal) => expectRefused(refusal));
