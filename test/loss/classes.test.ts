import { describe, expect, test } from "vitest";
import { tensor } from "../../lib/index.js";
import { loss } from "../../lib/loss/index.js";
import { normals, sortedByTarget } from "../../lib/loss/margins.js";
import type { Tensor } from "../../lib/types.js";
import { LABELS, W, X } from "../support/golden.js";
import { at, here, places, runOn } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { fill, normal, type Rows } from "../support/rows.js";

const leaf = (rows: Rows): Tensor =>
  tensor(Float32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 6], at({ requiresGrad: true }));
const numbers = (x: Tensor | null): number[] => [...((x as Tensor).data() as Float32Array)];

/** The largest difference. */
const apart = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((most, value, k) => Math.max(most, Math.abs(value - (b[k] as number))), 0);

type Call = (x: Tensor, labels: readonly number[], w: Tensor) => Tensor;
const EXTREMES: Readonly<Record<string, Call>> = {
  "normalizedSoftmax 0.001": (x, y, w) => loss.normalizedSoftmax(x, y, w, { temperature: 0.001 }),
  "crossEntropy 1024": (x, y, w) => loss.crossEntropy(x, y, w, { scale: 1024 }),
  "crossEntropy 1024, capped, smoothed": (x, y, w) =>
    loss.crossEntropy(x, y, w, { scale: 1024, softcap: 30, labelSmoothing: 0.1, zLoss: 1e-4, filter: true }),
  "generalizedCrossEntropy 1024": (x, y, w) => loss.generalizedCrossEntropy(x, y, w, { scale: 1024 }),
  "generalizedCrossEntropy 1024, exponentials": (x, y, w) =>
    loss.generalizedCrossEntropy(x, y, w, { scale: 1024, q: -1 }),
  "balancedSoftmax 1024": (x, y, w) =>
    loss.balancedSoftmax(x, y, w, { scale: 1024, classCounts: new Int32Array(w.shape[0] as number) }),
  squaredHinge: (x, y, w) => loss.squaredHinge(x, y, w),
  "cosFace 1024": (x, y, w) => loss.cosFace(x, y, w, { scale: 1024 }),
  "arcFace 1024": (x, y, w) => loss.arcFace(x, y, w, { scale: 1024 }),
  "elasticFace 1024": (x, y, w) => loss.elasticFace(x, y, w, { scale: 1024 }),
  "softTriple 1024": (x, y, w) => loss.softTriple(x, y, w, { centers: 1, lambda: 1024 }),
};
/** For the CPU. */
const HERE: Readonly<Record<string, Call>> = {
  "arcFace, two centres": (x, y, w) => loss.arcFace(x, y, w, { scale: 1024, centers: 2 }),
  unifiedNegativePairs: (x, y, w) => loss.unifiedNegativePairs(x, y, w, { scale: 1024 }),
  "softTriple, two centres": (x, y, w) => loss.softTriple(x, y, w, { centers: 2, lambda: 1024, gamma: 0.001 }),
};

const zero = [0, 0, 0, 0, 0, 0];
const unit = [0, 1, 0, 0, 0, 0];
const DATA: Readonly<Record<string, readonly [Rows, readonly number[], Rows]>> = {
  "cosines of exactly 1 and −1": [
    [unit, unit.map((v) => -v), unit],
    [0, 0, 1],
    [unit, unit, unit.map((v) => -v), unit],
  ],
  "rows of zeros": [
    [zero, unit],
    [0, 1],
    [unit, zero, unit, zero],
  ],
  "two classes, one row": [[unit], [0], [unit, W[0] as number[]]],
  "all rows ignored": [X, X.map(() => -100), W.slice(0, 4)],
  "no rows": [[], [], W.slice(0, 4)],
  "nothing special": [X, LABELS.map((label) => label % 2), W.slice(0, 4)],
};

describe.each(places())("losses of classes on %s", (place) => {
  runOn(place);

  describe.each(Object.entries(EXTREMES))("%s", (_, call) => {
    test.each(Object.entries(DATA))("is finite: %s", (_name, [x, labels, w]) => {
      const [a, b] = [leaf(x), leaf(w)];
      const value = call(a, labels, b);
      value.backward();
      expect(value.item()).toSatisfy(Number.isFinite);
      for (const side of [a, b]) expect(numbers(side.grad).every(Number.isFinite)).toBe(true);
    });

    test("one class costs nothing but what weights cost", () => {
      const value = call(
        leaf(X),
        LABELS.map(() => 0),
        leaf(W.slice(0, 1)),
      );
      expect(value.item()).toSatisfy(Number.isFinite);
    });
  });

  test("ignored rows are as if they were not there", () => {
    for (const call of Object.values(EXTREMES)) {
      const labels = [0, -100, 2, 3];
      const some = call(leaf(X.slice(0, 4)), labels, leaf(W));
      const kept = [0, 2, 3].map((i) => X[i] as number[]);
      const others = call(leaf(kept), [0, 2, 3], leaf(W));
      expect(some.item()).toBeCloseTo(others.item(), 4);
    }
  });

  test("a bias and the classes' counts are the same where one is the logarithm of the other", () => {
    const counts = [3, 2, 2, 1, 4];
    const bias = tensor(Float32Array.from(counts, Math.log), [5], at({ requiresGrad: true }));
    const [a, b] = [leaf(X), leaf(X)];
    const one = loss.balancedSoftmax(a, LABELS, leaf(W), { classCounts: counts });
    const other = loss.crossEntropy(b, LABELS, leaf(W), { bias });
    one.backward();
    other.backward();
    expect(one.item()).toBeCloseTo(other.item(), 5);
    expect(apart(numbers(a.grad), numbers(b.grad))).toBeLessThan(1e-5);
    expect(numbers(bias.grad).reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 5);
  });

  describe("papers and codes that differ", () => {
    const beyond: Rows = [[-1, 0.1, 0, 0, 0, 0]];
    const axis: Rows = [[1, 0, 0, 0, 0, 0], unit];
    const logit = (call: Call): number => call(leaf(beyond), [0], leaf(axis)).item();

    test("arcFace falls on beyond π − m, the plain cos(θ + m) of elasticFace rises again", () => {
      const c = -1 / Math.hypot(1, 0.1);
      const other = 0.1 / Math.hypot(1, 0.1);
      const wanted = (t: number): number => Math.log1p(Math.exp(other - t));
      const arc = logit((x, y, w) => loss.arcFace(x, y, w, { scale: 1 }));
      const plain = logit((x, y, w) => loss.elasticFace(x, y, w, { scale: 1, sigma: 0 }));
      expect(arc).toBeCloseTo(wanted(c - 0.5 * Math.sin(0.5)), 6);
      expect(plain).toBeCloseTo(wanted(Math.cos(Math.acos(c) + 0.5)), 6);
    });

    test("arcFace and elasticFace without spread are one before π − m", () => {
      const arc = loss.arcFace(leaf(X), LABELS, leaf(W), { reduction: "none" });
      const plain = loss.elasticFace(leaf(X), LABELS, leaf(W), { reduction: "none", sigma: 0 });
      const cosFace = loss.cosFace(leaf(X), LABELS, leaf(W), { reduction: "none" });
      const cosines = loss.elasticFace(leaf(X), LABELS, leaf(W), { reduction: "none", sigma: 0, kind: "cos" });
      expect(apart(numbers(plain), numbers(arc))).toBeLessThan(1e-4);
      expect(apart(numbers(cosines), numbers(cosFace))).toBeLessThan(1e-4);
    });

    test("straight through: the value of exact, the slope of the cosine itself", () => {
      const gradients = (["exact", "straightThrough"] as const).map((marginGradient) => {
        const x = leaf([X[0] as number[]]);
        const value = loss.arcFace(x, [0], leaf(W), { marginGradient, scale: 4 });
        value.backward();
        return [value.item(), ...numbers(x.grad)];
      });
      expect(gradients[0]?.[0]).toBe(gradients[1]?.[0]);
      expect(gradients[0]?.slice(1)).not.toEqual(gradients[1]?.slice(1));
    });
  });

  test("elasticFace draws the same margins for a seed, others for another", () => {
    const value = (seed: number, plus = false): number =>
      loss.elasticFace(leaf(X), LABELS, leaf(W), { seed, plus }).item();
    expect(value(1)).toBe(value(1));
    expect(value(1)).not.toBe(value(2));
    expect(value(1, true)).not.toBe(value(1));
  });

  test("filter leaves out what is small, and most blocks of peaked data", () => {
    const [n, classes, d, hot] = [256, 4096, 64, 12];
    const w = fill(classes, d, normal(5)).map((row) => row.map((value) => value / Math.hypot(...row)));
    const labels = Array.from({ length: n }, (_, i) => ((i * 7) % hot) * 331);
    const x = labels.map((label) => w[label] as number[]);
    const gradients = [false, true].map((filter) => {
      const [a, b] = [leaf(x), leaf(w)];
      loss.crossEntropy(a, labels, b, { scale: 40, filter }).backward();
      return { dx: numbers(a.grad), dw: numbers(b.grad) };
    });
    const [all, filtered] = gradients as [(typeof gradients)[0], (typeof gradients)[0]];
    const cold = ({ dw }: typeof all): number =>
      w.filter((_, c) => dw.slice(c * d, (c + 1) * d).every((value) => value === 0)).length / classes;
    expect(cold(all)).toBe(0);
    // A GPU leaves classes in their order: 12 tiles of 128 classes have one that counts.
    expect(cold(filtered)).toBeGreaterThan(here() === "cpu" ? 0.9 : 0.6);
    const most = 2 ** -28 * 40;
    expect(apart(all.dw, filtered.dw)).toBeLessThan(2 * most);
    expect(apart(all.dx, filtered.dx)).toBeLessThan((2 * most * classes) / n);
  });
});

describe("several centres a class, and pairs within the batch", () => {
  describe.each(Object.entries(HERE))("%s", (_, call) => {
    test.each(Object.entries(DATA))("is finite: %s", (_name, [x, labels, w]) => {
      const [a, b] = [leaf(x), leaf(w)];
      const value = call(
        a,
        labels.map((label) => Math.min(label, 1)),
        b,
      );
      value.backward();
      expect(value.item()).toSatisfy(Number.isFinite);
      for (const side of [a, b]) expect(numbers(side.grad).every(Number.isFinite)).toBe(true);
    });
  });

  test("of equal centres the first gets the gradient", () => {
    const w = leaf([W[0], W[0], W[1], W[2]] as Rows);
    loss
      .arcFace(
        leaf(X),
        LABELS.map((label) => label % 2),
        w,
        { centers: 2 },
      )
      .backward();
    expect(
      numbers(w.grad)
        .slice(0, 6)
        .some((value) => value !== 0),
    ).toBe(true);
    expect(numbers(w.grad).slice(6, 12)).toEqual(zero);
  });
});

const any = (value: unknown) => value as never;
const [someX, someW] = [leaf(X), leaf(W)];
const REFUSED: readonly Refusal[] = [
  [
    "a label beyond the classes",
    () => loss.crossEntropy(someX, [0, 1, 2, 3, 4, 5, 0, 0], someW),
    "ERR_ARGUMENT",
    "loss.crossEntropy: labels[5] must be a finite number from 0 to 4, got 5",
  ],
  [
    "a negative label that is not ignoreIndex",
    () => loss.arcFace(someX, [0, 1, 2, -1, 4, 0, 0, 0], someW),
    "ERR_ARGUMENT",
    "loss.arcFace: labels[3] must be a finite number from 0 to 4, got -1",
  ],
  [
    "a label beyond the classes of several centres",
    () => loss.softTriple(someX, [0, 1, 0, 0, 0, 0, 0, 0], someW, { centers: 5 }),
    "ERR_ARGUMENT",
    "loss.softTriple: labels[1] must be a finite number from 0 to 0, got 1",
  ],
  [
    "classes of unequal centres",
    () => loss.arcFace(someX, LABELS, someW, { centers: 2 }),
    "ERR_SHAPE",
    'loss.arcFace: weights must have 2 rows, so many as centers, for each class, got "5 rows"',
  ],
  [
    "more centres than there may be",
    () => loss.softTriple(someX, LABELS, someW, { centers: 65 }),
    "ERR_ARGUMENT",
    "loss.softTriple: centers must be an integer from 1 to 64, got 65",
  ],
  [
    "margins of another length",
    () => loss.elasticFace(someX, LABELS, someW, { margins: tensor(new Float32Array(7)) }),
    "ERR_SHAPE",
    'loss.elasticFace: margins must have shape [8], got "[7]"',
  ],
  [
    "an exponent above 1",
    () => loss.generalizedCrossEntropy(someX, LABELS, someW, { q: 1.5 }),
    "ERR_ARGUMENT",
    "loss.generalizedCrossEntropy: q must be a finite number from -1 to 1, got 1.5",
  ],
  [
    "another base",
    () => loss.unifiedNegativePairs(someX, LABELS, someW, { base: any("softTriple") }),
    "ERR_ARGUMENT",
    'loss.unifiedNegativePairs: base must be one of arcFace, cosFace, got "softTriple"',
  ],
];
test.each(REFUSED)("refuses %s", (...refusal) => expectRefused(refusal));

test("sorted margins go to rows by the order of their cosines, not by their ranks", () => {
  expect(sortedByTarget([3, 1, 2], [0.1, 0.9, 0.5])).toEqual([2, 3, 1]);
});

test("margins are drawn from a normal distribution", () => {
  const next = normals(7);
  const drawn = Array.from({ length: 20000 }, next);
  const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
  const square = drawn.reduce((sum, value) => sum + value * value, 0) / drawn.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(square - 1)).toBeLessThan(0.05);
});
