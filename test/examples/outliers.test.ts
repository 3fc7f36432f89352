import { describe, expect, test } from "vitest";
import { gaussians, inverse } from "../../examples/outliers/gaussians.js";
import { run } from "./run.js";

test("digits of kinds that were never seen stand out, more so in the metric of the covariance", () => {
  const { status, stdout, stderr } = run("examples/outliers.ts");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const rows = [...stdout.matchAll(/^ {2}(.+?) +euclidean (\d\.\d{3}) {3}mahalanobis (\d\.\d{3})$/gm)];
  const [digits, noise] = rows.map(([, what, plain, shaped]) => ({
    what,
    plain: Number(plain),
    shaped: Number(shaped),
  }));
  expect([digits?.what, noise?.what]).toEqual(["digits 8 and 9", "noise"]);
  expect(digits?.shaped).toBeGreaterThan(0.85);
  expect(digits?.shaped).toBeGreaterThan(digits?.plain as number);
  expect(noise?.shaped).toBeGreaterThan(0.95);
}, 120_000);

describe("the pieces", () => {
  test("an inverse times its matrix is the identity", () => {
    const matrix = [
      [4, 1, 0.5],
      [1, 3, -1],
      [0.5, -1, 2],
    ];
    const other = inverse(matrix);
    for (const [i, row] of matrix.entries())
      for (const j of row.keys())
        expect(row.reduce((sum, value, k) => sum + value * other[k]![j]!, 0)).toBeCloseTo(i === j ? 1 : 0, 12);
  });

  test("means and precision are those of the rows, by hand", () => {
    const rows = Float32Array.of(0, 0, 2, 0, 10, 1, 10, 3);
    const { means, precision } = gaussians(rows, Int32Array.of(0, 0, 1, 1), 0);
    expect(means).toEqual([
      [1, 0],
      [10, 2],
    ]);
    // off the means ±1 in one column or the other: variances ½, no covariance
    expect(precision).toEqual([
      [2, 0],
      [0, 2],
    ]);
    expect(gaussians(rows, Int32Array.of(0, 0, 1, 1), 1).precision[0]).toEqual([1, 0]);
  });
});
