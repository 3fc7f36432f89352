import { describe, expect, test } from "vitest";
import { pairwise, pairwiseAsync, reduceRows, type TopKOptions, topK, topKAsync } from "../../lib/distance/index.js";
import { DISTANCES } from "../../lib/distance/table.js";
import { tensor } from "../../lib/index.js";
import type { Input } from "../../lib/types.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { any, whole, wide, x, y } from "./refused.js";

const taped = tensor([[1, 2]], undefined, { requiresGrad: true });
const room = (...shape: number[]) => tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);

function disposed(): Input {
  const gone = tensor([[1, 2]]);
  gone.dispose();
  return gone;
}

function transferred(): Input {
  const data = new Float32Array(4);
  const gone = tensor(data, [2, 2]);
  structuredClone(data.buffer, { transfer: [data.buffer] });
  return gone;
}

const known = Object.keys(DISTANCES).join(", ");
const shared = new Float32Array(12);

const PAIRWISE: readonly Refusal[] = [
  [
    "no tensor",
    () => pairwise(any(3)),
    "ERR_ARGUMENT",
    "pairwise: x must be a tensor or have data (a typed array) and shape, got 3",
  ],
  [
    "a vector",
    () => pairwise(tensor([1, 2, 3])),
    "ERR_SHAPE",
    "pairwise: x must be a matrix [rows, columns], got shape [3]",
  ],
  ["integers", () => pairwise(x, whole), "ERR_DTYPE", 'pairwise: y must be float32, float16 or bfloat16, got "int32"'],
  ["other columns", () => pairwise(x, wide), "ERR_SHAPE", "pairwise: y must have 2 columns like x, got 3"],
  [
    "an unknown metric",
    () => pairwise(x, y, { metric: any("manhattan") }),
    "ERR_ARGUMENT",
    `pairwise: metric must be one of ${known}, got "manhattan"`,
  ],
  [
    "an option that is none",
    () => pairwise(x, y, any({ metrik: "inner" })),
    "ERR_ARGUMENT",
    'pairwise: there is no option "metrik"; known are metric, dims, threads, out',
  ],
  [
    "a signal without Async",
    () => pairwise(x, y, any({ signal: AbortSignal.abort() })),
    "ERR_ARGUMENT",
    'pairwise: there is no option "signal" (it belongs to pairwiseAsync); known are metric, dims, threads, out',
  ],
  ["options that are none", () => pairwise(x, y, any(5)), "ERR_ARGUMENT", "pairwise: options must be an object, got 5"],
  [
    "no threads",
    () => pairwise(x, y, { threads: 0 }),
    "ERR_ARGUMENT",
    "pairwise: threads must be an integer from 1 to 1024, got 0",
  ],
  [
    "a result of another shape",
    () => pairwise(x, y, { out: room(2, 3) }),
    "ERR_SHAPE",
    "pairwise: out must have shape [3, 2], got [2, 3]",
  ],
  [
    "a result of integers",
    () => pairwise(y, y, { out: whole }),
    "ERR_DTYPE",
    'pairwise: out must be float32, float16 or bfloat16, got "int32"',
  ],
  [
    "a result with columns apart",
    () => pairwise(x, y, { out: room(2, 3).transpose() }),
    "ERR_SHAPE",
    "pairwise: out must have contiguous columns, got strides [1, 3]",
  ],
  [
    "a result while a gradient is recorded",
    () => pairwise(taped, y, { out: room(1, 2) }),
    "ERR_ARGUMENT",
    "pairwise: out cannot be given while a gradient is recorded; use noGrad or leave it out",
  ],
  [
    "a result upon an input",
    () => pairwise(tensor(shared.subarray(0, 4), [2, 2]), y, { out: tensor(shared.subarray(2, 6), [2, 2]) }),
    "ERR_ARGUMENT",
    "pairwise: out must not share memory with an input",
  ],
  ["a disposed tensor", () => pairwise(x, disposed()), "ERR_DISPOSED", "pairwise: y was disposed"],
  [
    "a transferred buffer",
    () => pairwise(transferred()),
    "ERR_ARGUMENT",
    "pairwise: x must still have its 4 elements, got 0: its buffer was transferred or shrunk",
  ],
  [
    "a matrix that no memory holds",
    () => pairwise(room(200_000, 1)),
    "ERR_MEMORY",
    "pairwise: a float32 array of shape [200000, 200000] takes 149 GiB, which cannot be had",
  ],
  [
    "an aborted signal",
    () => pairwiseAsync(x, y, { signal: AbortSignal.abort() }),
    "ERR_ABORTED",
    "pairwiseAsync: aborted by its signal",
  ],
  [
    "an unknown option, later",
    () => pairwiseAsync(x, y, any({ metrik: "inner" })),
    "ERR_ARGUMENT",
    'pairwise: there is no option "metrik"; known are metric, dims, threads, out',
  ],
];

const TOP_K: readonly Refusal[] = [
  ["no k", () => topK(x, y, any({})), "ERR_ARGUMENT", "topK: k must be an integer of at least 1, got undefined"],
  ["k of 0", () => topK(x, y, { k: 0 }), "ERR_ARGUMENT", "topK: k must be an integer of at least 1, got 0"],
  ["half a k", () => topK(x, y, { k: 1.5 }), "ERR_ARGUMENT", "topK: k must be an integer of at least 1, got 1.5"],
  [
    "k above M",
    () => topK(x, y, { k: 3 }),
    "ERR_ARGUMENT",
    "topK: k must be at most 2, the number of rows of base, got 3",
  ],
  ["other columns", () => topK(x, wide, { k: 1 }), "ERR_SHAPE", "topK: base must have 2 columns like queries, got 3"],
  [
    "excludeSelf that is no boolean",
    () => topK(x, y, { k: 1, excludeSelf: any(1) }),
    "ERR_ARGUMENT",
    "topK: excludeSelf must be true or false, got 1",
  ],
  [
    "a result, where there are two",
    () => topK(x, y, { k: 1, out: room(3, 1) } as TopKOptions),
    "ERR_ARGUMENT",
    "topK: out cannot be given: the result is two tensors",
  ],
  [
    "no options",
    () => topK(x, y, any(undefined)),
    "ERR_ARGUMENT",
    "topK: k must be an integer of at least 1, got undefined",
  ],
  [
    "an aborted signal",
    () => topKAsync(x, y, { k: 1, signal: AbortSignal.abort() }),
    "ERR_ABORTED",
    "topKAsync: aborted by its signal",
  ],
];

const REDUCE_ROWS: readonly Refusal[] = [
  [
    "no second matrix",
    () => reduceRows(x, any(undefined), { reduce: "min" }),
    "ERR_ARGUMENT",
    "reduceRows: y must be a tensor or have data (a typed array) and shape, got undefined",
  ],
  [
    "an unknown reduction",
    () => reduceRows(x, y, { reduce: any("median") }),
    "ERR_ARGUMENT",
    'reduceRows: reduce must be one of min, max, sum, mean, logSumExp, got "median"',
  ],
  [
    "a scale that nothing uses",
    () => reduceRows(x, y, { reduce: "sum", scale: 2 }),
    "ERR_ARGUMENT",
    'reduceRows: scale must be left out with reduce "sum", got 2',
  ],
  [
    "a scale that is no number",
    () => reduceRows(x, y, { reduce: "logSumExp", scale: Number.NaN }),
    "ERR_ARGUMENT",
    "reduceRows: scale must be a finite number, got NaN",
  ],
  [
    "a result of another shape",
    () => reduceRows(x, y, { reduce: "min", out: room(2) }),
    "ERR_SHAPE",
    "reduceRows: out must have shape [3], got [2]",
  ],
];

describe.each([
  ["pairwise", PAIRWISE],
  ["topK", TOP_K],
  ["reduceRows", REDUCE_ROWS],
] as const)("%s refuses", (_, refusals) => {
  test.each(refusals)("%s", (...refusal) => expectRefused(refusal));
});

test("after all that the inputs are what they were", () => {
  expect(x.toArray()).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  expect(pairwise(x, y, { metric: "sqeuclidean" }).toArray()).toEqual([
    [4, 2],
    [20, 18],
    [52, 50],
  ]);
});
