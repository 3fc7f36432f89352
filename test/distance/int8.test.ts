import { describe, expect, test } from "vitest";
import { type Metric, type PrepareOptions, prepare, reduceRows, topK } from "../../lib/distance/index.js";
import { DISTANCES } from "../../lib/distance/table.js";
import { tensor } from "../../lib/index.js";
import type { Input, Tensor } from "../../lib/types.js";
import { exactly } from "../support/earned.js";
import { places, runOn, tensorHere } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { fill, normal, type Rows, uniform } from "../support/rows.js";
import { flat } from "./bases.js";
import { ORACLES } from "./oracle.js";

const METRICS = ["inner", "cosineSimilarity", "cosine", "sqeuclidean", "euclidean"] as const;
type Name = (typeof METRICS)[number];

/** Every code there is, the ends often. */
function codesOf(n: number, d: number, seed: number): number[][] {
  const next = uniform(seed);
  const code = () => (next() < 0.2 ? -128 : next() < 0.2 ? 127 : Math.floor(next() * 256) - 128);
  return fill(n, d, code);
}
const packed = (rows: Rows, d: number): Tensor => tensorHere(Int8Array.from(rows.flat()), [rows.length, d]);
const scaled = (rows: Rows, scale: number | readonly number[]): Rows =>
  rows.map((row, i) => row.map((v) => v * (typeof scale === "number" ? scale : (scale[i] as number))));

/** The base by (score, index) as float64 sees it; scores closer than `ties` of |x||y| may stand either way round. */
function expectFound(
  metric: Name,
  x: Rows,
  y: Rows,
  got: { values: Tensor; indices: Tensor },
  k: number,
  ties: number,
): void {
  const sign = DISTANCES[metric].closer === "smaller" ? 1 : -1;
  const { value, size } = ORACLES[metric];
  const [values, indices] = [got.values.data(), got.indices.toArray() as number[][]];
  x.forEach((row, i) => {
    const scores = y.map((other) => value(row, other, exactly));
    const order = [...scores.keys()]
      .sort((a, b) => sign * ((scores[a] as number) - (scores[b] as number)) || a - b)
      .slice(0, k);
    expect(new Set(indices[i]).size).toBe(k);
    for (const [at, index] of order.entries()) {
      const found = (indices[i] as number[])[at] as number;
      const [score, wanted] = [scores[found] as number, scores[index] as number];
      const largest = Math.hypot(...row) * Math.max(...y.map((other) => Math.hypot(...other)));
      if (ties === 0) expect(found).toBe(index);
      else
        expect(Math.abs(score - wanted)).toBeLessThanOrEqual(
          ties * (metric.startsWith("cosine") ? 1 : metric === "sqeuclidean" ? 4 * largest : largest),
        );
      const off = Math.abs((values[i * k + at] as number) - score);
      expect(off, `${metric} value`).toBeLessThanOrEqual(1e-5 * size(row, y[found] as number[], score));
    }
  });
}

describe.each(places())("int8 on %s", (place) => {
  runOn(place);

  test("sums of codes are exact", () => {
    for (const [n, m, d] of [
      [1, 400, 1],
      [2, 385, 3],
      [1, 100, 64],
      [3, 50, 1025],
      [1, 9, 65_536],
    ] as const) {
      const [x, y] = [codesOf(n, d, d), codesOf(m, d, d + 1)];
      if (d === 65_536) y[0] = x[0]?.map((code) => (code < 0 ? -128 : 127)) as number[];
      const ready = prepare(packed(y, d), { metric: "inner", scale: 1 });
      const { values, indices } = topK(packed(x, d), ready, { k: m });
      const exact = x.map((a) => y.map((b) => a.reduce((sum, v, k) => sum + v * (b[k] as number), 0)));
      (indices.toArray() as number[][]).forEach((ids, i) => {
        const scores = exact[i] as number[];
        expect(ids).toEqual([...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b));
        expect((values.toArray() as number[][])[i]).toEqual(ids.map((j) => Math.fround(scores[j] as number)));
      });
    }
  });

  test.each(METRICS)("%s of codes: values as of scale · code", (metric) => {
    const scales = Array.from({ length: 300 }, (_, i) => Math.fround(0.01 * (1 + (i % 7))));
    for (const n of [1, 4, 5, 40]) {
      const [x, y] = [codesOf(n, 37, n), codesOf(300, 37, 2)];
      const ready = prepare(packed(y, 37), { metric, scale: tensor(Float32Array.from(scales)) });
      const got = topK(packed(x, 37), ready, { k: 20, scale: 0.5 });
      expectFound(metric, scaled(x, 0.5), scaled(y, scales), got, 20, 1e-6);
    }
  });

  test.each(METRICS)("%s of float rows kept as codes: the list is right but for ties closer than 2⁻¹⁵", (metric) => {
    const [rows, queries] = [fill(500, 29, normal(1)), fill(30, 29, normal(2))].map((r) =>
      r.map((row) => row.map(Math.fround)),
    );
    const kept = (rows as number[][]).map((row) => {
      const scale = Math.fround(Math.max(...row.map(Math.abs)) / 127);
      return row.map((v) => scale * Math.round(Math.fround(v / scale)));
    });
    for (const n of [1, 4, 30]) {
      const x = (queries as number[][]).slice(0, n);
      const ready = prepare(flat(rows as number[][]), { metric, dtype: "int8" });
      expectFound(metric, x, kept, topK(flat(x), ready, { k: 12 }), 12, 2 ** -15);
    }
  });

  test("rows equal to a query are found, at distance 0", () => {
    const y = codesOf(200, 33, 5);
    for (const metric of ["sqeuclidean", "euclidean", "cosine"] as const) {
      const ready = prepare(packed(y, 33), { metric, scale: 0.125 });
      for (const n of [2, 9]) {
        const x = y.slice(50, 50 + n);
        const codes = topK(packed(x, 33), ready, { k: 1, scale: 0.125 });
        const floats = topK(flat(scaled(x, 0.125)), ready, { k: 1 });
        for (const { values, indices } of [codes, floats]) {
          expect(indices.toArray()).toEqual(x.map((_, i) => [50 + i]));
          for (const value of values.data()) expect(Math.abs(value as number)).toBeLessThanOrEqual(1e-15);
        }
      }
    }
  });

  test("reductions over codes", () => {
    const [x, y] = [codesOf(6, 20, 1), codesOf(150, 20, 2)];
    const ready = prepare(packed(y, 20), { metric: "euclidean", scale: 0.1 });
    for (const n of [1, 6]) {
      const seen = scaled(x.slice(0, n), 1);
      const sums = seen.map((a) =>
        scaled(y, Math.fround(0.1)).reduce((sum, b) => sum + ORACLES.euclidean.value(a, b, exactly), 0),
      );
      const got = reduceRows(flat(seen), ready, { reduce: "sum" }).toArray() as number[];
      for (const [i, value] of got.entries())
        expect(Math.abs(value - (sums[i] as number))).toBeLessThanOrEqual(1e-5 * (sums[i] as number));
    }
  });

  test("the same bits for any number of threads, rows of zeros among them", () => {
    const rows = fill(place === "cuda" ? 1_600 : 20_000, 65, normal(3)).map((row, i) =>
      i % 500 === 0 ? row.map(() => 0) : row.map(Math.fround),
    );
    for (const metric of ["inner", "cosine"] as const) {
      const found = [1, 2, 5].map((threads) => {
        const ready = prepare(flat(rows), { metric, dtype: "int8", threads });
        const { values, indices } = topK(flat(rows.slice(1, 2)), ready, { k: 50, threads });
        return [...values.data(), ...indices.data()];
      });
      expect(found[1]).toEqual(found[0]);
      expect(found[2]).toEqual(found[0]);
      expect(found[0]?.[50]).toBe(1);
    }
  });
});

describe("what int8 refuses", () => {
  const codes = packed(codesOf(3, 4, 1), 4);
  const rows = flat(fill(3, 4, normal(1)));
  const ready = prepare(codes, { metric: "inner", scale: 1 });
  const REFUSED: Refusal[] = [
    [
      "codes without a scale",
      () => prepare(codes, { metric: "inner" }),
      "ERR_ARGUMENT",
      "prepare: scale must be given for a base of int8 codes, got undefined",
    ],
    [
      "codes kept as floats",
      () => prepare(codes, { dtype: "float32", scale: 1 }),
      "ERR_ARGUMENT",
      'prepare: dtype must be "int8" like the codes of base, got "float32"',
    ],
    [
      "a scale of 0",
      () => prepare(codes, { scale: 0 }),
      "ERR_ARGUMENT",
      "prepare: scale must be a finite number above 0, got 0",
    ],
    [
      "a scale for another number of rows",
      () => prepare(codes, { scale: tensor([1, 2]) }),
      "ERR_SHAPE",
      "prepare: scale must have shape [3] like the rows, got [2]",
    ],
    [
      "a scale below 0",
      () => prepare(rows, { dtype: "int8", scale: tensor([1, -1, 1]) }),
      "ERR_ARGUMENT",
      "prepare: scale[1] must be a finite number above 0, got -1",
    ],
    [
      "a metric that codes do not serve",
      () => prepare(rows, { dtype: "int8", metric: "snr" }),
      "ERR_ARGUMENT",
      'prepare: metric must be one of inner, cosineSimilarity, cosine, sqeuclidean, euclidean for an int8 base, got "snr"',
    ],
    [
      "too many columns",
      () => prepare(tensor(new Float32Array(65_537), [1, 65_537]), { dtype: "int8" }),
      "ERR_SHAPE",
      "prepare: base must have at most 65536 columns as int8, got 65537",
    ],
    [
      "an infinite row",
      () =>
        prepare(
          tensor([
            [1, 2],
            [1, Infinity],
          ]),
          { dtype: "int8" },
        ),
      "ERR_ARGUMENT",
      "prepare: base must be finite to be kept as int8, got inf in row 1",
    ],
    ["codes for a float base", () => topK(codes, prepare(rows), { k: 1 }), "ERR_DTYPE", ""],
    [
      "a scale of float queries",
      () => topK(rows, ready, { k: 1, scale: 2 }),
      "ERR_ARGUMENT",
      "topK: scale must be left out unless queries are int8 codes, got 2",
    ],
    [
      "a scale below 0 of queries",
      () => topK(codes, ready, { k: 1, scale: -2 }),
      "ERR_ARGUMENT",
      "topK: scale must be a finite number above 0, got -2",
    ],
    ["codes where nothing is prepared", () => topK(codes as Input, codes as Input, { k: 1 }), "ERR_DTYPE", ""],
  ];
  test.each(REFUSED)("%s", async (what, call, code, message) => {
    if (message) return expectRefused([what, call, code, message]);
    expect(call).toThrow(expect.objectContaining({ code }));
  });

  test("options of a float base are typed", () => {
    const options: PrepareOptions & { metric: Metric } = { metric: "cosine", dtype: "int8", scale: 0.5 };
    expect(prepare(rows, options).columns).toBe(4);
  });
});
