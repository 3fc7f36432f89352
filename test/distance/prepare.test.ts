import { describe, expect, test } from "vitest";
import {
  type Metric,
  type PrepareOptions,
  prepare,
  prepareAsync,
  radius,
  reduceRows,
  reduceRowsAsync,
  topK,
  topKAsync,
} from "../../lib/distance/index.js";
import { tensor } from "../../lib/index.js";
import type { Input } from "../../lib/types.js";
import { exactly } from "../support/earned.js";
import { at, places, put, runOn, tensorHere } from "../support/places.js";
import { store, stored } from "../support/rows.js";
import { nearDuplicates, offset } from "./cases.js";
import { D, flat, named, numbers, rowsOf } from "./bases.js";
import { ORACLES } from "./oracle.js";

/** Found as without preparation: the same indices, values that differ by what float32 may. */
function expectSame(x: Input, base: Input, options: PrepareOptions & { metric: Metric }, k: number): void {
  const ready = prepare(base, options);
  const { metric, dims } = options;
  const plain = { metric, ...(dims === undefined ? {} : { dims }) };
  const [got, wanted] = [topK(x, ready, { k }), topK(x, base, { k, ...plain })];
  expect(got.indices.toArray()).toEqual(wanted.indices.toArray());
  expectNear(numbers(got.values), numbers(wanted.values), 1e-5);
  for (const reduce of ["min", "max", "sum", "mean", "logSumExp"] as const)
    expectNear(numbers(reduceRows(x, ready, { reduce })), numbers(reduceRows(x, base, { reduce, ...plain })), 2e-4);
  ready.dispose();
}

function expectNear(got: Float64Array, wanted: Float64Array, relative: number): void {
  const size = Math.max(...wanted.map(Math.abs));
  got.forEach((value, i) => {
    const off = Math.abs(value - (wanted[i] as number));
    expect(off, `[${i}] ${value} for ${wanted[i]}`).toBeLessThanOrEqual(
      relative * Math.max(Math.abs(wanted[i] as number), 1e-2 * size),
    );
  });
}

describe.each(places())("a prepared base on %s", (place) => {
  runOn(place);

  test.each(named)("%s: a scan and a sweep find what they find without preparation", (_, make) => {
    const metric = make();
    for (const [n, m] of [
      [1, 7],
      [3, 1000],
      [4, 385],
      [5, 129],
      [70, 333],
    ] as const)
      expectSame(flat(rowsOf(n, m)), flat(rowsOf(m, m + 1)), { metric }, Math.min(m, 12));
  });

  test.each(["cityblock", "chebyshev", { name: "minkowski", p: 3 }] as const)(
    "%o, of which every pair is a sweep",
    (metric) => {
      expectSame(flat(rowsOf(2, 1)), flat(rowsOf(150, 2)), { metric }, 9);
      expectSame(flat(rowsOf(50, 1)), flat(rowsOf(150, 2)), { metric }, 9);
    },
  );

  test("dims keep the first columns; queries may have all or as many", () => {
    const [x, y] = [flat(rowsOf(3, 5)), flat(rowsOf(400, 6))];
    expectSame(x, y, { metric: "cosine", dims: 8 }, 5);
    const ready = prepare(y, { metric: "cosine", dims: 8 });
    expect([ready.rows, ready.columns]).toEqual([400, 8]);
    expect(topK(x.columns(0, 8), ready, { k: 3, dims: 8 }).indices.toArray()).toEqual(
      topK(x, ready, { k: 3 }).indices.toArray(),
    );
  });

  test("float16 and bfloat16 bases and queries, with gaps", () => {
    for (const storage of ["float16", "bfloat16"] as const)
      for (const metric of ["euclidean", "cosine", "inner"] as const)
        for (const n of [2, 30]) {
          const [x, y] = [rowsOf(n, 3), rowsOf(200, 4)].map((rows) =>
            rows.map((row) => row.map((v) => stored(v, storage))),
          );
          expectSame(put(x as number[][], D, storage, D + 3), put(y as number[][], D, storage, D + 3), { metric }, 10);
        }
  });

  test.each(named)("%s kept in bfloat16: as a base of the rounded rows", (name, make) => {
    const metric = make();
    if (["correlation", "snr", "mahalanobis", "structured"].includes(name)) return;
    const rounded = rowsOf(300, 8).map((row) => row.map((v) => stored(v, "bfloat16")));
    for (const n of [1, 4, 40]) {
      const ready = prepare(flat(rowsOf(300, 8)), { metric, dtype: "bfloat16" });
      for (const x of [
        flat(rowsOf(n, 7)),
        tensor(store(rowsOf(n, 7), D, "bfloat16").data, [n, D], at({ dtype: "bfloat16" })),
      ]) {
        const [got, wanted] = [topK(x, ready, { k: 9 }), topK(x, flat(rounded), { k: 9, metric })];
        expect(got.indices.toArray()).toEqual(wanted.indices.toArray());
        expectNear(numbers(got.values), numbers(wanted.values), 1e-5);
        expectNear(
          numbers(reduceRows(x, ready, { reduce: "sum" })),
          numbers(reduceRows(x, flat(rounded), { reduce: "sum", metric })),
          2e-4,
        );
      }
    }
  });

  test("offset rows and near-duplicates are right to 1e-5, also where the base's shift rounds a query", () => {
    const moved = offset(220, D, 1000);
    const finer = moved
      .slice(0, 6)
      .map((row, i) => row.map((v) => Math.fround((v - 1000) * 1e-3 * (i + 1) + 1000 / 3)));
    const close = nearDuplicates(220, D, 1e-3);
    const cases = [
      [moved.slice(0, 6), moved.slice(6)],
      [finer, moved.slice(6)],
      [moved.slice(6, 12).map((row) => row.map((v) => Math.fround(v + 2 ** -10))), moved.slice(6)],
      [close.slice(0, 6), close.slice(6)],
    ] as const;
    for (const metric of ["sqeuclidean", "euclidean", "cosine", "correlation", "snr"] as const)
      for (const [x, y] of cases)
        for (const dtype of ["float32", "bfloat16"] as const)
          for (const n of [2, 6]) {
            if (dtype === "bfloat16" && (metric === "correlation" || metric === "snr")) continue;
            const seen = dtype === "float32" ? y : y.map((row) => row.map((v) => stored(v, "bfloat16")));
            const { values, indices } = topK(flat(x.slice(0, n)), prepare(flat(y), { metric, dtype }), { k: 30 });
            const ids = indices.data();
            numbers(values).forEach((value, at) => {
              const [a, b] = [x[Math.floor(at / 30)] as number[], seen[ids[at] as number] as number[]];
              const exact = ORACLES[metric].value(a, b, exactly);
              expect(Math.abs(value - exact), `${metric} ${dtype}`).toBeLessThanOrEqual(
                1e-5 * ORACLES[metric].size(a, b, exact),
              );
            });
          }
  });

  test("radius finds the pairs that it finds without preparation", () => {
    for (const metric of ["euclidean", "cosine", "inner", "correlation"] as const)
      for (const n of [1, 3, 60]) {
        const [x, y] = [flat(rowsOf(n, 3)), flat(rowsOf(400, 4))];
        const [last, beyond] = topK(x, y, { metric, k: 21 }).values.data().slice(19) as unknown as [number, number];
        const within = (last + beyond) / 2; // no pair lies on the edge
        const [got, wanted] = [
          radius(x, prepare(y, { metric }), { radius: within }),
          radius(x, y, { metric, radius: within }),
        ];
        expect(wanted.indices.length).toBeGreaterThan(19);
        expect([got.offsets, got.indices]).toEqual([wanted.offsets, wanted.indices]);
        expectNear(Float64Array.from(got.values), Float64Array.from(wanted.values), 1e-5);
      }
  });

  test("excludeSelf, and k up to all of the base", () => {
    const rows = flat(rowsOf(60, 3));
    const ready = prepare(rows, { metric: "euclidean" });
    for (const n of [2, 60]) {
      const x = n === 60 ? rows : flat(rowsOf(60, 3).slice(0, 2));
      const { indices, values } = topK(x, ready, { k: 60, excludeSelf: true });
      expect(indices.toArray()).toEqual(topK(x, rows, { k: 60, excludeSelf: true }).indices.toArray());
      expect(Array.from(indices.data()).filter((index) => index === -1)).toHaveLength(n);
      expect(numbers(values).filter(Number.isNaN)).toHaveLength(n);
    }
  });

  test("the same bits for any number of threads, at once and later", async () => {
    for (const metric of ["euclidean", "correlation", "inner"] as const)
      for (const n of [1, 30]) {
        const [x, y] = [flat(rowsOf(n, 1, 65)), flat(rowsOf(place === "cuda" ? 900 : 9_000, 2, 65))];
        const found = new Set<string>();
        for (const threads of [1, 2, 5]) {
          for (const ready of [prepare(y, { metric, threads }), await prepareAsync(y, { metric, threads })]) {
            const now = topK(x, ready, { k: 7, threads });
            const later = await topKAsync(x, ready, { k: 7, threads });
            found.add([...now.values.data(), ...now.indices.data()].join());
            found.add([...later.values.data(), ...later.indices.data()].join());
          }
        }
        expect(found.size, `${metric}, ${n} queries`).toBe(1);
        const sums = await reduceRowsAsync(x, prepare(y, { metric }), { reduce: "sum" });
        expect(sums.toArray()).toEqual(reduceRows(x, prepare(y, { metric }), { reduce: "sum", threads: 1 }).toArray());
      }
  });

  test("no rows, no columns, no queries", () => {
    const none = tensorHere(new Float32Array(0), [0, 4]);
    expect(topK(none, prepare(flat(rowsOf(5, 1, 4))), { k: 2 }).values.shape).toEqual([0, 2]);
    expect(reduceRows(flat(rowsOf(2, 1, 4)), prepare(none), { reduce: "sum" }).toArray()).toEqual([0, 0]);
    const narrow = tensorHere(new Float32Array(0), [3, 0]);
    expect(topK(narrow, prepare(narrow), { k: 2 }).indices.toArray()).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
  });
});
