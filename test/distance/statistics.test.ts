import { describe, expect, test } from "vitest";
import { pairwise, reduceRows, rowStatistics, rowStatisticsAsync } from "../../lib/distance/index.js";
import { tensor } from "../../lib/index.js";
import type { Tensor } from "../../lib/types.js";
import { exactly, expectEarned, singly } from "../support/earned.js";
import { untouched } from "../support/guard.js";
import { here, places, put, runOn, tensorHere } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { fill, normal } from "../support/rows.js";
import { type Case, CHOSEN } from "./cases.js";
import { REDUCE, reduced, reducedTerms, SCALE, scoresOf } from "./reductions.js";
import { fitted, metricOf, type Variant, variantsOf } from "./variants.js";

const columnsOf = <T>(rows: readonly (readonly T[])[], m: number): T[][] =>
  Array.from({ length: m }, (_, j) => rows.map((row) => row[j] as T));
const same = (a: Tensor, b: Tensor): boolean => Buffer.from(a.data().buffer).equals(Buffer.from(b.data().buffer));

/** Wide rows are results.test.ts's: what is made of a value knows nothing of them, and their oracles take long. */
const ENOUGH = [...CHOSEN].filter(({ d }) => d < 100);

function agree(given: Case, variant: Variant): void {
  const problem = fitted(variant, given);
  const { c, spec } = problem;
  const metric = metricOf(spec);
  const x = put(c.x, c.d, c.storage, c.stride);
  const y = c.y === undefined ? x : put(c.y, c.d, c.storage, c.stride);
  const how = { metric, rows: REDUCE, columns: REDUCE, scale: SCALE };
  const got = untouched(problem.name, [x, y], () => rowStatistics(x, y, how));
  const scores = scoresOf(problem);
  const [exact, naive, terms] = [scores.exact, scores.naive, scores.terms].map((rows) =>
    columnsOf(rows, problem.y.length),
  ) as [number[][], number[][], number[][]];
  for (const reduce of REDUCE) {
    const what = `${reduce} of ${problem.name}`;
    const scale = reduce === "logSumExp" ? { scale: SCALE } : {};
    // Rows are held to the oracle by results.test.ts. A few of them are reduced in another way, in which a last bit may differ.
    if (c.x.length > 4)
      expect(same(got.rows[reduce], reduceRows(x, y, { metric, reduce, ...scale })), `rows: ${what}`).toBe(true);
    expectEarned(
      `columns: ${what}`,
      got.columns[reduce].data(),
      exact.map((column) => reduced(column, reduce, exactly)),
      naive.map((column) => reduced(column, reduce, singly)),
      terms.map((column, j) => reducedTerms(exact[j] as number[], column, reduce)),
    );
  }
}

const rows = (n: number, d: number, seed: number) =>
  tensorHere(Float32Array.from(fill(n, d, normal(seed)).flat()), [n, d]);

describe.each(places())("rowStatistics on %s", (place) => {
  runOn(place);

  describe("gives rows the bits of reduceRows, and agrees with the oracle for columns", () => {
    test.each(ENOUGH)("$name", (c) => {
      for (const variant of variantsOf(c)) agree(c, variant);
    });
  });

  test("what is not asked for is not there, and asking for less changes no bit", () => {
    const [x, y] = [rows(130, 20, 1), rows(70, 20, 2)];
    const all = rowStatistics(x, y, { columns: REDUCE });
    expect(Object.keys(all.rows)).toEqual(REDUCE);
    for (const reduce of REDUCE) {
      const one = rowStatistics(x, y, { rows: [reduce], columns: [] });
      expect([Object.keys(one.rows), Object.keys(one.columns)]).toEqual([[reduce], []]);
      expect(same(one.rows[reduce], all.rows[reduce]), reduce).toBe(true);
      const column = rowStatistics(x, y, { rows: [], columns: [reduce] });
      expect([Object.keys(column.rows), Object.keys(column.columns)]).toEqual([[], [reduce]]);
      expect(same(column.columns[reduce], all.columns[reduce]), reduce).toBe(true);
    }
    const plain = rowStatistics(x);
    expect(Object.keys(plain.columns)).toEqual([]);
    expect(plain.rows.min.toArray()).toEqual(Array.from({ length: 130 }, () => 0));
    expect(plain.rows.min.device).toBe(here());
  });

  test("a NaN makes its row and its column NaN, and infinities are numbers", () => {
    const [nan, inf] = [Number.NaN, Infinity];
    const one = rowStatistics(tensorHere([[1], [nan], [2]]), tensorHere([[1], [inf]]), {
      metric: "inner",
      columns: REDUCE,
    });
    expect(one.rows.min.toArray()).toEqual([1, nan, 2]);
    expect(one.rows.max.toArray()).toEqual([inf, nan, inf]);
    expect(one.rows.sum.toArray()).toEqual([inf, nan, inf]);
    expect(one.rows.logSumExp.toArray()).toEqual([inf, nan, inf]);
    for (const reduce of REDUCE) expect(one.columns[reduce].toArray(), reduce).toEqual([nan, nan]);
    const two = rowStatistics(tensorHere([[1], [2]]), tensorHere([[-inf], [inf], [0.5]]), {
      metric: "inner",
      columns: REDUCE,
    });
    expect(two.columns.min.toArray()).toEqual([-inf, inf, 0.5]);
    expect(two.columns.sum.toArray()).toEqual([-inf, inf, 1.5]);
    expect([...two.columns.logSumExp.data()].slice(0, 2)).toEqual([-inf, inf]);
    expect(two.rows.sum.toArray()).toEqual([nan, nan]);
  });

  test("without columns, or without rows, there is nothing to reduce", () => {
    const [some, none] = [rows(3, 4, 1), tensorHere(new Float32Array(0), [0, 4])];
    const empty = { min: Infinity, max: -Infinity, sum: 0, mean: Number.NaN, logSumExp: -Infinity };
    const wide = rowStatistics(some, none, { columns: REDUCE });
    const tall = rowStatistics(none, some, { columns: REDUCE });
    for (const reduce of REDUCE) {
      expect(wide.rows[reduce].toArray(), reduce).toEqual([empty[reduce], empty[reduce], empty[reduce]]);
      expect(wide.columns[reduce].toArray(), reduce).toEqual([]);
      expect(tall.rows[reduce].toArray(), reduce).toEqual([]);
      expect(tall.columns[reduce].toArray(), reduce).toEqual([empty[reduce], empty[reduce], empty[reduce]]);
    }
  });

  test("the same bits for 1, 2 and 7 threads, at once and later", async () => {
    for (const [n, m] of [
      [400, 500],
      [5, 4000],
      [4000, 5],
    ] as const) {
      const [x, y] = [rows(n, 24, 3), rows(m, 24, 4)];
      const found = new Set<string>();
      for (const threads of [1, 2, 7]) {
        const how = { threads, columns: REDUCE };
        for (const made of [rowStatistics(x, y, how), await rowStatisticsAsync(x, y, how)]) {
          const parts = [...Object.values(made.rows), ...Object.values(made.columns)];
          found.add(parts.map((part) => Buffer.from(part.data().buffer).toString("base64")).join());
        }
      }
      expect(found.size, `${n}×${m}`).toBe(1);
    }
  });
});

test("more columns and lanes than a block holds meet block by block", () => {
  // One coordinate: a block of lanes is then a few thousand panels, and there are several.
  const n = 600_000;
  const x = tensor(
    Float32Array.from({ length: n }, (_, i) => (i % 1000) / 8),
    [n, 1],
  );
  const y = tensor(
    Float32Array.from({ length: 3 }, (_, j) => j),
    [3, 1],
  );
  const how = { metric: "inner", rows: ["max"], columns: ["min", "max", "sum", "mean"] } as const;
  const { rows: wide, columns } = rowStatistics(x, y, how);
  expect(columns.max.toArray()).toEqual([0, 999 / 8, 999 / 4]);
  expect(columns.sum.toArray()).toEqual([0, 1, 2].map((j) => Math.fround((j * 600 * 999 * 500) / 8)));
  expect(wide.max.data()[1999]).toBe(999 / 4);
  // And turned round: many rows, of which a block holds some.
  const turned = rowStatistics(y, x, { metric: "inner", rows: ["sum"], columns: ["max"] });
  expect(turned.rows.sum.toArray()).toEqual(columns.sum.toArray());
  expect(Buffer.from(turned.columns.max.data().buffer).equals(Buffer.from(wide.max.data().buffer))).toBe(true);
});

test("ten thousand million numbers in float32 keep their sum, and the matrix is never there", () => {
  const n = 30_000;
  const x = tensor(
    Float32Array.from({ length: n }, () => 0.1),
    [n, 1],
  );
  const one = tensor(
    Float32Array.from({ length: n }, () => 1),
    [n, 1],
  );
  const before = process.resourceUsage().maxRSS;
  const { rows: wide, columns } = rowStatistics(x, one, {
    metric: "inner",
    rows: ["sum"],
    columns: ["sum", "logSumExp"],
  });
  // N × M float32 would be 3.6 GB.
  expect(process.resourceUsage().maxRSS - before, "KiB more than before").toBeLessThan(100 * 1024);
  const sum = n * Math.fround(0.1);
  for (const made of [wide.sum, columns.sum]) {
    for (const value of made.data()) if (Math.abs(value - sum) > 2 ** -20 * sum) expect.fail(`${value} is not ${sum}`);
  }
  const log = Math.fround(0.1) + Math.log(n);
  for (const value of columns.logSumExp.data())
    if (Math.abs(value - log) > 2 ** -22 * log) expect.fail(`${value} is not ${log}`);
});

test("statistics are those of the stored matrix", () => {
  const [x, y] = [rows(90, 30, 5), rows(60, 30, 6)];
  const full = pairwise(x, y, { metric: "sqeuclidean" }).toArray() as number[][];
  const { rows: wide, columns } = rowStatistics(x, y, { metric: "sqeuclidean", dims: 30, columns: ["min", "max"] });
  expect(wide.min.toArray()).toEqual(full.map((row) => Math.min(...row)));
  expect(columns.min.toArray()).toEqual(columnsOf(full, 60).map((column) => Math.min(...column)));
  expect(columns.max.toArray()).toEqual(columnsOf(full, 60).map((column) => Math.max(...column)));
  const narrow = rowStatistics(x, y, { dims: 7 }).rows.sum;
  expect(same(narrow, rowStatistics(x.columns(0, 7), y.columns(0, 7)).rows.sum)).toBe(true);
});

const any = (value: unknown) => value as never;
const x = rows(3, 2, 1);
const REFUSALS: readonly Refusal[] = [
  [
    "other columns",
    () => rowStatistics(x, rows(2, 3, 1)),
    "ERR_SHAPE",
    "rowStatistics: y must have 2 columns like x, got 3",
  ],
  [
    "nothing asked for",
    () => rowStatistics(x, x, { rows: [] }),
    "ERR_ARGUMENT",
    "rowStatistics: rows must name at least one where columns has none, got an array of length 0",
  ],
  [
    "a name instead of names",
    () => rowStatistics(x, x, { columns: any("min") }),
    "ERR_ARGUMENT",
    'rowStatistics: columns must be an array of min, max, sum, mean, logSumExp, got "min"',
  ],
  [
    "an unknown reduction",
    () => rowStatistics(x, x, { rows: any(["min", "median"]) }),
    "ERR_ARGUMENT",
    'rowStatistics: rows[1] must be one of min, max, sum, mean, logSumExp, got "median"',
  ],
  [
    "a scale that nothing uses",
    () => rowStatistics(x, x, { rows: ["min"], columns: ["sum"], scale: 2 }),
    "ERR_ARGUMENT",
    "rowStatistics: scale must be left out without logSumExp, got 2",
  ],
  [
    "a scale that is no number",
    () => rowStatistics(x, x, { scale: Infinity }),
    "ERR_ARGUMENT",
    "rowStatistics: scale must be a finite number, got Infinity",
  ],
  [
    "a place for the result",
    () => rowStatistics(x, x, { out: x }),
    "ERR_ARGUMENT",
    "rowStatistics: out cannot be given: the result is several tensors",
  ],
  [
    "an unknown option",
    () => rowStatistics(x, x, any({ reduce: "min" })),
    "ERR_ARGUMENT",
    'rowStatistics: there is no option "reduce"; known are metric, dims, threads, rows, columns, scale',
  ],
  [
    "an aborted signal",
    () => rowStatisticsAsync(x, x, { signal: AbortSignal.abort() }),
    "ERR_ABORTED",
    "rowStatisticsAsync: aborted by its signal",
  ],
];
describe("rowStatistics refuses", () => {
  test.each(REFUSALS)("%s", (...refusal) => expectRefused(refusal));
});
