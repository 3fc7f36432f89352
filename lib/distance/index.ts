/** warpweft/distance: every row of x meets every row of y. Each function has an `Async` twin that runs off the event loop. */
import { type Steps, twins } from "../async.js";
import { recordSteps, records } from "../autograd.js";
import * as check from "../check.js";
import { FLOATS } from "../dtype.js";
import { tensorOf } from "../tensor.js";
import type { Async, AsyncOptions, Input, Tensor } from "../types.js";
import { pairwiseOp, REDUCTIONS, radiusBody, reduceRowsBody, topKBody } from "./ops.js";
import { Prepared } from "./base.js";
import { pairOf, readied, rowsOf, searchOf } from "./pair.js";
import type {
  MetricOptions,
  Neighbors,
  Pairs,
  PreparedBase,
  RadiusOptions,
  ReduceRowsOptions,
  TopKOptions,
} from "./types.js";

export { type ExpMapOptions, expMap0, expMap0Async } from "./exp-map.js";
export {
  type Chosen,
  type LabelChoice,
  type LabelStatistics,
  type LabelStatisticsOptions,
  labelStatistics,
  labelStatisticsAsync,
} from "./labeled.js";
export { prepare, prepareAsync } from "./prepare.js";
export { type RowStatistics, type RowStatisticsOptions, rowStatistics, rowStatisticsAsync } from "./statistics.js";
export type {
  Metric,
  MetricName,
  MetricOptions,
  Neighbors,
  Pairs,
  PreparedBase,
  PrepareOptions,
  RadiusOptions,
  ReduceRowsOptions,
  RowReduction,
  TopKOptions,
} from "./types.js";

const METRIC = ["metric", "dims", "threads"];
/** Offsets are int32. */
const MOST_PAIRS = 2 ** 31 - 1;

function* pairwiseSteps(x: Input, y: Input = x, options?: MetricOptions): Steps<Tensor> {
  const given = check.options("pairwise", options, [...METRIC, "out"]);
  const asked = pairOf("pairwise", ["x", x], ["y", y], given);
  const tensors = [asked.x, asked.y, ...(asked.precision ? [asked.precision] : []), ...(asked.weights?.tensors ?? [])];
  const use = { recorded: records(tensors), inputs: tensors };
  const out = check.out("pairwise", given.out, [rowsOf(asked.x), rowsOf(asked.y)], FLOATS, use);
  const pair = yield* readied(asked, true);
  const { self, metric, whitener, precision } = pair;
  const inputs = [pair.x, ...(self ? [] : [pair.y]), ...(precision ? [precision] : [])];
  const result = yield* recordSteps(pairwiseOp, inputs, { metric, self, whitener, out }, given.threads);
  return given.out ?? tensorOf(result);
}

function* topKSteps(queries: Input, base: Input | PreparedBase, options: TopKOptions): Steps<Neighbors> {
  const refused = { out: "cannot be given: the result is two tensors" };
  const given = check.options("topK", options, [...METRIC, "k", "excludeSelf", "scale"], refused);
  const excludeSelf = check.boolean("topK", "excludeSelf", given.excludeSelf ?? false);
  if (given.scale !== undefined && !(base instanceof Prepared))
    check.fail("ERR_ARGUMENT", "topK", "scale", "be left out unless queries and base are int8 codes", given.scale);
  const search = yield* searchOf("topK", ["queries", queries], ["base", base], given);
  const k = check.count("topK", "k", given.k, rowsOf(search.y), "base");
  const { values, indices } = yield* topKBody(search, k, excludeSelf);
  return { values: tensorOf(values), indices: tensorOf(indices) };
}

function* radiusSteps(queries: Input, base: Input | PreparedBase, options: RadiusOptions): Steps<Pairs> {
  const refused = { out: "cannot be given: the result is as long as there are pairs" };
  const given = check.options("radius", options, [...METRIC, "radius", "excludeSelf", "maxPairs"], refused);
  const radius = check.number("radius", "radius", given.radius);
  const excludeSelf = check.boolean("radius", "excludeSelf", given.excludeSelf ?? false);
  const most = check.number("radius", "maxPairs", given.maxPairs ?? MOST_PAIRS, {
    min: 1,
    max: MOST_PAIRS,
    integer: true,
  });
  const { metric, dims } = given;
  const search = yield* searchOf("radius", ["queries", queries], ["base", base], { metric, dims });
  return yield* radiusBody(search, radius, excludeSelf, most);
}

function* reduceRowsSteps(x: Input, y: Input | PreparedBase, options: ReduceRowsOptions): Steps<Tensor> {
  const given = check.options("reduceRows", options, [...METRIC, "out", "reduce", "scale"]);
  const reduce = check.choice("reduceRows", "reduce", given.reduce, REDUCTIONS);
  const scale = check.number("reduceRows", "scale", given.scale ?? 1);
  if (given.scale !== undefined && reduce !== "logSumExp") {
    check.fail("ERR_ARGUMENT", "reduceRows", "scale", `be left out with reduce "${reduce}"`, scale);
  }
  const search = yield* searchOf("reduceRows", ["x", x], ["y", y], { metric: given.metric, dims: given.dims });
  const use = { recorded: false, inputs: "handle" in search.y ? [search.x] : [search.x, search.y] };
  const out = check.out("reduceRows", given.out, [rowsOf(search.x)], FLOATS, use);
  const result = yield* reduceRowsBody(search, reduce, scale, out);
  return given.out ?? tensorOf(result);
}

const [pairwiseNow, pairwiseLater] = twins("pairwise", pairwiseSteps);
const [topKNow, topKLater] = twins("topK", topKSteps);
const [radiusNow, radiusLater] = twins("radius", radiusSteps);
const [reduceRowsNow, reduceRowsLater] = twins("reduceRows", reduceRowsSteps);

/**
 * The matrix of distances (or similarities) of all rows of `x` from all rows of `y`, float32.
 *
 * Differentiable in both arguments, and in tensors of the metric. Squared distances are right on offset and near-duplicate rows too, where the usual
 * |x|² + |y|² − 2x·y loses all digits: docs/distance.md has the promised errors.
 *
 * @param x [N, D], float32, float16 or bfloat16; row strides need no copy.
 * @param y [M, D], default `x`; then the diagonal of a distance is exactly 0.
 * @param options metric: default "euclidean". dims: only that many columns, from the first. out: an [N, M] tensor to fill, float32, float16 or bfloat16 (rounded
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
 * @param base [M, D]; or a base that `prepare` made, whose metric and dims then hold.
 * @param options k: 1 … M. excludeSelf: leave out base row i for query i (default false); with k = M the last slot is
 * then −1 and NaN. metric: default "euclidean". dims. threads: default `threads()`. scale: of int8 queries for an int8
 * base, value = scale · code, default 1.
 * @throws WarpweftError ERR_SHAPE for another rank, or columns that differ; ERR_DTYPE for integers; ERR_ARGUMENT for
 * a `k` outside 1 … M, an unknown metric or option; ERR_DEVICE for tensors in different places; ERR_DISPOSED.
 *
 * Time N·M·D multiply-adds, a few operations per candidate that enters a list, and O(N·k log k) to sort. Memory beyond
 * the result: a tile per thread, 6 MB of packed rows and lists, or where k is in the thousands the lists of 384
 * queries, no more than O((N + M)·D).
 */
export function topK(queries: Input, base: Input | PreparedBase, options: TopKOptions): Neighbors {
  return topKNow(queries, base, options);
}
/** `topK` off the event loop. */
export const topKAsync: Async<typeof topK> = topKLater;

/**
 * All pairs of a query and a base row that are within `radius`, in compressed rows, without storing the N×M matrix.
 *
 * Within means a distance of at most `radius`, or a similarity of at least that. Each query's pairs stand closest first;
 * ties go to the lower index. Pairs near the border are decided by the returned values, which are evaluated again
 * directly, so they are right to 1e-5 also between near-duplicates. A NaN score is never within. No gradient.
 *
 * @param queries [N, D], float32, float16 or bfloat16.
 * @param base [M, D]; or a base that `prepare` made, whose metric and dims then hold.
 * @param options radius: a finite number. excludeSelf: leave out base row i for query i (default false). maxPairs:
 * default 2³¹ − 1. metric: default "euclidean". dims. threads: default `threads()`.
 * @returns offsets [N + 1], indices and values [pairs]: those of query i are at offsets[i] … offsets[i + 1] − 1. They lie
 * in host memory, wherever the tensors are; a GPU is waited for.
 * @throws WarpweftError ERR_MEMORY for more pairs than `maxPairs`, with their number: they are counted to the end, but
 * no longer stored; ERR_SHAPE for another rank, or columns that differ; ERR_DTYPE for integers; ERR_ARGUMENT for a
 * radius or `maxPairs` out of range, an unknown metric or option; ERR_DEVICE for tensors in different places;
 * ERR_DISPOSED.
 *
 * Time N·M·D multiply-adds, and for each pair found its evaluation and its place in the order. Memory beyond the result:
 * as much again as the result, a tile per thread, no more than O((N + M)·D).
 */
export function radius(queries: Input, base: Input | PreparedBase, options: RadiusOptions): Pairs {
  return radiusNow(queries, base, options);
}
/** `radius` off the event loop. */
export const radiusAsync: Async<typeof radius> = radiusLater;

/**
 * One number for each row of the N×M matrix, which is never stored.
 *
 * No gradient. Without columns (M = 0) min is +∞, max and logSumExp −∞, sum 0, mean NaN.
 *
 * @param x [N, D], float32, float16 or bfloat16.
 * @param y [M, D]; or a base that `prepare` made, whose metric and dims then hold.
 * @param options reduce: "min", "max", "sum", "mean" or "logSumExp", the natural logarithm of Σⱼ exp(scale · dᵢⱼ).
 * scale: default 1, with logSumExp only. metric: default "euclidean". dims. out: an [N] tensor to fill. threads.
 * @returns [N] float32; `out` if it was given.
 * @throws WarpweftError ERR_SHAPE for another rank, or columns that differ; ERR_DTYPE for integers; ERR_ARGUMENT for
 * an unknown metric, reduction or option; ERR_DEVICE for tensors in different places; ERR_DISPOSED.
 *
 * Time N·M·D multiply-adds. Memory beyond the result: a tile per thread, no more than O((N + M)·D).
 */
export function reduceRows(x: Input, y: Input | PreparedBase, options: ReduceRowsOptions): Tensor {
  return reduceRowsNow(x, y, options);
}
/** `reduceRows` off the event loop. */
export const reduceRowsAsync: Async<typeof reduceRows> = reduceRowsLater;
