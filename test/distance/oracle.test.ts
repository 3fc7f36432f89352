import { describe, expect, test } from "vitest";
import { exactly } from "../support/earned.js";
import { fill, normal } from "../support/rows.js";
import { ORACLES } from "./oracle.js";

const [x, y] = fill(2, 7, normal(3)) as [number[], number[]];

describe.each(Object.entries(ORACLES))("the oracle of %s", (_, oracle) => {
  test("has the slopes of differences", () => {
    const slopes = oracle.gradient(x, y, exactly);
    const step = 1e-6;
    x.forEach((_value, k) => {
      const at = (s: number) =>
        oracle.value(
          x.map((v, i) => (i === k ? v + s : v)),
          y,
          exactly,
        );
      expect(slopes[k]).toBeCloseTo((at(step) - at(-step)) / (2 * step), 7);
    });
  });

  test("is symmetric", () => {
    expect(oracle.value(x, y, exactly)).toBe(oracle.value(y, x, exactly));
  });
});

test("the oracles agree with values worked out by hand", () => {
  const value = (name: keyof typeof ORACLES) => ORACLES[name].value([3, 4], [0, 2], exactly);
  expect(value("inner")).toBe(8);
  expect(value("cosineSimilarity")).toBeCloseTo(0.8, 15);
  expect(value("cosine")).toBeCloseTo(0.2, 15);
  expect(value("sqeuclidean")).toBe(13);
  expect(value("euclidean")).toBe(Math.sqrt(13));
});
