import { expect, test } from "vitest";
import { reduceRows, topK } from "../../lib/distance/index.js";
import { tensor } from "../../lib/index.js";

/** More pairs than 32 bits count, of rows so short that they are met in a few seconds. */
const N = 46_400;
const UNIT = 2 ** -10;

/** Points of a grid in a scattered order: row i of x and row i of y are the same point, and no other row is. */
const point = (i: number): [number, number] => {
  const at = (i * 27_631) % N;
  return [(at % 216) * UNIT, Math.floor(at / 216) * UNIT];
};
const data = Float32Array.from(Array.from({ length: N }, (_, i) => point(i)).flat());
const x = tensor(data, [N, 2]);
const y = tensor(data.slice(), [N, 2]);

/** Rows here and there, the first and the last. */
const SOME = [0, 1, 1000, 23_199, 32_767, 32_768, N - 2, N - 1];

function sums(of: (a: number, b: number, c: number, d: number) => number): number[] {
  return SOME.map((i) => {
    let sum = 0;
    for (let j = 0; j < N; j++) {
      sum += of(data[2 * i] as number, data[2 * i + 1] as number, data[2 * j] as number, data[2 * j + 1] as number);
    }
    return sum;
  });
}

test("2.15 thousand million pairs: every column counts once in the sum of every row", () => {
  expect(N * N).toBeGreaterThan(2 ** 31);
  const exact = {
    sqeuclidean: sums((a, b, c, d) => (a - c) ** 2 + (b - d) ** 2),
    cityblock: sums((a, b, c, d) => Math.abs(a - c) + Math.abs(b - d)),
  } as const;
  for (const metric of ["sqeuclidean", "cityblock"] as const) {
    const got = reduceRows(x, y, { metric, reduce: "sum" }).data();
    expect(got.length).toBe(N);
    SOME.forEach((i, at) => {
      const wanted = exact[metric][at] as number;
      // One column more or less would be 1 in 46,400 of it.
      expect(Math.abs((got[i] as number) - wanted) / wanted, `${metric}, row ${i}`).toBeLessThan(2e-6);
    });
  }
});

test("2.15 thousand million pairs: every row finds itself, and no row at distance 0 is another", () => {
  const { values, indices } = topK(x, y, { metric: "sqeuclidean", k: 2 });
  const [near, at] = [values.data(), indices.data()];
  for (let i = 0; i < N; i++) {
    if (at[2 * i] !== i || near[2 * i] !== 0 || near[2 * i + 1] !== UNIT ** 2)
      expect.fail(`row ${i} finds ${at[2 * i]} at ${near[2 * i]}, then ${at[2 * i + 1]} at ${near[2 * i + 1]}`);
  }
});
