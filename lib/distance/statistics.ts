/** Several numbers for each row of the matrix, and for each of its columns, from one sweep. */
import { type Steps, twins } from "../async.js";
import * as check from "../check.js";
import { allocate, type Dense, memory } from "../dense.js";
import type { DeviceArray } from "../device-array.js";
import { native } from "../native.js";
import { tensorOf } from "../tensor.js";
import type { AsyncOptions, Input, Tensor } from "../types.js";
import { REDUCTIONS } from "./ops.js";
import { pairArguments, rowsOf, searchOf } from "./pair.js";
import type { MetricOptions, PreparedBase, RowReduction } from "./types.js";

export interface RowStatisticsOptions<R extends RowReduction = RowReduction, C extends RowReduction = RowReduction>
  extends MetricOptions {
  /** of each row; default all five */
  rows?: readonly R[];
  /** of each column; default none */
  columns?: readonly C[];
  /** factor before the exponential of logSumExp, and of nothing else; default 1 */
  scale?: number;
}

/** What was asked for, and nothing else. */
export interface RowStatistics<R extends RowReduction = RowReduction, C extends RowReduction = RowReduction> {
  /** each [N] float32 */
  rows: { readonly [K in R]: Tensor };
  /** each [M] float32 */
  columns: { readonly [K in C]: Tensor };
}

function* rowStatisticsSteps(
  x: Input,
  y: Input | PreparedBase = x,
  options?: RowStatisticsOptions,
): Steps<RowStatistics> {
  const fn = "rowStatistics";
  const refused = { out: "cannot be given: the result is several tensors" };
  const given = check.options(fn, options, ["metric", "dims", "threads", "rows", "columns", "scale"], refused);
  const ofRows = wanted("rows", given.rows ?? REDUCTIONS);
  const ofColumns = wanted("columns", given.columns ?? []);
  const all = [...ofRows, ...ofColumns];
  if (all.length === 0) check.fail("ERR_ARGUMENT", fn, "rows", "name at least one where columns has none", given.rows);
  const scale = check.number(fn, "scale", given.scale ?? 1);
  if (given.scale !== undefined && !all.includes("logSumExp"))
    check.fail("ERR_ARGUMENT", fn, "scale", "be left out without logSumExp", scale);
  const pair = yield* searchOf(fn, ["x", x], ["y", y], { metric: given.metric, dims: given.dims });
  const room = (names: readonly RowReduction[], count: number) =>
    REDUCTIONS.map((name) => (names.includes(name) ? allocate(fn, [count], "float32", pair.x.device) : null));
  const rows = room(ofRows, rowsOf(pair.x));
  const columns = room(ofColumns, rowsOf(pair.y));
  yield (threads, job) =>
    native().distance.rowStatistics(
      threads,
      job,
      ...pairArguments(pair),
      scale,
      ...memories(rows),
      ...memories(columns),
    );
  return { rows: named(rows), columns: named(columns) };
}

function wanted(arg: string, names: unknown): readonly RowReduction[] {
  const fn = "rowStatistics";
  if (!Array.isArray(names))
    return check.fail("ERR_ARGUMENT", fn, arg, `be an array of ${REDUCTIONS.join(", ")}`, names);
  return names.map((name, at) => check.choice(fn, `${arg}[${at}]`, name, REDUCTIONS));
}

const memories = (made: readonly (Dense | null)[]) =>
  made.map((values) => values && (memory(values) as Float32Array | DeviceArray));

function named(made: readonly (Dense | null)[]): RowStatistics["rows"] {
  const entries = REDUCTIONS.flatMap((name, at) => {
    const values = made[at];
    return values ? [[name, tensorOf(values)] as const] : [];
  });
  return Object.fromEntries(entries) as RowStatistics["rows"];
}

const [now, later] = twins("rowStatistics", rowStatisticsSteps);

/**
 * Several numbers for each row of the N×M matrix, and for each of its columns, from one sweep over it; it is never stored.
 *
 * Each value is what `reduceRows` gives for it: minima and maxima are values of the matrix, sums are added up in
 * float64, a NaN makes its row and its column NaN. Nothing to reduce (M = 0 for rows, N = 0 for columns): min is +∞,
 * max and logSumExp −∞, sum 0, mean NaN. No gradient.
 *
 * @param x [N, D], float32, float16 or bfloat16.
 * @param y [M, D], default `x`; then the diagonal of a distance is exactly 0. Or a base that `prepare` made, whose metric and
 * dims then hold.
 * @param options rows, columns: any of "min", "max", "sum", "mean", "logSumExp"; default all five for rows and none for
 * columns, and at least one in all. scale: the factor in ln Σ exp(scale · d), default 1, with logSumExp only.
 * metric: default "euclidean". dims. threads: default `threads()`.
 * @returns rows, each [N] float32 under its name, and columns, each [M].
 * @throws WarpweftError ERR_SHAPE for another rank, or columns that differ; ERR_DTYPE for integers; ERR_ARGUMENT for
 * an unknown metric, reduction or option, or where none is asked for; ERR_DEVICE for tensors in different
 * places; ERR_DISPOSED.
 *
 * Time N·M·D multiply-adds, whatever is asked for, and a few operations a pair for each statistic. Memory beyond the
 * result: O((N + M)·D) at most, 36 bytes a column for their statistics, and 4 MiB.
 */
export function rowStatistics<R extends RowReduction = RowReduction, C extends RowReduction = never>(
  x: Input,
  y?: Input | PreparedBase,
  options?: RowStatisticsOptions<R, C>,
): RowStatistics<R, C> {
  return now(x, y, options) as RowStatistics<R, C>;
}
/** `rowStatistics` off the event loop. */
export function rowStatisticsAsync<R extends RowReduction = RowReduction, C extends RowReduction = never>(
  x: Input,
  y?: Input | PreparedBase,
  options?: RowStatisticsOptions<R, C> & AsyncOptions,
): Promise<RowStatistics<R, C>> {
  return later(x, y as Input, options) as Promise<RowStatistics<R, C>>;
}
