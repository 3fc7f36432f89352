import { describe, expect, test } from "vitest";
import { DISTANCES } from "../../lib/distance/table.js";
import { retrieval, retrievalAsync } from "../../lib/evaluate/index.js";
import { tensor } from "../../lib/index.js";
import { expectRefused, type Refusal } from "../support/refusal.js";

const metrics = Object.keys(DISTANCES).join(", ");

const x = tensor([
  [1, 2],
  [3, 4],
]);
const wide = tensor([[1, 2, 3]]);
const labels = [0, 0];
const any = (value: unknown) => value as never;

const REFUSALS: readonly Refusal[] = [
  [
    "a vector",
    () => retrieval(tensor([1, 2]), labels),
    "ERR_SHAPE",
    "retrieval: queries must be a matrix [rows, columns], got shape [2]",
  ],
  [
    "integers",
    () => retrieval(tensor(new Int32Array(4), [2, 2]), labels),
    "ERR_DTYPE",
    'retrieval: queries must be float32, float16 or bfloat16, got "int32"',
  ],
  [
    "too few labels",
    () => retrieval(x, [0]),
    "ERR_SHAPE",
    "retrieval: queryLabels must have 2 entries, one per row, got 1",
  ],
  [
    "labels that are no integers",
    () => retrieval(x, [0, 0.5]),
    "ERR_ARGUMENT",
    "retrieval: queryLabels[1] must be an integer within int32, got 0.5",
  ],
  [
    "a k of 0",
    () => retrieval(x, labels, { k: [1, 0] }),
    "ERR_ARGUMENT",
    "retrieval: k[1] must be an integer of at least 1, got 0",
  ],
  [
    "a k that is no list",
    () => retrieval(x, labels, { k: any(5) }),
    "ERR_ARGUMENT",
    "retrieval: k must be an array of integers, got 5",
  ],
  [
    "an unknown metric",
    () => retrieval(x, labels, { metric: any("dot") }),
    "ERR_ARGUMENT",
    `retrieval: metric must be one of ${metrics}, got "dot"`,
  ],
  [
    "a metric without its parameter",
    () => retrieval(x, labels, { metric: any({ name: "minkowski" }) }),
    "ERR_ARGUMENT",
    "retrieval: metric.p must be a finite number of at least 1, got undefined",
  ],
  [
    "dims beyond the columns",
    () => retrieval(x, labels, { dims: 3 }),
    "ERR_ARGUMENT",
    "retrieval: dims must be at most 2, the number of columns, got 3",
  ],
  [
    "an unknown option",
    () => retrieval(x, labels, any({ topK: 3 })),
    "ERR_ARGUMENT",
    'retrieval: there is no option "topK"; known are reference, metric, dims, k, threads',
  ],
  [
    "a reference of other columns",
    () => retrieval(x, labels, { reference: { embeddings: wide, labels: [0] } }),
    "ERR_SHAPE",
    "retrieval: reference.embeddings must have 2 columns like queries, got 3",
  ],
  [
    "a reference with too few labels",
    () => retrieval(x, labels, { reference: { embeddings: x, labels: [0] } }),
    "ERR_SHAPE",
    "retrieval: reference.labels must have 2 entries, one per row, got 1",
  ],
  [
    "a reference with more than that",
    () => retrieval(x, labels, { reference: any({ embeddings: x, labels, k: 1 }) }),
    "ERR_ARGUMENT",
    'retrieval: reference: there is no option "k"; known are embeddings, labels',
  ],
  [
    "an aborted signal",
    () => retrievalAsync(x, labels, { signal: AbortSignal.abort() }),
    "ERR_ABORTED",
    "retrievalAsync: aborted by its signal",
  ],
];

describe("retrieval refuses", () => {
  test.each(REFUSALS)("%s", (...refusal) => expectRefused(refusal));

  test("and still works", () => {
    expect(retrieval(x, labels).recallAt).toEqual({ 1: 1 });
  });
});
