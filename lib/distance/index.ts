/** warpweft/distance: every row of x meets every row of y. Each function has an `Async` twin that runs off the event loop. */
import { type Steps, twins } from "../async.js";
import { recordSteps, records } from "../autograd.js";
import * as check from "../check.js";
import { FLOATS } from "../dtype.js";
import { tensorOf } from "../tensor.js";
import type { Async, AsyncOptions, Input, Tensor } from "../types.js";
import { METRICS, metricOf } from "./metric.js";
import { type Pair, pairwiseOp, REDUCTIONS, reduceRowsBody, rowsOf, topKBody } from "./ops.js";
import type { MetricOptions, Neighbors, ReduceRowsOptions, TopKOptions } from "./types.js";

export type { Metric, MetricOptions, Neighbors, ReduceRowsOptions, RowReduction, TopKOptions } from "./types.js";

const COMMON = ["metric", "threads", "out"];
const NOT_YET = { dims: "is not in this release; give x.columns(0, dims) instead" };

/** Two matrices of one width; the same argument twice is one matrix met by itself. */
function pair(fn: string, xArg: string, x: Input, yArg: string, y: Input): Pair {
  const a = check.matrix(fn, xArg, x);
  if (y === x) return { x: a, y: a, self: true };
  const b = check.matrix(fn, yArg, y);
  check.sameColumns(fn, yArg, b, xArg, a);
  check.sameDevice(fn, yArg, b, xArg, a);
  return { x: a, y: b, self: false };
}

function* pairwiseSteps(x: Input, y: Input = x, options?: MetricOptions): Steps<Tensor> {
  const given = check.options("pairwise", options, COMMON, NOT_YET);
  const metric = metricOf("pairwise", given.metric ?? "euclidean", METRICS);
  const both = pair("pairwise", "x", x, "y", y);
  const inputs = both.self ? [both.x] : [both.x, both.y];
  const use = { recorded: records(inputs), inputs };
  const out = check.out("pairwise", given.out, [rowsOf(both.x), rowsOf(both.y)], FLOATS, use);
  const result = yield* recordSteps(pairwiseOp, inputs, { metric, out }, given.threads);
  return given.out ?? tensorOf(result);
}

function* topKSteps(queries: Input, base: Input, options: TopKOptions): Steps<Neighbors> {
  const refused = { ...NOT_YET, out: "cannot be given: the result is two tensors" };
  const given = check.options("topK", options, ["metric", "threads", "k", "excludeSelf"], refused);
  const metric = metricOf("topK", given.metric ?? "euclidean", METRICS);
  const excludeSelf = check.boolean("topK", "excludeSelf", given.excludeSelf ?? false);
  const both = pair("topK", "queries", queries, "base", base);
  const k = check.count("topK", "k", given.k, rowsOf(both.y), "base");
  const found = yield* topKBody(both, metric, k, excludeSelf);
  return { values: tensorOf(found.values), indices: tensorOf(found.indices) };
}

function* reduceRowsSteps(x: Input, y: Input, options: ReduceRowsOptions): Steps<Tensor> {
  const given = check.options("reduceRows", options, [...COMMON, "reduce", "scale"], NOT_YET);
  const metric = metricOf("reduceRows", given.metric ?? "euclidean", METRICS);
  const reduce = check.choice("reduceRows", "reduce", given.reduce, REDUCTIONS);
  const scale = check.number("reduceRows", "scale", given.scale ?? 1);
  if (given.scale !== undefined && reduce !== "logSumExp") {
    check.fail("ERR_ARGUMENT", "reduceRows", "scale", `be left out with reduce "${reduce}"`, scale);
  }
  const both = pair("reduceRows", "x", x, "y", y);
  const use = { recorded: false, inputs: [both.x, both.y] };
  const out = check.out("reduceRows", given.out, [rowsOf(both.x)], FLOATS, use);
  const result = yield* reduceRowsBody(both, metric, reduce, scale, out);
  return given.out ?? tensorOf(result);
}

const [pairwiseNow, pairwiseLater] = twins("pairwise", pairwiseSteps);
const [topKNow, topKLater] = twins("topK", topKSteps);
const [reduceRowsNow, reduceRowsLater] = twins("reduceRows", reduceRowsSteps);

/**
 * The matrix of distances (or similarities) of all rows of `x` from all rows of `y`, float32.
 *
 * Differentiable in both arguments. Squared distances are right on offset and near-duplicate rows too, where the usual
 * |x|² + |y|² − 2x·y loses all digits: docs/distance.md has the promised errors.
 *
 * @param x [N, D], float32, float16 or bfloat16; row strides need no copy.
 * @param y [M, D], default `x`; then the diagonal of a distance is exactly 0.
 * @param options metric: default "euclidean". out: an [N, M] tensor to fill, float32, float16 or bfloat16 (rounded
 * once, to nearest even); its rows may have gaps. threads: default `threads()`.
 * @returns [N, M]; `out` if it was given.
 * @throws WarpweftError ERR_SHAPE for another rank, or columns that differ; ERR_DTYPE for integers; ERR_ARGUMENT for
 * an unknown metric or option, an `out` that overlaps an input or is given while a gradient is recorded, a
 * transferred buffer; ERR_DEVICE for tensors in different places; ERR_DISPOSED; ERR_MEMORY where [N, M] cannot be had.
 *
 * Time N·M·D multiply-adds, backward twice that. Memory beyond the result: (N + M)·D at most, and the result is kept
 * for the backward pass. Formulas, gradients and sources: docs/reference/distance.md.
 */
export function pairwise(x: Input, y?: Input, options?: MetricOptions): Tensor {
  return pairwiseNow(x, y, options);
}
/** `pairwise` off the event loop. */
export function pairwiseAsync(x: Input, y?: Input, options?: MetricOptions & AsyncOptions): Promise<Tensor> {
  return pairwiseLater(x, y as Input, options);
}

/**
 * The `k` closest rows of `base` for each query, without storing the N×M matrix.
 *
 * Closest means smallest for a distance and largest for a similarity; ties go to the lower index. The returned values
 * are evaluated again directly, so they are right to 1e-5 also between near-duplicates. A NaN score enters no list:
 * slots that stay empty hold index −1 and value NaN. No gradient.
 *
 * @param queries [N, D], float32, float16 or bfloat16.
 * @param base [M, D].
 * @param options k: 1 … M. excludeSelf: leave out base row i for query i (default false); with k = M the last slot is
 * then −1 and NaN. metric: default "euclidean". threads: default `threads()`.
 * @throws WarpweftError ERR_SHAPE for another rank, or columns that differ; ERR_DTYPE for integers; ERR_ARGUMENT for
 * a `k` outside 1 … M, an unknown metric or option; ERR_DEVICE for tensors in different places; ERR_DISPOSED.
 *
 * Time N·M·D multiply-adds and O(log k) per candidate that enters a list. Memory beyond the result: a tile and the
 * lists per thread, no more than O((N + M)·D).
 */
export function topK(queries: Input, base: Input, options: TopKOptions): Neighbors {
  return topKNow(queries, base, options);
}
/** `topK` off the event loop. */
export const topKAsync: Async<typeof topK> = topKLater;

/**
 * One number for each row of the N×M matrix, which is never stored.
 *
 * No gradient. Without columns (M = 0) min is +∞, max and logSumExp −∞, sum 0, mean NaN.
 *
 * @param x [N, D], float32, float16 or bfloat16.
 * @param y [M, D].
 * @param options reduce: "min", "max", "sum", "mean" or "logSumExp", the natural logarithm of Σⱼ exp(scale · dᵢⱼ).
 * scale: default 1, with logSumExp only. metric: default "euclidean". out: an [N] tensor to fill. threads.
 * @returns [N] float32; `out` if it was given.
 * @throws WarpweftError ERR_SHAPE for another rank, or columns that differ; ERR_DTYPE for integers; ERR_ARGUMENT for
 * an unknown metric, reduction or option; ERR_DEVICE for tensors in different places; ERR_DISPOSED.
 *
 * Time N·M·D multiply-adds. Memory beyond the result: a tile per thread, no more than O((N + M)·D).
 */
export function reduceRows(x: Input, y: Input, options: ReduceRowsOptions): Tensor {
  return reduceRowsNow(x, y, options);
}
/** `reduceRows` off the event loop. */
export const reduceRowsAsync: Async<typeof reduceRows> = reduceRowsLater;
