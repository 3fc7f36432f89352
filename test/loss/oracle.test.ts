import { describe, expect, test } from "vitest";
import { exactly } from "../support/earned.js";
import { size, X, Y } from "../support/golden.js";
import { fill, normal, type Rows } from "../support/rows.js";
import { expected, type Problem } from "./expected.js";
import { GOLDEN, SMOOTH } from "./golden.js";

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

  test.each(SMOOTH)("has the slopes of differences: $name, every reduction", ({ problem }) => {
    for (const reduction of ["mean", "meanNonZero", "sum", "none"] as const) {
      const one: Problem = { ...problem, reduction, upstream: (row) => 1 + row / 10 };
      const { dx, dy, tensors, pairs } = expected(one, exactly);
      const along = (change: Partial<Problem>): number =>
        expected({ ...one, ...change }, exactly).value.reduce((sum, v, i) => sum + v * (1 + i / 10), 0);
      const [p, q] = [fill(one.x.length, 6, normal(1)), fill(one.y?.length ?? 8, 6, normal(2))];
      const step = 1e-5;
      const moved = (s: number): Partial<Problem> => ({
        x: shifted(one.x, p, s),
        ...(one.y === undefined ? {} : { y: shifted(one.y, q, s) }),
      });
      const slope = (along(moved(step)) - along(moved(-step))) / (2 * step);
      const inner = dot(dx, p) + (one.y === undefined ? 0 : dot(dy, q));
      expect(Math.abs(slope - inner)).toBeLessThan(1e-6 * (1 + Math.abs(slope)));
      const weights = one.params.weights as Rows | undefined;
      if (weights) {
        const turned = fill(8, 8, normal(3));
        const changed = (s: number) =>
          along({ params: { ...one.params, weights: positive(shifted(weights, turned, s), weights) } });
        const wanted = (changed(1e-6) - changed(-1e-6)) / 2e-6;
        const flat = weights.flat();
        const got = pairs.reduce((sum, w, at) => sum + (flat[at] ? w * (turned.flat()[at] as number) : 0), 0);
        expect(Math.abs(wanted - got)).toBeLessThan(1e-6 * (1 + Math.abs(wanted)));
      }
      for (const [name, { slope: found }] of Object.entries(tensors)) {
        const changed = (s: number) => along({ params: { ...one.params, [name]: (one.params[name] as number) + s } });
        const wanted = (changed(1e-7) - changed(-1e-7)) / 2e-7;
        expect(Math.abs(wanted - found), name).toBeLessThan(1e-6 * (1 + Math.abs(wanted)));
      }
    }
  });
});

/** Those that were 0 stay so: below 0 they would be held there. */
const positive = (moved: Rows, from: Rows): Rows =>
  moved.map((row, i) => row.map((value, k) => (from[i]?.[k] === 0 ? 0 : value)));

function shifted(x: Rows, direction: Rows, s: number): Rows {
  return x.map((row, i) => row.map((value, k) => value + s * (direction[i]?.[k] as number)));
}

function dot(gradient: Float64Array, direction: Rows): number {
  return direction.flat().reduce((sum, value, at) => sum + value * (gradient[at] as number), 0);
}
