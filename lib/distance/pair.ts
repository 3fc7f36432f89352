/** Two matrices and the metric between them, checked, as native calls see them. */
import { columns } from "../algebra/views.js";
import type { Steps } from "../async.js";
import { type Forward, record, recordSteps } from "../autograd.js";
import * as check from "../check.js";
import { type Dense, matrix } from "../dense.js";
import type { PairArguments } from "../native-distance.js";
import type { Input } from "../types.js";
import { against, type MetricGiven, Prepared, type Searched, sideArguments } from "./base.js";
import { whitenerOf } from "./mahalanobis.js";
import { type MetricUse, metricArguments, metricUse } from "./metric.js";
import { structuredRows, type Weighted, weightsOf } from "./structured.js";
import type { PreparedBase } from "./types.js";

/** What a native call is told of both sides. With `self` both are one matrix. */
export interface Search {
  readonly x: Dense;
  readonly y: Dense | Searched;
  readonly self: boolean;
  readonly metric: MetricUse;
  /** mahalanobis: L with A = L Lᵀ of its precision A, row-major; a base has its own */
  readonly whitener: Float64Array | null;
}

/** Of rows alone. */
export interface Pair extends Search {
  readonly y: Dense;
  /** structured: what rows of y are still to be multiplied by */
  readonly weights: Weighted | undefined;
  /** mahalanobis: its precision */
  readonly precision: Dense | undefined;
}

export function pairArguments({ x, y, self, metric, whitener }: Search): PairArguments {
  return [...metricArguments(metric), ...matrix(x), ...sideArguments(y), columnsOf(x), self, whitener];
}

/** Both sides of a call that takes a prepared base for y, ready to meet. `scale`: of int8 rows for such a base. */
export function* searchOf(
  fn: string,
  x: readonly [string, Input],
  [yArg, y]: readonly [string, Input | PreparedBase],
  given: MetricGiven & { readonly scale?: unknown },
): Steps<Search> {
  if (y instanceof Prepared) return { ...against(fn, x, [yArg, y], given), self: false, whitener: null };
  return yield* readied(pairOf(fn, x, [yArg, y as Input], given));
}

/** All that can be wrong with both sides. The same argument twice is one matrix met by itself. */
export function pairOf(
  fn: string,
  [xArg, x]: readonly [string, Input],
  [yArg, y]: readonly [string, Input],
  given: MetricGiven,
): Pair {
  const metric = metricUse(fn, given.metric ?? "euclidean");
  const full = check.matrix(fn, xArg, x);
  const fullOther = y === x ? full : check.matrix(fn, yArg, y);
  check.sameColumns(fn, yArg, fullOther, xArg, full);
  check.sameDevice(fn, yArg, fullOther, xArg, full);
  const end = dimsOf(fn, given.dims, columnsOf(full));
  const a = prefix(full, end);
  const b = y === x ? a : prefix(fullOther, end);
  const white = metric.name === "mahalanobis" ? whitenerOf(fn, metric.tensors.precision, a) : undefined;
  return {
    x: a,
    y: b,
    self: y === x,
    metric,
    weights: metric.name === "structured" ? weightsOf(fn, metric.tensors, b) : undefined,
    precision: white?.precision,
    whitener: white?.whitener ?? null,
  };
}

/** The pair with what its metric does to whole rows of y done; on the tape only if asked to. */
export function* readied(pair: Pair, taped = false): Steps<Pair> {
  const { weights } = pair;
  if (!weights) return pair;
  const { tensors, attrs } = weights;
  const y = yield* taped ? recordSteps(structuredRows, tensors, attrs) : weightedRows(weights);
  return { ...pair, y, self: false, weights: undefined };
}

function* weightedRows({ tensors, attrs }: Weighted): Steps<Dense> {
  return (yield* structuredRows.forward(tensors, attrs, false) as Steps<Forward<null>>).out;
}

export function dimsOf(fn: string, dims: unknown, columns: number): number {
  if (dims === undefined) return columns;
  const end = check.number(fn, "dims", dims, { min: 1, integer: true });
  if (end <= columns) return end;
  return check.fail("ERR_ARGUMENT", fn, "dims", `be at most ${columns}, the number of columns`, dims);
}

/** A view; on the tape where a gradient is recorded. */
export function prefix(x: Dense, end: number): Dense {
  return end === columnsOf(x) ? x : record(columns, [x], { start: 0, end });
}

export const rowsOf = (x: Dense | Searched): number => ("handle" in x ? x.rows : (x.shape[0] as number));
export const columnsOf = (x: Dense): number => x.shape[1] as number;
