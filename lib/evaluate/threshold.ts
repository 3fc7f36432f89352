/** Whether one threshold serves all classes. */
import { type Steps, twins } from "../async.js";
import * as check from "../check.js";
import { floats } from "../dense.js";
import { reduceRowsBody } from "../distance/ops.js";
import { type Pair, pairArguments, pairOf, readied, rowsOf } from "../distance/pair.js";
import type { Metric } from "../distance/types.js";
import type { Labels } from "../loss/types.js";
import { native } from "../native.js";
import type { Async, Input } from "../types.js";
import { type Histograms, inconsistency } from "./opis.js";

export interface ThresholdOptions {
  /** the false acceptance rates between which thresholds are of use, 0 ≤ least < most ≤ 1; default [0.01, 0.1] */
  farRange?: readonly [least: number, most: number];
  /** default "cosineSimilarity" */
  metric?: Metric;
  /** only the first `dims` columns; default all */
  dims?: number;
  /** into which values are counted, evenly spread over all that occur; default 1000 */
  bins?: number;
  threads?: number;
}

/** Values that a metric cannot leave; for another they are looked up first. */
const KNOWN: { readonly [name in string]?: readonly [low: number, high: number] } = {
  cosineSimilarity: [-1, 1],
  cosine: [0, 2],
  correlation: [0, 2],
  gaussian: [0, 1],
};

function* thresholdSteps(embeddings: Input, labels: Labels, options?: ThresholdOptions): Steps<number> {
  const fn = "thresholdInconsistency";
  const given = check.options(fn, options, ["farRange", "metric", "dims", "bins", "threads"]);
  const farRange = rangeOf(fn, given.farRange ?? [0.01, 0.1]);
  const bins = check.number(fn, "bins", given.bins ?? 1000, { min: 2, max: 2 ** 20, integer: true });
  const x = check.matrix(fn, "embeddings", embeddings);
  const ids = check.labels(fn, "labels", labels, rowsOf(x));
  const sides = ["embeddings", embeddings] as const;
  const how = { metric: given.metric ?? "cosineSimilarity", dims: given.dims };
  const pair = yield* readied(pairOf(fn, sides, sides, how));
  const classes = new Set(ids).size;
  if (classes < 2) return Number.NaN;
  const [low, high] = yield* valuesOf(pair);
  if (!Number.isFinite(low) || !Number.isFinite(high)) return Number.NaN;
  const counts = new Float64Array(2 * classes * (bins + 1));
  yield (threads, job) =>
    native().distance.histogram(threads, job, ...pairArguments(pair), ids, classes, low, high, bins, counts);
  const found = histogramsOf(counts, classes, bins, pair.metric.larger);
  return found === null ? Number.NaN : inconsistency(found, farRange);
}

/** The smallest and the largest value that the metric has among the rows, kept apart where they are one. */
function* valuesOf(pair: Pair): Steps<readonly [low: number, high: number]> {
  const known = KNOWN[pair.metric.name];
  if (known) return known;
  const least = floats(yield* reduceRowsBody(pair, "min", 1, undefined));
  const most = floats(yield* reduceRowsBody(pair, "max", 1, undefined));
  const low = least.reduce((a, b) => Math.min(a, b), Infinity);
  const high = most.reduce((a, b) => Math.max(a, b), -Infinity);
  return low < high ? [low, high] : [low, low + Math.max(1, Math.abs(low))];
}

/** Counts of positives and of negatives, larger bins closer; null where a value is NaN. */
function histogramsOf(counts: Float64Array, classes: number, bins: number, larger: boolean): Histograms | null {
  const positives = new Float64Array(classes * bins);
  const negatives = new Float64Array(classes * bins);
  const own = classes * (bins + 1);
  for (let i = 0; i < classes; i++) {
    const row = i * (bins + 1);
    if (counts[row + bins] > 0) return null;
    for (let b = 0; b < bins; b++) {
      const to = i * bins + (larger ? b : bins - 1 - b);
      positives[to] = counts[own + row + b];
      negatives[to] = counts[row + b] - positives[to];
    }
  }
  return { classes, bins, positives, negatives };
}

function rangeOf(fn: string, range: unknown): readonly [number, number] {
  if (!Array.isArray(range) || range.length !== 2)
    return check.fail("ERR_ARGUMENT", fn, "farRange", "be two rates [least, most]", range);
  const least = check.number(fn, "farRange[0]", range[0], { min: 0, max: 1, below: true });
  return [least, check.number(fn, "farRange[1]", range[1], { min: least, above: true, max: 1 })];
}

const [thresholdNow, thresholdLater] = twins("thresholdInconsistency", thresholdSteps);

/**
 * How differently one and the same threshold serves the classes: the operating-point inconsistency score (OPIS).
 *
 * At a threshold a pair is accepted where it is at least that close. Of the ordered pairs of different rows whose first
 * one is of class i, FARᵢ is the accepted share of those with another label and FRRᵢ the rejected share of those with
 * the same; the utility Uᵢ is the harmonic mean of 1 − FARᵢ and 1 − FRRᵢ. The score is the variance of Uᵢ over classes,
 * averaged over the thresholds at which the false acceptance rate of all pairs together is within `farRange`.
 * Written from the abstract and the formula of arXiv 2307.04047; not verified against the authors' code or numbers.
 *
 * Values are counted in `bins` and taken as evenly spread within each. The bins span what the metric can be where that is
 * bounded (cosine similarity, cosine, correlation, gaussian), and its extremes among all pairs where it is not, for which
 * there are two sweeps more.
 *
 * @param embeddings [N, D], float32, float16 or bfloat16.
 * @param labels one int32 id per row. Classes of one row have no pair to reject and count in the overall rate only.
 * @param options farRange: default [0.01, 0.1]. metric: default "cosineSimilarity". dims. bins: default 1000. threads.
 * @returns from 0, where one threshold serves all classes alike, to ¼. NaN where no class has both kinds of pairs, or
 * a value is NaN or infinite.
 * @throws WarpweftError ERR_SHAPE for another rank or number of labels; ERR_DTYPE for integer matrices; ERR_ARGUMENT for
 * labels outside int32, rates that do not rise within [0, 1], an unknown metric or option; ERR_DEVICE for a metric's
 * tensor that lies elsewhere; ERR_DISPOSED.
 *
 * Time N²·D multiply-adds and a count for each pair. Memory O(N·D + classes · bins); the N×N matrix is never stored.
 */
export function thresholdInconsistency(embeddings: Input, labels: Labels, options?: ThresholdOptions): number {
  return thresholdNow(embeddings, labels, options);
}
/** `thresholdInconsistency` off the event loop. */
export const thresholdInconsistencyAsync: Async<typeof thresholdInconsistency> = thresholdLater;
