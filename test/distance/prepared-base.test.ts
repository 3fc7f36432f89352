import { describe, expect, test } from "vitest";
import { pairwise, type PrepareOptions, prepare, reduceRows, topK, topKAsync } from "../../lib/distance/index.js";
import { tensor } from "../../lib/index.js";
import { loss } from "../../lib/loss/index.js";
import { native } from "../../lib/native.js";
import type { Input } from "../../lib/types.js";
import { processors } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { D, flat, rowsOf } from "./bases.js";

describe("what a prepared base is", () => {
  const rows = rowsOf(100, 1);
  const refused = (base: Input, options: PrepareOptions, code: Refusal[2], message: string): Refusal => [
    message,
    () => prepare(base, options),
    code,
    message,
  ];

  test("a snapshot", () => {
    const data = Float32Array.from(rows.flat());
    const ready = prepare(tensor(data, [100, D]), { metric: "inner" });
    const before = topK(flat(rows), ready, { k: 4 }).indices.toArray();
    data.fill(0);
    expect(topK(flat(rows), ready, { k: 4 }).indices.toArray()).toEqual(before);
  });

  test("its bytes are known", () => {
    const big = tensor(new Float32Array(4096 * 256).fill(1), [4096, 256]);
    const rest = 4096 * 12 + 4096;
    for (const [dtype, size] of [
      ["float32", 4],
      ["bfloat16", 2],
      ["int8", 1],
    ] as const) {
      const ready = prepare(big, { dtype });
      expect(ready.bytes).toBeGreaterThanOrEqual(4096 * 256 * size);
      expect(ready.bytes).toBeLessThanOrEqual(4096 * 256 * size + rest + 4096 * 4);
      ready.dispose();
      expect(ready.bytes).toBe(0);
    }
  });

  test("disposable, twice and by `using`", async () => {
    const ready = prepare(flat(rows));
    ready.dispose();
    ready[Symbol.dispose]();
    const words = "base was disposed";
    await expectRefused(["topK", () => topK(flat(rows), ready, { k: 1 }), "ERR_DISPOSED", `topK: ${words}`]);
    await expectRefused(["topKAsync", () => topKAsync(flat(rows), ready, { k: 1 }), "ERR_DISPOSED", `topK: ${words}`]);
    await expectRefused([
      "reduceRows",
      () => reduceRows(flat(rows), ready, { reduce: "sum" }),
      "ERR_DISPOSED",
      "reduceRows: y was disposed",
    ]);
    const running = prepare(flat(rowsOf(20_000, 2, 64)));
    const later = topKAsync(flat(rowsOf(40, 3, 64)), running, { k: 3 });
    running.dispose();
    expect((await later).values.shape).toEqual([40, 3]);
  });

  test("the addon itself refuses what is no base", () => {
    const { prepared, topK } = native().distance;
    expect(() => prepared.bytes(native().job() as never)).toThrow(/handle/);
    expect(() => prepared.release({} as never)).toThrow(/handle/);
    const empty = prepared.base();
    const [one, index] = [new Float32Array(1), new Int32Array(1)];
    type Side = [Float32Array | Int8Array, number, number, number];
    const search = (x: Side, d: number, base: [number, number], self = false, whitener: Float64Array | null = null) =>
      topK(1, undefined, 0, 0, 0, ...x, empty, 1, ...base, d, self, whitener, 1, false, one, index);
    expect(() => search([one, 0, 1, 1], 1, [1, 1])).toThrow(/disposed/);
    expect(() => prepared.prepare(1, undefined, empty, 0, 0, 0, one, 0, 2, 1, 1, null, 0, null)).toThrow(/bytes/);
    prepared.prepare(1, undefined, empty, 0, 0, 0, one, 0, 1, 1, 1, null, 0, null);
    expect(() => search([one, 0, 1, 0], 0, [1, 1])).toThrow(/columns/);
    expect(() => search([one, 0, 1, 1], 1, [2, 1])).toThrow(/as large/);
    expect(() => search([new Int8Array(1), 4, 1, 1], 1, [1, 1])).toThrow(/dtype/);
    expect(() => search([one, 0, 1, 1], 1, [1, 1], true)).toThrow(/other rows/);
    expect(() => search([one, 0, 1, 1], 1, [1, 1], false, new Float64Array(1))).toThrow(/whitener/);
    expect(() =>
      native().distance.pairwise(1, undefined, 0, 0, 0, one, 0, 1, 1, empty, 1, 1, 1, 1, false, null, one, 0, 1),
    ).toThrow(/typed array/);
  });

  test("for one instruction set", () => {
    const [slowest, fastest] = [processors()[0] as string, processors().at(-1) as string];
    const before = native().instructionSet();
    native().useInstructionSet(fastest);
    const ready = prepare(flat(rows));
    native().useInstructionSet(slowest);
    if (slowest !== fastest) expect(() => topK(flat(rows), ready, { k: 1 })).toThrow(/instruction set/);
    native().useInstructionSet(before);
  });

  const ready = prepare(flat(rows), { metric: { name: "poincare", curvature: 0.01 }, dims: 7 });
  const x = flat(rowsOf(2, 4));
  test.each([
    refused(tensor([1, 2]), {}, "ERR_SHAPE", "prepare: base must be a matrix [rows, columns], got shape [2]"),
    refused(flat(rows), { metric: "manhattan" as never }, "ERR_ARGUMENT", ""),
    refused(
      flat(rows),
      { dtype: "float16" as never },
      "ERR_ARGUMENT",
      'prepare: dtype must be one of float32, bfloat16, int8, got "float16"',
    ),
    refused(flat(rows), { scale: 2 }, "ERR_ARGUMENT", 'prepare: scale must be left out unless dtype is "int8", got 2'),
    refused(flat(rows), { out: x }, "ERR_ARGUMENT", "prepare: out cannot be given: the result is no tensor"),
    refused(
      flat(rows),
      { dims: 22 },
      "ERR_ARGUMENT",
      "prepare: dims must be at most 21, the number of columns, got 22",
    ),
    [
      "another metric",
      () => topK(x, ready, { k: 1, metric: "cosine" }),
      "ERR_ARGUMENT",
      'topK: metric must be poincare with the same parameters, for which the base was prepared, got "cosine"',
    ],
    [
      "another curvature",
      () => topK(x, ready, { k: 1, metric: "poincare" }),
      "ERR_ARGUMENT",
      'topK: metric must be poincare with the same parameters, for which the base was prepared, got "poincare"',
    ],
    [
      "other dims",
      () => reduceRows(x, ready, { reduce: "sum", dims: 21 }),
      "ERR_ARGUMENT",
      "reduceRows: dims must be 7, for which the base was prepared, got 21",
    ],
    [
      "other columns",
      () => topK(flat(rowsOf(2, 1, 8)), ready, { k: 1 }),
      "ERR_SHAPE",
      "topK: queries must have 21 or 7 columns like the base, got 8",
    ],
    [
      "too many",
      () => topK(x, ready, { k: 101 }),
      "ERR_ARGUMENT",
      "topK: k must be at most 100, the number of rows of base, got 101",
    ],
    ["integers", () => topK(tensor(new Int32Array(21), [1, 21]), ready, { k: 1 }), "ERR_DTYPE", ""],
    [
      "a scale",
      () => topK(x, ready, { k: 1, scale: 2 }),
      "ERR_ARGUMENT",
      "topK: scale must be left out unless queries are int8 codes, got 2",
    ],
    [
      "a scale without codes",
      () => topK(x, x, { k: 1, scale: 2 }),
      "ERR_ARGUMENT",
      "topK: scale must be left out unless queries and base are int8 codes, got 2",
    ],
    [
      "the matrix itself, which costs more than its base",
      () => pairwise(x, ready as never),
      "ERR_ARGUMENT",
      "pairwise: y must be a tensor or have data (a typed array) and shape, got a prepared base",
    ],
    [
      "a loss's reference, which has a gradient",
      () => loss.contrastive(x, [0, 1], { reference: { embeddings: ready as never, labels: [0] } }),
      "ERR_ARGUMENT",
      "loss.contrastive: reference.embeddings must be a tensor or have data (a typed array) and shape, got a prepared base",
    ],
    ["a point outside the ball", () => prepare(tensor([[0.1], [20]]), { metric: "poincare" }), "ERR_ARGUMENT", ""],
  ] as Refusal[])("refuses %s", async (what, call, code, message) => {
    if (message) return expectRefused([what, call, code, message]);
    expect(call).toThrow(expect.objectContaining({ code }));
  });

  test("the same metric may be named again", () => {
    const options = { k: 1, metric: { name: "poincare", curvature: 0.01 }, dims: 7 } as const;
    expect(topK(x, ready, options).indices.toArray()).toEqual(topK(x, ready, { k: 1 }).indices.toArray());
  });
});
