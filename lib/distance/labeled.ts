/** For each row the extremes of its positives and negatives, told apart by labels inside the sweep. */
import { type Steps, twins } from "../async.js";
import * as check from "../check.js";
import { allocate, type Dense } from "../dense.js";
import type { DeviceArray } from "../device-array.js";
import { native } from "../native.js";
import { tensorOf } from "../tensor.js";
import type { Async, Input, Labels, Reference, Tensor } from "../types.js";
import { pairArguments, rowsOf, searchOf } from "./pair.js";
import { LABEL_CHOICES } from "./table.js";
import type { Metric, PreparedReference } from "./types.js";

export type LabelChoice = keyof typeof LABEL_CHOICES;
const CHOICES = Object.keys(LABEL_CHOICES) as LabelChoice[];

export interface LabelStatisticsOptions {
  /** search here instead of among the rows themselves; what was prepared brings its metric and dims */
  reference?: Reference | PreparedReference;
  /** default "euclidean" */
  metric?: Metric;
  /** only the first `dims` columns; default all */
  dims?: number;
  /** which positive a semi-hard negative must be farther than; default "hardest" */
  beyond?: "hardest" | "easiest";
  /** counts positives strictly farther than this */
  posMargin?: number;
  /** counts negatives strictly closer than this */
  negMargin?: number;
  threads?: number;
}

/** One reference for each row. */
export interface Chosen {
  /** [N] float32, NaN where there is none */
  values: Tensor;
  /** [N] int32, −1 where there is none */
  indices: Tensor;
}

export type LabelStatistics = { [C in LabelChoice]: Chosen } & {
  /** [N] int32: references of the same label, the row itself left out of its own set */
  positives: Tensor;
  /** [N] int32: references of other labels */
  negatives: Tensor;
  /** [N] int32, with `posMargin` */
  positivesBeyond?: Tensor;
  /** [N] int32, with `negMargin` */
  negativesWithin?: Tensor;
};

const BEYOND = ["hardest", "easiest"] as const;

function* labelStatisticsSteps(x: Input, labels: Labels, options?: LabelStatisticsOptions): Steps<LabelStatistics> {
  const fn = "labelStatistics";
  const known = ["reference", "metric", "dims", "beyond", "posMargin", "negMargin", "threads"];
  const refused = { out: "cannot be given: the result is several tensors" };
  const given = check.options(fn, options, known, refused);
  const beyond = check.choice(fn, "beyond", given.beyond ?? "hardest", BEYOND);
  const [posMargin, negMargin] = [marginOf("posMargin", given.posMargin), marginOf("negMargin", given.negMargin)];
  const reference = given.reference && check.options(`${fn}: reference`, given.reference, ["embeddings", "labels"]);
  const base = reference ? (reference.embeddings as Input | PreparedReference["embeddings"]) : x;
  const pair = yield* searchOf(fn, ["x", x], ["reference.embeddings", base], given);
  const n = rowsOf(pair.x);
  const own = check.labels(fn, "labels", labels, n);
  const others = reference ? check.labels(fn, "reference.labels", reference.labels, rowsOf(pair.y)) : own;
  const { device } = pair.x;
  const values = CHOICES.map(() => allocate(fn, [n], "float32", device));
  const indices = CHOICES.map(() => allocate(fn, [n], "int32", device));
  const [positives, negatives] = [allocate(fn, [n], "int32", device), allocate(fn, [n], "int32", device)];
  const farther = given.posMargin === undefined ? null : allocate(fn, [n], "int32", device);
  const closer = given.negMargin === undefined ? null : allocate(fn, [n], "int32", device);
  yield (threads, job) =>
    native().distance.labelStatistics(
      threads,
      job,
      ...pairArguments(pair),
      reference === undefined,
      own,
      others,
      beyond === "easiest",
      posMargin,
      negMargin,
      ...[...values, ...indices, positives, negatives, farther, closer].map((result) => result && dataOf(result)),
    );
  const chosen = CHOICES.map((name, at): [LabelChoice, Chosen] => [
    name,
    { values: tensorOf(values[at] as Dense), indices: tensorOf(indices[at] as Dense) },
  ]);
  return {
    ...(Object.fromEntries(chosen) as Record<LabelChoice, Chosen>),
    positives: tensorOf(positives),
    negatives: tensorOf(negatives),
    ...(farther && { positivesBeyond: tensorOf(farther) }),
    ...(closer && { negativesWithin: tensorOf(closer) }),
  };
}

const dataOf = ({ storage }: Dense) => storage.data as Float32Array | Int32Array | DeviceArray;

/** NaN counts nothing. */
function marginOf(arg: string, margin: unknown): number {
  return margin === undefined ? Number.NaN : check.number("labelStatistics", arg, margin);
}

const [now, later] = twins("labelStatistics", labelStatisticsSteps);

/**
 * For each row the hardest and easiest positive, the hardest, easiest and semi-hard negative, and how many there are
 * of either, without storing the N×M matrix: what batch-easy-hard and pair-margin mining choose from.
 *
 * Positives of a row are the references of its label, without the row itself where x is its own reference; all others
 * are negatives. Hardest positive: the farthest; hardest negative: the closest; easiest the other way round. Semi-hard
 * negative: the closest that is strictly farther than the chosen positive (`beyond`), and none without a positive. Ties go
 * to the lower index, a NaN is never chosen. Values are those of `pairwise`, up to the last bit where there are fewer than five rows. No gradient.
 *
 * @param x [N, D], float32, float16 or bfloat16.
 * @param labels one int32 id per row, compared exactly.
 * @param options reference: { embeddings [M, D] or a base that `prepare` made, labels }. metric: default "euclidean". dims. beyond: "hardest"
 * (default) or "easiest". posMargin, negMargin: count positives strictly farther, negatives strictly closer than these,
 * compared as float32. With a similarity farther is smaller. threads: default `threads()`.
 * @returns values [N] float32 and indices [N] int32 for each choice, NaN and −1 where there is none; positives and
 * negatives [N] int32, whatever their values; positivesBeyond and negativesWithin [N] int32 where a margin was given.
 * @throws WarpweftError ERR_SHAPE for another rank, columns or numbers of labels that differ; ERR_DTYPE for integer
 * matrices; ERR_ARGUMENT for labels outside int32, an unknown metric or option; ERR_DEVICE for tensors in different
 * places; ERR_DISPOSED.
 *
 * Time N·M·D multiply-adds and those of the pairs of equal labels again. Memory beyond the result: O((N + M)·D) at most.
 */
export function labelStatistics(x: Input, labels: Labels, options?: LabelStatisticsOptions): LabelStatistics {
  return now(x, labels, options);
}
/** `labelStatistics` off the event loop. */
export const labelStatisticsAsync: Async<typeof labelStatistics> = later;
