/** Up to four queries are not a sweep: the rows of the base pass once. The same promises hold. */
import { describe, expect, test } from "vitest";
import { pairwise, reduceRows, topK } from "../../lib/distance/index.js";
import { tensor } from "../../lib/index.js";
import { exactly, expectEarned, singly } from "../support/earned.js";
import { onePerDevice, places, processors, put, runOn } from "../support/places.js";
import { fill, normal, type Rows, type Storage, stored } from "../support/rows.js";
import { nearDuplicates, offset } from "./cases.js";
import { matrix, mean, ORACLES, type PlainName } from "./oracle.js";

const METRICS = [
  "inner",
  "cosineSimilarity",
  "cosine",
  "sqeuclidean",
  "euclidean",
  "gaussian",
] as const satisfies PlainName[];

const drawn = (n: number, d: number, seed: number, storage: Storage = "float32"): Rows =>
  fill(n, d, normal(seed)).map((row) => row.map((value) => stored(value, storage)));
const numbers = (t: { data(): ArrayLike<number> }) => Float64Array.from(t.data());

/** Blocks are 64, 192, 96 or 384 rows, registers 1 to 16 columns. */
const SHAPES = [
  [1, 1, 1],
  [1, 383, 3],
  [2, 385, 16],
  [3, 63, 17],
  [4, 1000, 31],
  [1, 2, 130],
] as const;

describe.each(places())("few queries on %s", (place) => {
  runOn(place);

  test.each(METRICS)("%s agrees with its formula", (metric) => {
    const { value, terms } = ORACLES[metric];
    for (const [n, m, d] of SHAPES)
      for (const storage of ["float32", "float16", "bfloat16"] as const) {
        const [x, y] = [drawn(n, d, m, storage), drawn(m, d, m + 1, storage)];
        const got = numbers(pairwise(put(x, d, storage, d + 3), put(y, d, storage, d + 1), { metric }));
        const c = mean([...x, ...y], d);
        const by = (f: (v: number) => number) => matrix(x, y, (a, b) => value(a, b, f));
        expectEarned(
          `${n}×${m}×${d} ${storage}`,
          got,
          by(exactly),
          by(singly),
          matrix(x, y, (a, b) => terms(a, b, c)),
        );
      }
  });

  test("near-duplicates and offset rows are right to 1e-5", () => {
    for (const apart of [1e-3, 1e-2, 0.3])
      for (const metric of ["cosine", "sqeuclidean", "euclidean"] as const) {
        const rows = nearDuplicates(90, 65, apart);
        const [x, y] = [rows.slice(0, 2), rows.slice(2)];
        expectClose(metric, pairwise(put(x, 65), put(y, 65), { metric }), x, y);
      }
    const rows = offset(90, 65, 1000);
    const [x, y] = [rows.slice(0, 3), rows.slice(3)];
    for (const metric of ["sqeuclidean", "euclidean"] as const)
      expectClose(metric, pairwise(put(x, 65), put(y, 65), { metric }), x, y);
  });

  test("topK finds what all values say, for short lists and long", () => {
    const [x, y] = [drawn(3, 24, 5), drawn(1500, 24, 6)];
    for (const metric of METRICS) {
      const all = pairwise(put(x, 24), put(y, 24), { metric }).toArray() as number[][];
      const larger = metric === "inner" || metric === "cosineSimilarity" || metric === "gaussian";
      for (const k of [1, 10, 33, 700]) {
        const { values, indices } = topK(put(x, 24), put(y, 24), { k, metric });
        const wanted = all.map((row) =>
          [...row.keys()]
            .sort((a, b) => (larger ? -1 : 1) * ((row[a] as number) - (row[b] as number)) || a - b)
            .slice(0, k),
        );
        const found = indices.toArray() as number[][];
        found.forEach((row, i) => {
          const scores = all[i] as number[];
          for (const [at, index] of row.entries())
            expect(
              Math.abs((scores[index] as number) - (scores[wanted[i]?.[at] as number] as number)),
            ).toBeLessThanOrEqual(1e-5);
          expect(new Set(row).size).toBe(k);
        });
        expect(values.shape).toEqual([3, k]);
      }
    }
  });

  test("reduceRows sums up what pairwise says", () => {
    const [x, y] = [drawn(2, 20, 7), drawn(1201, 20, 8)];
    for (const metric of METRICS) {
      const all = pairwise(put(x, 20), put(y, 20), { metric }).toArray() as number[][];
      const sum = all.map((row) => row.reduce((a, b) => a + b, 0));
      const size = all.map((row) => row.reduce((a, b) => a + Math.abs(b), 0));
      const wanted = {
        min: all.map((row) => Math.min(...row)),
        max: all.map((row) => Math.max(...row)),
        sum,
        mean: sum.map((value) => value / 1201),
        logSumExp: all.map((row) => {
          const top = Math.max(...row.map((value) => -2 * value));
          return top + Math.log(row.reduce((total, value) => total + Math.exp(-2 * value - top), 0));
        }),
      } as const;
      for (const reduce of ["min", "max", "sum", "mean", "logSumExp"] as const) {
        const got = reduceRows(put(x, 20), put(y, 20), {
          metric,
          reduce,
          ...(reduce === "logSumExp" ? { scale: -2 } : {}),
        });
        numbers(got).forEach((value, i) => {
          const scale =
            reduce === "sum"
              ? (size[i] as number)
              : reduce === "mean"
                ? (size[i] as number) / 1201
                : 1 + Math.abs(wanted[reduce][i] as number);
          expect(Math.abs(value - (wanted[reduce][i] as number)), `${metric} ${reduce}`).toBeLessThanOrEqual(
            4e-6 * scale,
          );
        });
      }
    }
  });

  test("a NaN stays in its pair, poisons its reduction, and enters no list", () => {
    const [x, y] = [drawn(2, 8, 1), drawn(500, 8, 2).map((row, j) => (j === 77 ? row.map(() => Number.NaN) : row))];
    for (const metric of METRICS) {
      const row = numbers(pairwise(put(x, 8), put(y, 8), { metric }));
      expect([...row.keys()].filter((j) => Number.isNaN(row[j]))).toEqual([77, 577]);
      expect(numbers(reduceRows(put(x, 8), put(y, 8), { metric, reduce: "max" }))).toEqual(
        Float64Array.of(Number.NaN, Number.NaN),
      );
      const { indices } = topK(put(x, 8), put(y, 8), { metric, k: 500 });
      expect((indices.toArray() as number[][]).map((ids) => [ids.includes(77), ids[499]])).toEqual([
        [false, -1],
        [false, -1],
      ]);
    }
  });
});

function expectClose(metric: PlainName, got: { data(): ArrayLike<number> }, x: Rows, y: Rows): void {
  const exact = matrix(x, y, (a, b) => ORACLES[metric].value(a, b, exactly));
  const size = matrix(x, y, (a, b, i, j) => ORACLES[metric].size(a, b, exact[i * y.length + j] as number));
  numbers(got).forEach((value, at) => {
    expect(Math.abs(value - (exact[at] as number)), `${metric} ${at}`).toBeLessThanOrEqual(1e-5 * (size[at] as number));
  });
}

describe.each(processors())("one query of many rows on %s", (place) => {
  runOn(place);

  test("the same bits for any number of threads", () => {
    const [x, y] = [drawn(1, 65, 1), drawn(17_000, 65, 2)];
    const [a, b] = [put(x, 65), put(y, 65)];
    for (const metric of METRICS) {
      const bits = [1, 2, 5].map((threads) =>
        [
          pairwise(a, b, { metric, threads }),
          topK(a, b, { metric, threads, k: 40 }).indices,
          reduceRows(a, b, { metric, threads, reduce: "sum" }),
          reduceRows(a, b, { metric, threads, reduce: "logSumExp", scale: -0.5 }),
        ].map((result) => Buffer.from(result.data().buffer).toString("base64")),
      );
      expect(bits[1]).toEqual(bits[0]);
      expect(bits[2]).toEqual(bits[0]);
    }
  });
});

describe.each(onePerDevice())("out of few queries on %s", (place) => {
  runOn(place);

  test("rows with gaps, in every float type", () => {
    const [x, y] = [drawn(2, 9, 3), drawn(400, 9, 4)];
    const exact = pairwise(put(x, 9), put(y, 9), { metric: "sqeuclidean" });
    const room = tensor(new Float32Array(2 * 410).fill(7), [2, 410]);
    const out = room.columns(0, 400);
    if (out.device === exact.device) {
      pairwise(put(x, 9), put(y, 9), { metric: "sqeuclidean", out });
      expect([...(out.toArray() as number[][])]).toEqual(exact.toArray());
      expect(numbers(room.columns(400, 410))).toEqual(new Float64Array(20).fill(7));
    }
    const half = tensor(new Uint16Array(800), [2, 400], { dtype: "bfloat16" });
    if (half.device !== exact.device) return;
    pairwise(put(x, 9), put(y, 9), { metric: "sqeuclidean", out: half });
    expect(half.toArray()).toEqual(
      (exact.toArray() as number[][]).map((row) => row.map((value) => stored(value, "bfloat16"))),
    );
  });
});
