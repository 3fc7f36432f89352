// What folds on a GPU make of the pairs is what the stored matrix gives there: its very values, its places, its sums.
import { describe, expect, test } from "vitest";
import { labelStatistics, pairwise, rowStatistics } from "../../lib/distance/index.js";
import type { Metric, RowReduction } from "../../lib/distance/types.js";
import type { Input, Tensor } from "../../lib/types.js";
import { here, places, put, runOn } from "../support/places.js";
import { fill, normal, type Storage, stored } from "../support/rows.js";

const ALL = ["min", "max", "sum", "mean", "logSumExp"] as const;
const STORAGES: readonly Storage[] = ["float32", "float16", "bfloat16"];
const METRICS: readonly Metric[] = ["inner", "sqeuclidean", "cosine"];
/** One tile, several of rows and columns, few rows against many columns, and none. */
const SHAPES = [
  [5, 9],
  [300, 200],
  [3, 1500],
  [1500, 3],
  [0, 7],
  [7, 0],
] as const;

/** Rows and columns of an n×m matrix. */
function linesOf(values: ArrayLike<number>, n: number, m: number): { rows: number[][]; columns: number[][] } {
  const at = (i: number, j: number) => values[i * m + j] as number;
  return {
    rows: Array.from({ length: n }, (_, i) => Array.from({ length: m }, (_, j) => at(i, j))),
    columns: Array.from({ length: m }, (_, j) => Array.from({ length: n }, (_, i) => at(i, j))),
  };
}

/** Of a line of values, in float64; `size` is what an error is relative to. */
function reduced(line: readonly number[], reduce: RowReduction, scale: number): { value: number; size: number } {
  const sum = line.reduce((total, value) => total + value, 0);
  const sizes = line.reduce((total, value) => total + Math.abs(value), 0);
  switch (reduce) {
    case "min":
      return { value: Math.min(...line), size: 0 };
    case "max":
      return { value: Math.max(...line), size: 0 };
    case "sum":
      return { value: sum, size: sizes };
    case "mean":
      return { value: sum / line.length, size: sizes / line.length };
    case "logSumExp": {
      const top = Math.max(...line.map((value) => value * scale));
      const value = top + Math.log(line.reduce((total, v) => total + Math.exp(v * scale - top), 0));
      return { value: line.length === 0 ? -Infinity : value, size: 1 + Math.abs(top) };
    }
  }
}

function expectLines(what: string, got: Record<RowReduction, Tensor>, lines: readonly number[][], scale: number): void {
  for (const reduce of ALL) {
    const values = got[reduce].data();
    expect(values.length, what).toBe(lines.length);
    lines.forEach((line, at) => {
      const { value, size } = reduced(line, reduce, scale);
      const slack = size * 2 ** -20;
      const right = Object.is(values[at], Math.fround(value)) || Math.abs((values[at] as number) - value) <= slack;
      if (!right) expect.fail(`${what}: ${reduce} of line ${at} is ${value}, got ${values[at]}`);
    });
  }
}

describe.runIf(places().includes("cuda"))("the matrix and its folds on a GPU", () => {
  runOn("cuda");
  const pair = (n: number, m: number, storage: Storage, d = 20): [Input, Input] => {
    const rows = (count: number, seed: number) =>
      fill(count, d, normal(seed)).map((row) => row.map((value) => stored(value, storage)));
    return [put(rows(n, 1), d, storage, d + 4), put(rows(m, 2), d, storage)];
  };

  test.each(STORAGES)("statistics of rows and columns of %s", (storage) => {
    for (const metric of METRICS) {
      for (const [n, m] of SHAPES) {
        const [x, y] = pair(n, m, storage);
        const lines = linesOf(pairwise(x, y, { metric }).data(), n, m);
        const { rows, columns } = rowStatistics(x, y, { metric, rows: ALL, columns: ALL, scale: 1.5 });
        expectLines(`${metric} ${n}×${m}, rows`, rows, lines.rows, 1.5);
        expectLines(`${metric} ${n}×${m}, columns`, columns, lines.columns, 1.5);
        for (const made of [...Object.values(rows), ...Object.values(columns)]) expect(made.device).toBe(here());
      }
    }
  });

  test("columns whose partial states are joined span by span", () => {
    const [n, m] = [129, 106_000];
    const x = fill(n, 1, normal(3));
    const y = fill(m, 1, normal(4)).map(([value]) => [Math.fround(value as number)]);
    const { columns } = rowStatistics(put(x, 1), put(y, 1), { metric: "inner", rows: [], columns: ["min", "sum"] });
    const all = x.map(([value]) => Math.fround(value as number));
    const [low, high, sum] = [Math.min(...all), Math.max(...all), all.reduce((total, value) => total + value, 0)];
    const sizes = all.reduce((total, value) => total + Math.abs(value), 0);
    const [least, sums] = [columns.min.data(), columns.sum.data()];
    y.forEach(([value], j) => {
      const v = value as number;
      const expected = v > 0 ? low * v : high * v;
      if (Math.abs((least[j] as number) - expected) > 1e-5 * Math.abs(expected)) expect(least[j]).toBe(expected);
      if (Math.abs((sums[j] as number) - sum * v) > 1e-5 * sizes * Math.abs(v)) expect(sums[j]).toBe(sum * v);
    });
  }, 240_000);

  test("a NaN, an infinity", () => {
    const x = put([[1], [Number.NaN], [2]], 1);
    const y = put([[1], [Number.POSITIVE_INFINITY], [-1]], 1);
    const { rows, columns } = rowStatistics(x, y, { metric: "inner", rows: ALL, columns: ALL });
    const [nan, inf] = [Number.NaN, Infinity];
    expect([...rows.min.data()]).toEqual([-1, nan, -2]);
    expect([...rows.max.data()]).toEqual([inf, nan, inf]);
    expect([...rows.sum.data()]).toEqual([inf, nan, inf]);
    expect([...rows.logSumExp.data()]).toEqual([inf, nan, inf]);
    for (const reduce of ALL) expect([...columns[reduce].data()], reduce).toEqual([nan, nan, nan]);
  });

  test.each(["hardest", "easiest"] as const)("choices and counts by label, beyond the %s positive", (beyond) => {
    STORAGES.forEach((storage, at) => {
      const metric = METRICS[at] as Metric;
      for (const [n, m] of SHAPES) {
        const [x, y] = pair(n, m, storage);
        if (n <= 300) expectChosen(x, undefined, labelsOf(n, 0), metric, beyond);
        expectChosen(x, { embeddings: y, labels: labelsOf(m, 1) }, labelsOf(n, 0), metric, beyond);
      }
    });
  });
});

/** A class of many, several of few, and one of its own. */
const labelsOf = (count: number, shift: number): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => (i === 1 ? 99 + shift : i % 3 === 0 ? -7 : (i + shift) % 11));

function expectChosen(
  x: Input,
  reference: { embeddings: Input; labels: Int32Array } | undefined,
  labels: Int32Array,
  metric: Metric,
  beyond: "hardest" | "easiest",
): void {
  const others = reference?.labels ?? labels;
  const [n, m] = [labels.length, others.length];
  const { rows } = linesOf(pairwise(x, reference?.embeddings ?? x, { metric }).data(), n, m);
  const sign = metric === "inner" ? -1 : 1;
  const [posMargin, negMargin] = [sign * 0.5, sign * 0.75];
  const found = labelStatistics(x, labels, { ...(reference && { reference }), metric, beyond, posMargin, negMargin });
  for (let i = 0; i < n; i++) {
    const keys = (rows[i] as number[]).map((value, j) => ({ value, key: sign * value, j }));
    const positives = keys.filter(({ j }) => others[j] === labels[i] && !(reference === undefined && i === j));
    const negatives = keys.filter(({ j }) => others[j] !== labels[i]);
    const best = (among: typeof keys, order: 1 | -1) =>
      among.reduce<(typeof keys)[number] | undefined>(
        (a, b) => (!a || order * b.key < order * a.key ? b : a),
        undefined,
      );
    const [hardest, easiest] = [best(positives, -1), best(positives, 1)];
    const chosen = beyond === "hardest" ? hardest : easiest;
    const expected = {
      hardestPositive: hardest,
      easiestPositive: easiest,
      hardestNegative: best(negatives, 1),
      easiestNegative: best(negatives, -1),
      semiHardNegative: best(chosen ? negatives.filter(({ key }) => key > chosen.key) : [], 1),
    };
    for (const [name, slot] of Object.entries(expected)) {
      const { values, indices } = found[name as keyof typeof expected];
      const got = [indices.data()[i], values.data()[i]];
      const wanted = slot ? [slot.j, slot.value] : [-1, Number.NaN];
      if (!wanted.every((value, at) => Object.is(value, got[at])))
        expect.fail(`${name} of ${i}: ${got}, not ${wanted}`);
    }
    expect([found.positives.data()[i], found.negatives.data()[i]]).toEqual([positives.length, negatives.length]);
    const [far, close] = [found.positivesBeyond as Tensor, found.negativesWithin as Tensor];
    expect(far.data()[i]).toBe(positives.filter(({ key }) => key > sign * Math.fround(posMargin)).length);
    expect(close.data()[i]).toBe(negatives.filter(({ key }) => key < sign * Math.fround(negMargin)).length);
  }
}
