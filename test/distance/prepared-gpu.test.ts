/** A base that was prepared on a GPU: what it shares with one that was not, what a second search no longer does, what is refused. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  labelStatistics,
  prepare,
  radius,
  reduceRows,
  rowStatistics,
  topK,
  topKAsync,
} from "../../lib/distance/index.js";
import { retrieval } from "../../lib/evaluate/index.js";
import { type Tensor, tensor } from "../../lib/index.js";
import { native } from "../../lib/native.js";
import type { Input } from "../../lib/types.js";
import { collect } from "../support/collect.js";
import { metered } from "../support/meter.js";
import { onVirtualGpu, places, runOn, tensorHere } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { fill, normal } from "../support/rows.js";
import { D, flat, named, numbers, rowsOf } from "./bases.js";

const inUse = () => native().gpu.memory(0).inUse;
const there = places().includes("cuda");
const bits = (...all: readonly Tensor[]): string[] =>
  all.map((one) => Buffer.from((one.data() as Float32Array).buffer).toString("base64"));

/** All that takes a base, as bits. */
function searched(x: Input, y: Input | ReturnType<typeof prepare>, metric: object): string[] {
  const labels = (n: number) => Int32Array.from({ length: n }, (_, i) => i % 5);
  const { values, indices } = topK(x, y, { k: 7, ...metric });
  const long = topK(x, y, { k: 60, ...metric });
  const within = (values.data() as Float32Array)[3] as number;
  const near = radius(x, y, { radius: within, ...metric });
  const both = rowStatistics(x, y, { ...metric, columns: ["min", "sum"] });
  const reference = { embeddings: y as Input, labels: labels(150) };
  const chosen = labelStatistics(x, labels(20), { ...metric, reference, posMargin: 1, negMargin: 1 });
  return [
    ...bits(values, indices, long.values, long.indices, reduceRows(x, y, { reduce: "logSumExp", ...metric })),
    ...bits(...Object.values(both.rows), ...Object.values(both.columns)),
    ...bits(chosen.hardestPositive.values, chosen.semiHardNegative.indices, chosen.positives),
    [...near.offsets, ...near.indices, ...near.values].join(),
    JSON.stringify(retrieval(x, labels(20), { ...metric, reference })),
  ];
}

describe.runIf(there)("a base prepared on a GPU", () => {
  runOn("cuda");

  test.each([
    ...named,
    ["cityblock", () => "cityblock"] as const,
    ["minkowski", () => ({ name: "minkowski", p: 3 })] as const,
  ])("%s: the bits that it gives without preparation", (name, make) => {
    if (name === "mahalanobis") return; // rows are moved to the middle of the base, not of both sides
    const metric = make() as "inner";
    const [x, y] = [flat(rowsOf(20, 1)), flat(rowsOf(150, 2))];
    expect(searched(x, prepare(y, { metric }), {})).toEqual(searched(x, y, { metric }));
    if (["correlation", "snr", "structured", "cityblock", "minkowski"].includes(name)) return;
    const [a, b] = [x.to("bfloat16"), y.to("bfloat16")];
    expect(searched(a, prepare(b, { metric, dtype: "bfloat16" }), {})).toEqual(searched(a, b, { metric }));
  });

  test("codes: the values of the CPU", () => {
    const [x, y] = [rowsOf(40, 3), rowsOf(300, 4)];
    for (const metric of ["inner", "cosineSimilarity", "cosine", "sqeuclidean", "euclidean"] as const)
      for (const scale of [undefined, 0.02]) {
        const how = { metric, dtype: "int8", ...(scale === undefined ? {} : { scale }) } as const;
        const found = (make: typeof tensor) => {
          const on = (rows: readonly (readonly number[])[]) => make(Float32Array.from(rows.flat()), [rows.length, D]);
          return topK(on(x), prepare(on(y), how), { k: 15 });
        };
        const [onGpu, onCpu] = [found(tensorHere), found(tensor)];
        expect(onGpu.indices.toArray()).toEqual(onCpu.indices.toArray());
        const [got, wanted] = [numbers(onGpu.values), numbers(onCpu.values)];
        got.forEach((value, i) => {
          const right = wanted[i] as number;
          expect(Math.abs(value - right)).toBeLessThanOrEqual(1e-6 * Math.max(Math.abs(right), 1e-2));
        });
      }
  });

  test("rows that are not finite stay among themselves", () => {
    const [nan, inf] = [Number.NaN, Infinity];
    const x = tensorHere([
      [1, 2],
      [nan, 1],
      [inf, 1],
    ]);
    const y = [
      [1, 1],
      [0, -1],
      [2, 2],
    ];
    for (const dtype of ["bfloat16", "int8"] as const) {
      const { values, indices } = topK(
        x,
        prepare(tensorHere(y), { metric: "inner", dtype, ...(dtype === "int8" ? { scale: 1 } : {}) }),
        { k: 3 },
      );
      expect(indices.toArray()).toEqual([
        [2, 0, 1],
        [-1, -1, -1],
        [0, 2, -1],
      ]);
      expect(values.toArray()).toEqual([
        [6, 3, -2],
        [nan, nan, nan],
        [inf, inf, nan],
      ]);
    }
    const holed = prepare(
      tensorHere([
        [1, 1],
        [nan, 1],
        [inf, 0],
      ]),
      { metric: "inner", dtype: "bfloat16" },
    );
    expect(topK(tensorHere([[1, 1]]), holed, { k: 3 }).indices.toArray()).toEqual([[2, 0, -1]]);
  });

  test("a snapshot, whose bytes are known and given back", async () => {
    const rows = Float32Array.from(fill(600, 64, normal(1)).flat());
    const [data, x] = [tensorHere(rows, [600, 64]), tensorHere(rows.slice(0, 3 * 64), [3, 64])];
    for (const [dtype, size] of [
      ["float32", 4],
      ["bfloat16", 2],
      ["int8", 1],
    ] as const) {
      await collect();
      const before = inUse();
      const ready = prepare(data, { dtype, metric: "cosine" });
      expect(ready.bytes).toBeGreaterThanOrEqual(600 * (64 * size + 12));
      expect(ready.bytes).toBeLessThanOrEqual(600 * (64 * size + 16));
      expect(inUse() - before).toBeGreaterThanOrEqual(ready.bytes);
      const { values, indices } = await topKAsync(x, ready, { k: 2 });
      expect((indices.toArray() as number[][]).map(([first]) => first)).toEqual([0, 1, 2]);
      values.dispose();
      indices.dispose();
      ready.dispose();
      expect(ready.bytes).toBe(0);
      await collect();
      expect(inUse()).toBe(before);
      await expectRefused(["disposed", () => topK(x, ready, { k: 1 }), "ERR_DISPOSED", "topK: base was disposed"]);
    }
  });

  const onCpu = () => prepare(tensor([[1, 2]]));
  const own = () => prepare(tensorHere([[1, 2]]), { metric: "cosine" });
  const REFUSED: Refusal[] = [
    [
      "queries on the CPU",
      () => topK(tensor([[1, 2]]), own(), { k: 1 }),
      "ERR_DEVICE",
      "topK: queries must be on cuda:0 like the base, got one on cpu",
    ],
    [
      "a base on the CPU",
      () => reduceRows(tensorHere([[1, 2]]), onCpu(), { reduce: "sum" }),
      "ERR_DEVICE",
      "reduceRows: x must be on the CPU like the base, got one on cuda:0",
    ],
    [
      "other columns",
      () => topK(tensorHere([[1]]), own(), { k: 1 }),
      "ERR_SHAPE",
      "topK: queries must have 2 columns like the base, got 1",
    ],
    [
      "another metric",
      () => radius(tensorHere([[1, 2]]), own(), { radius: 1, metric: "inner" }),
      "ERR_ARGUMENT",
      'radius: metric must be cosine with the same parameters, for which the base was prepared, got "inner"',
    ],
    [
      "queries of a measure on the CPU",
      () => retrieval(tensor([[1, 2]]), [0], { reference: { embeddings: own(), labels: [0] } }),
      "ERR_DEVICE",
      "retrieval: queries must be on cuda:0 like the base, got one on cpu",
    ],
    [
      "a row that has no codes",
      () =>
        prepare(
          tensorHere([
            [1, 2],
            [1, -Infinity],
            [Number.NaN, 1],
          ]),
          { dtype: "int8" },
        ),
      "ERR_ARGUMENT",
      "prepare: base must be finite to be kept as int8, got -inf in row 1",
    ],
    [
      "a point outside the ball",
      () => prepare(tensorHere([[0.1], [20]]), { metric: "poincare" }),
      "ERR_ARGUMENT",
      "prepare: base must hold points of the ball, curvature · |row|² < 1, got 40.000000 in row 1; see expMap0",
    ],
  ];
  test.each(REFUSED)("refuses %s", (...refusal) => expectRefused(refusal));
});

describe.runIf(there && onVirtualGpu())("what a second search launches", () => {
  const DISTANCE = fileURLToPath(new URL("../../lib/distance/index.ts", import.meta.url));
  const [n, m, d] = [100, 640, 64];

  /** Kernels and the bytes that they read, of the first search and of the second. */
  function launches(dtype: string, queries: string, metric: string) {
    const line = `
      const element = (at) => (Math.sin(at) * 43758.5453) % 1;
      const rows = (count, seed) => w.tensor(Float32Array.from({ length: count * ${d} }, (_, at) => element(seed + at)), [count, ${d}]);
      return import(${JSON.stringify(DISTANCE)}).then((f) => {
        const x = rows(${n}, 0).to("${queries}").to("cuda"), y = rows(${m}, 1e6).to("cuda");
        const ready = f.prepare(y, { metric: "${metric}", dtype: "${dtype}" });
        for (let i = 0; i < 2; ++i) f.topK(x, ready, { k: 3 }).values.data();
        console.log("done");
      });`;
    const { launches: all, out, err } = metered(line);
    expect({ out, err }).toEqual({ out: "done", err: "" });
    return all;
  }

  test.each([
    [
      "float32",
      "float32",
      "euclidean",
      ["distance_measure", "distance_top_k_float32", "distance_top_k_finish_float32"],
    ],
    [
      "float32",
      "float32",
      "correlation",
      ["distance_pack", "distance_measure", "distance_top_k_float32", "distance_top_k_finish_float32"],
    ],
    [
      "bfloat16",
      "float32",
      "cosine",
      ["distance_terms", "distance_measure", "distance_top_k_bfloat16", "distance_top_k_finish_bfloat16"],
    ],
    ["bfloat16", "bfloat16", "inner", ["distance_top_k_bfloat16", "distance_top_k_finish_bfloat16"]],
    [
      "int8",
      "float32",
      "euclidean",
      ["distance_terms", "distance_measure", "distance_top_k_int8", "distance_top_k_finish_int8"],
    ],
  ] as const)("%s, met by %s in %s: nothing that reads the base but the sweep", (dtype, queries, metric, kernels) => {
    const all = launches(dtype, queries, metric).filter(({ kernel }) => kernel.startsWith("distance_"));
    const [first, second] = [all.slice(-2 * kernels.length, -kernels.length), all.slice(-kernels.length)];
    for (const search of [first, second]) expect(search.map(({ kernel }) => kernel)).toEqual(kernels);
    // What comes before the sweep is a warp for each query.
    for (const { kernel, grid } of second.slice(0, -2)) expect(grid[0], kernel).toBe(Math.ceil(n / 4));
    const sweep = second.at(-2);
    expect(sweep?.local_bytes).toBe(0);
    expect(sweep?.shared_conflicts).toBe(0);
    const share = (sweep?.tensor_operations ?? 0) / ((sweep?.tensor_operations ?? 0) + (sweep?.float_operations ?? 0));
    if (dtype !== "float32") expect(share).toBeGreaterThan(0.8);
  });
});
