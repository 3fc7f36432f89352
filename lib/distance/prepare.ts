/** A base that is searched again and again: norms, centring and packing done once, in memory of its own. */
import { type Steps, twins } from "../async.js";
import * as check from "../check.js";
import { type Dense, floats, matrix } from "../dense.js";
import { DTYPES, FLOATS } from "../dtype.js";
import { WarpweftError } from "../error.js";
import { native } from "../native.js";
import type { Async, DType, Input } from "../types.js";
import { KEPT, type MetricGiven, Prepared } from "./base.js";
import { type MetricUse, metricArguments, metricUse } from "./metric.js";
import { columnsOf, dimsOf, pairOf, prefix, readied, rowsOf } from "./pair.js";
import { DISTANCES, type DistanceSpec } from "./table.js";
import type { MetricName, PreparedBase, PrepareOptions } from "./types.js";

/** Sums of so many products of codes fit 32 bits. */
const MOST_CODE_COLUMNS = 65_536;

function* prepareSteps(base: Input, options?: PrepareOptions): Steps<PreparedBase> {
  const fn = "prepare";
  const refused = { out: "cannot be given: the result is no tensor" };
  const given = check.options(fn, options, ["metric", "dims", "threads", "dtype", "scale"], refused);
  const rows = check.matrix(fn, "base", base, [...FLOATS, "int8"]);
  const codes = rows.dtype === "int8";
  const dtype = check.choice(fn, "dtype", given.dtype ?? (codes ? "int8" : "float32"), KEPT);
  if (codes && dtype !== "int8") check.fail("ERR_ARGUMENT", fn, "dtype", 'be "int8" like the codes of base', dtype);
  const seen = codes ? coded(fn, rows, given) : yield* asSeen(fn, base, given);
  if (dtype === "int8") checkCodes(fn, seen.metric.name, columnsOf(seen.rows));
  const scale = scaleOf(fn, given.scale, rowsOf(rows), dtype, codes);
  const handle = native().distance.prepared.base();
  yield (threads, job) =>
    native().distance.prepared.prepare(
      threads,
      job,
      handle,
      ...metricArguments(seen.metric),
      ...matrix(seen.rows),
      columnsOf(seen.rows),
      seen.whitener,
      DTYPES[dtype].code,
      scale,
    );
  const size = { rows: rowsOf(rows), columns: columnsOf(seen.rows), width: columnsOf(rows) };
  return new Prepared(handle, { ...size, dtype, metric: seen.metric, device: rows.device });
}

interface Seen {
  readonly rows: Dense;
  readonly metric: MetricUse;
  readonly whitener: Float64Array | null;
}

/** The rows that the metric compares, multiplied by its weights where it has some. */
function* asSeen(fn: string, base: Input, given: MetricGiven): Steps<Seen> {
  const { y, metric, whitener } = yield* readied(pairOf(fn, ["base", base], ["base", base], given));
  return { rows: y, metric, whitener };
}

function coded(fn: string, rows: Dense, given: MetricGiven): Seen {
  const metric = metricUse(fn, given.metric ?? "euclidean");
  return { rows: prefix(rows, dimsOf(fn, given.dims, columnsOf(rows))), metric, whitener: null };
}

function checkCodes(fn: string, metric: MetricName, columns: number): void {
  const { codes }: DistanceSpec = DISTANCES[metric];
  if (!codes) {
    const taken = Object.entries<DistanceSpec>(DISTANCES).flatMap(([name, spec]) => (spec.codes ? [name] : []));
    check.fail("ERR_ARGUMENT", fn, "metric", `be one of ${taken.join(", ")} for an int8 base`, metric);
  }
  if (columns > MOST_CODE_COLUMNS)
    throw new WarpweftError(
      "ERR_SHAPE",
      `${fn}: base must have at most ${MOST_CODE_COLUMNS} columns as int8, got ${columns}`,
    );
}

/** One factor a row, or null where they are to be found. */
function scaleOf(fn: string, scale: unknown, rows: number, dtype: DType, codes: boolean): Float32Array | null {
  const above = { min: 0, above: true };
  if (scale === undefined) {
    if (codes) check.fail("ERR_ARGUMENT", fn, "scale", "be given for a base of int8 codes", scale);
    return null;
  }
  if (dtype !== "int8") check.fail("ERR_ARGUMENT", fn, "scale", 'be left out unless dtype is "int8"', scale);
  if (typeof scale === "number") return new Float32Array(rows).fill(check.number(fn, "scale", scale, above));
  const each = check.ofDType(fn, "scale", check.input(fn, "scale", scale as Input), FLOATS);
  if (each.shape.length !== 1 || each.shape[0] !== rows)
    throw new WarpweftError(
      "ERR_SHAPE",
      `${fn}: scale must have shape [${rows}] like the rows, got [${each.shape.join(", ")}]`,
    );
  const factors = floats(each);
  for (const [row, factor] of factors.entries()) check.number(fn, `scale[${row}]`, factor, above);
  return factors;
}

const [prepareNow, prepareLater] = twins("prepare", prepareSteps);

/**
 * A base whose norms, centring and packing are done once, for `topK`, `radius`, `reduceRows` and `rowStatistics` to search
 * again and again, and for `labelStatistics` and `retrieval` as the embeddings of a reference.
 *
 * It is a snapshot: later changes of `base` do not matter. Metric and dims are part of it; a search takes them over,
 * and naming others there is an error. On the CPU a single query, and up to four, read it once as a stream. A base stays on
 * the GPU that its rows are on, and is met by rows there.
 *
 * @param base [M, D], float32, float16 or bfloat16; or int8 codes, with `scale`.
 * @param options metric, dims, threads as `topK`. dtype: what rows are kept in, default "float32"; "bfloat16" rounds
 * them to nearest even; "int8" keeps value = scale · code, for inner, cosineSimilarity, cosine, sqeuclidean and
 * euclidean, D at most 65,536. scale: of int8, a number or one per row [M]; default max|row|/127 for each row.
 * @returns rows, columns (dims where given) and the bytes it holds until `dispose()`.
 * @throws WarpweftError ERR_SHAPE, ERR_DTYPE, ERR_DEVICE, ERR_ARGUMENT for an unknown metric or option, a metric that
 * codes do not serve, codes without a scale, rows that are not finite for int8; ERR_MEMORY.
 *
 * Time O(M·D). Memory M·D elements of `dtype` and 12 bytes a row, 4 more with int8; float32 with correlation, snr or
 * mahalanobis twice that. On a GPU metrics of |x − y| keep float32 in place of bfloat16.
 */
export function prepare(base: Input, options?: PrepareOptions): PreparedBase {
  return prepareNow(base, options);
}
/** `prepare` off the event loop. */
export const prepareAsync: Async<typeof prepare> = prepareLater;
