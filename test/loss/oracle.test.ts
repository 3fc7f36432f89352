import { describe, expect, test } from "vitest";
import { exactly } from "../support/earned.js";
import { size, X, Y } from "../support/golden.js";
import { fill, normal, type Rows } from "../support/rows.js";
import { expected, type Problem } from "./expected.js";
import { GOLDEN } from "./golden.js";

describe("the oracle", () => {
  test("starts from the golden inputs", () => {
    [0.841471, 0.989358, 0.650288, -0.008851, -0.663634, -0.991779].forEach((value, k) => {
      expect(X[0]?.[k]).toBeCloseTo(value, 6);
    });
    [-0.989992, 0.753902, 0.004426, -0.759688, 0.988705, -0.532833].forEach((value, k) => {
      expect(Y[1]?.[k]).toBeCloseTo(value, 6);
    });
  });

  test.each(GOLDEN)("gives the golden values of $name", ({ problem, loss, dx, dy }) => {
    const found = expected(problem, exactly);
    expect(found.value[0]).toBeCloseTo(loss, 9);
    expect(size(found.dx)).toBeCloseTo(dx, 9);
    if (dy !== undefined) expect(size(found.dy)).toBeCloseTo(dy, 9);
  });

  test.each(GOLDEN)("has the slopes of differences: $name, every reduction", ({ problem }) => {
    for (const reduction of ["mean", "meanNonZero", "sum", "none"] as const) {
      const one: Problem = { ...problem, reduction, upstream: (row) => 1 + row / 10 };
      const { dx, dy, dTemperature } = expected(one, exactly);
      const along = (change: Partial<Problem>): number =>
        expected({ ...one, ...change }, exactly).value.reduce((sum, v, i) => sum + v * (1 + i / 10), 0);
      const [p, q] = [fill(8, 6, normal(1)), fill(8, 6, normal(2))];
      const step = 1e-5;
      const moved = (s: number): Partial<Problem> => ({
        x: shifted(one.x, p, s),
        ...(one.y === undefined ? {} : { y: shifted(one.y, q, s) }),
      });
      const slope = (along(moved(step)) - along(moved(-step))) / (2 * step);
      const inner = dot(dx, p) + (one.y === undefined ? 0 : dot(dy, q));
      expect(Math.abs(slope - inner)).toBeLessThan(1e-6 * (1 + Math.abs(slope)));
      if (one.loss !== "infoNCE") continue;
      const warmed = (s: number) => along({ params: { ...one.params, temperature: 0.05 + s } });
      const warmth = (warmed(1e-7) - warmed(-1e-7)) / 2e-7;
      expect(Math.abs(warmth - dTemperature)).toBeLessThan(1e-6 * Math.abs(warmth));
    }
  });
});

function shifted(x: Rows, direction: Rows, s: number): Rows {
  return x.map((row, i) => row.map((value, k) => value + s * (direction[i]?.[k] as number)));
}

function dot(gradient: Float64Array, direction: Rows): number {
  return direction.flat().reduce((sum, value, at) => sum + value * (gradient[at] as number), 0);
}
