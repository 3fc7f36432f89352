import { describe, expect, test } from "vitest";
import { exactly } from "../support/earned.js";
import { X, Y } from "../support/golden.js";
import { fill, normal } from "../support/rows.js";
import { ORACLES, oracleOf, type Spec, turned } from "./oracle.js";
import { fitRows, VARIANTS } from "./variants.js";

const d = 6;
const STEP = 1e-6;

const moved = (row: readonly number[], k: number, by: number): number[] =>
  row.map((value, i) => (i === k ? value + by : value));
/** d/dv of f(v) at `row`, coordinate by coordinate. */
const slopes = (f: (row: readonly number[]) => number, row: readonly number[]): number[] =>
  row.map((_, k) => (f(moved(row, k, STEP)) - f(moved(row, k, -STEP))) / (2 * STEP));
function expectSlopes(got: readonly number[] | undefined, wanted: readonly number[]): void {
  expect(got?.length).toBe(wanted.length);
  wanted.forEach((value, k) => {
    expect(got?.[k]).toBeCloseTo(value, 6);
  });
}

describe.each(VARIANTS)("the oracle of $name", ({ of }) => {
  const spec = of(d);
  const oracle = oracleOf(spec);
  const [x, y] = fitRows(spec, fill(2, d, normal(3))) as [number[], number[]];

  test("has the slopes of differences, in both arguments", () => {
    const dx = slopes((row) => oracle.value(row, y, exactly), x);
    const dy = slopes((row) => oracle.value(x, row, exactly), y);
    expectSlopes(oracle.gradient(x, y, exactly), dx);
    expectSlopes(turned(oracle).gradient(y, x, exactly), dy);
    expect(Math.max(...dx.map(Math.abs))).toBeGreaterThan(1e-3);
  });

  test("has terms no smaller than what they add up to", () => {
    const c = x.map(() => 0.1);
    const enough = (terms: readonly number[], values: readonly number[]) => {
      terms.forEach((size, k) => {
        expect(size).toBeGreaterThanOrEqual(Math.abs(values[k] as number) * (1 - 1e-12));
      });
    };
    enough([oracle.terms(x, y, c)], [oracle.value(x, y, exactly)]);
    enough(oracle.gradientTerms(x, y, c), oracle.gradient(x, y, exactly));
    enough(turned(oracle).gradientTerms(y, x, c), turned(oracle).gradient(y, x, exactly));
    for (const of of Object.values(oracle.parameters ?? {})) enough(of.terms(x, y, c), of.gradient(x, y, exactly));
  });

  const symmetric = spec.name !== "snr" && !(spec.name === "structured" && spec.blocks);
  test(`is ${symmetric ? "" : "not "}symmetric`, () => {
    const off = Math.abs(oracle.value(x, y, exactly) - oracle.value(y, x, exactly));
    expect(off < 1e-14).toBe(symmetric);
  });
});

test("the slopes of tensors among the parameters are those of differences", () => {
  const [x, y] = fill(2, 4, normal(5)) as [number[], number[]];
  const square = (values: readonly number[], n: number) =>
    Array.from({ length: values.length / n }, (_, i) => values.slice(i * n, (i + 1) * n));
  for (const variant of VARIANTS) {
    const spec = variant.of(4);
    const at = (s: Spec) => oracleOf(s).value(x, y, exactly);
    const { parameters } = oracleOf(spec);
    if (spec.name === "mahalanobis") {
      const slope = slopes((a) => at({ ...spec, precision: square(a, 4) }), spec.precision.flat());
      expectSlopes(parameters?.precision?.gradient(x, y, exactly), slope);
    } else if (spec.name === "structured") {
      if (spec.diagonal)
        expectSlopes(
          parameters?.diagonal?.gradient(x, y, exactly),
          slopes((diagonal) => at({ ...spec, diagonal }), spec.diagonal),
        );
      const g = spec.blocks?.[0]?.length ?? 0;
      if (spec.blocks)
        expectSlopes(
          parameters?.blocks?.gradient(x, y, exactly),
          slopes(
            (w) => at({ ...spec, blocks: square(w, g * g).map((block) => square(block, g)) }),
            spec.blocks.flat(2),
          ),
        );
    } else expect(parameters).toBeUndefined();
  }
});

/** Worked out by hand: (3, 4) and (0, 2). */
const BY_HAND: readonly (readonly [spec: Spec, value: number])[] = [
  [{ name: "inner" }, 8],
  [{ name: "cosineSimilarity" }, 0.8],
  [{ name: "cosine" }, 0.2],
  [{ name: "sqeuclidean" }, 13],
  [{ name: "euclidean" }, Math.sqrt(13)],
  // Without their means (−½, ½) and (−1, 1).
  [{ name: "correlation" }, 0],
  [{ name: "snr" }, 1],
  [{ name: "gaussian" }, Math.exp(-6.5)],
  [{ name: "gaussian", gamma: 2 }, Math.exp(-26)],
  [{ name: "cityblock" }, 5],
  [{ name: "chebyshev" }, 3],
  [{ name: "minkowski", p: 1 }, 5],
  [{ name: "minkowski", p: 2 }, Math.sqrt(13)],
  [{ name: "minkowski", p: 3 }, 35 ** (1 / 3)],
  [{ name: "minkowski", p: Infinity }, 3],
  // (3, 2) A (3, 2)ᵀ = 18 + 2·6 + 12
  [
    {
      name: "mahalanobis",
      precision: [
        [2, 1],
        [1, 3],
      ],
      squared: true,
    },
    42,
  ],
  [
    {
      name: "mahalanobis",
      precision: [
        [2, 1],
        [1, 3],
      ],
    },
    Math.sqrt(42),
  ],
  [{ name: "structured", diagonal: [5, 0.5] }, 4],
  [
    {
      name: "structured",
      blocks: [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    },
    44,
  ],
  [{ name: "structured", blocks: [[[2]], [[3]]] }, 24],
  [
    {
      name: "structured",
      diagonal: [5, 0.5],
      blocks: [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    },
    48,
  ],
];

test.each(BY_HAND)("the oracle of %o agrees with a value worked out by hand", (spec, value) => {
  expect(oracleOf(spec).value([3, 4], [0, 2], exactly)).toBeCloseTo(value, 13);
});

test("correlation is that of four points worked out by hand, and 1 for a constant row", () => {
  // Without means (−1.5, −.5, .5, 1.5) and (−2, 1, 0, 1): Σ = 3 − 0.5 + 0 + 1.5 = 4, lengths √5 and √6
  expect(ORACLES.correlation.value([1, 2, 3, 4], [0, 3, 2, 3], exactly)).toBeCloseTo(1 - 4 / Math.sqrt(30), 14);
  expect(ORACLES.correlation.value([0.1, 0.1, 0.1], [1, 2, 3], exactly)).toBe(1);
  expect(ORACLES.correlation.gradient([0.1, 0.1, 0.1], [1, 2, 3], exactly).every((value) => value === 0)).toBe(true);
});

test("the signal-to-noise distance is that of the golden values", () => {
  const found = Y.slice(0, 4).map((row) => ORACLES.snr.value(X[0] as number[], row, exactly));
  [0.6156107479, 2.0529638452, 2.7153794204, 1.5422611838].forEach((value, j) => {
    expect(found[j]).toBeCloseTo(value, 9);
  });
});

test("the distance in the ball is that of the golden values, within their epsilons, and of the origin's rays", () => {
  const c = 0.1;
  const into = (row: readonly number[]): number[] => {
    const t = Math.sqrt(c) * Math.hypot(...row);
    return row.map((value) => (value * Math.tanh(t)) / t);
  };
  const found = Y.slice(0, 4).map((row) => ORACLES.poincare.value(into(X[0] as number[]), into(row), exactly));
  [3.5282001569, 5.8725842155, 6.5995366037, 5.0930339755].forEach((value, j) => {
    expect(Math.abs((found[j] as number) - value)).toBeLessThan(1e-4 * value);
  });
  // From the origin it is (2/√c) artanh(√c |x|).
  const far = oracleOf({ name: "poincare", curvature: 4 }).value([0, 0], [0.3, 0.3], exactly);
  expect(far).toBeCloseTo(Math.atanh(2 * Math.hypot(0.3, 0.3)), 14);
});
