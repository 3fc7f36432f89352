/** warpweft/evaluate: how well embeddings find their own kind. */
import { type Steps, twins } from "../async.js";
import * as check from "../check.js";
import { type Dense, matrix } from "../dense.js";
import { METRICS, metricId, metricOf } from "../distance/metric.js";
import type { Metric } from "../distance/types.js";
import { WarpweftError } from "../error.js";
import type { Labels, Reference } from "../loss/types.js";
import { native } from "../native.js";
import type { Async, Input } from "../types.js";
import type { MEASURES } from "./table.js";

export interface RetrievalOptions {
  /** search here instead of among the queries themselves */
  reference?: Reference;
  /** default "cosineSimilarity" */
  metric?: Metric;
  /** the ks of Recall@k, each at least 1; default [1] */
  k?: readonly number[];
  threads?: number;
}

/** Means over the queries that have a relevant reference; NaN if none has. */
export type Retrieval = { [M in keyof typeof MEASURES]: M extends "recallAt" ? Record<number, number> : number };

function* retrievalSteps(queries: Input, queryLabels: Labels, options?: RetrievalOptions): Steps<Retrieval> {
  const fn = "retrieval";
  const given = check.options(fn, options, ["reference", "metric", "k", "threads"]);
  const metric = metricOf(fn, given.metric ?? "cosineSimilarity", METRICS);
  const ks = ranksOf(fn, given.k ?? [1]);
  const x = onCpu("queries", check.matrix(fn, "queries", queries));
  const n = x.shape[0] as number;
  const labels = check.labels(fn, "queryLabels", queryLabels, n);
  const others = given.reference && referenceOf(fn, given.reference, x.shape[1] as number);
  const [y, otherLabels] = others ?? [x, labels];
  const relevant = new Int32Array(n);
  const firstRank = new Int32Array(n);
  const rPrecision = new Float64Array(n);
  const mapAtR = new Float64Array(n);
  yield (threads, job) =>
    native().distance.rank(
      threads,
      job,
      metricId(metric),
      ...matrix(x),
      ...matrix(y),
      x.shape[1] as number,
      others === undefined,
      labels,
      otherLabels,
      relevant,
      firstRank,
      rPrecision,
      mapAtR,
    );
  const asked = [...relevant.keys()].filter((i) => (relevant[i] as number) > 0);
  const mean = (of: (i: number) => number): number => asked.reduce((sum, i) => sum + of(i), 0) / asked.length;
  const first = (i: number): number => firstRank[i] as number;
  return {
    recallAt: Object.fromEntries(ks.map((k) => [k, mean((i) => (first(i) > 0 && first(i) <= k ? 1 : 0))])),
    mapAtR: mean((i) => mapAtR[i] as number),
    rPrecision: mean((i) => rPrecision[i] as number),
    meanReciprocalRank: mean((i) => (first(i) > 0 ? 1 / first(i) : 0)),
  };
}

function onCpu(arg: string, x: Dense): Dense {
  if (x.device === "cpu") return x;
  const words = `${arg} must be on the CPU, where retrieval runs in this release, got ${x.device}; give x.to("cpu")`;
  throw new WarpweftError("ERR_DEVICE", `retrieval: ${words}`);
}

function ranksOf(fn: string, ks: unknown): readonly number[] {
  if (!Array.isArray(ks)) return check.fail("ERR_ARGUMENT", fn, "k", "be an array of integers", ks);
  return ks.map((k, at) => check.number(fn, `k[${at}]`, k, { min: 1, integer: true }));
}

function referenceOf(fn: string, reference: Reference, d: number) {
  const known = check.options(`${fn}: reference`, reference, ["embeddings", "labels"]);
  const y = onCpu("reference.embeddings", check.matrix(fn, "reference.embeddings", known.embeddings as Input));
  if (y.shape[1] !== d)
    check.fail("ERR_SHAPE", fn, "reference.embeddings", `have ${d} columns like queries`, y.shape[1]);
  return [y, check.labels(fn, "reference.labels", known.labels, y.shape[0] as number)] as const;
}

const [retrievalNow, retrievalLater] = twins("retrieval", retrievalSteps);

/**
 * Recall@k, MAP@R, R-precision and mean reciprocal rank of searching `queries` among themselves or a reference.
 *
 * References are ranked by (score, index), the query itself left out of its own set. Queries whose label has no other
 * member are left out of every mean; all four are NaN if that leaves none. Ranks are counted, not sorted, so there is
 * no limit on k or on R. Definitions and sources: docs/reference/evaluate.md.
 *
 * @param queries [N, D], float32, float16 or bfloat16.
 * @param queryLabels one int32 id per row, compared exactly.
 * @param options reference: { embeddings [M, D], labels }. metric: default "cosineSimilarity". k: default [1].
 * threads: default `threads()`.
 * @returns recallAt by k, and the other three, each in [0, 1].
 * @throws WarpweftError ERR_SHAPE for another rank, columns or numbers of labels that differ; ERR_DTYPE for integer
 * matrices; ERR_ARGUMENT for labels outside int32, a k below 1, an unknown metric or option; ERR_DEVICE for
 * tensors on a GPU; ERR_DISPOSED.
 *
 * Time N·M·D multiply-adds, and for each pair a comparison with the query's relevant scores, O(log R). Memory
 * O((N + M)·D + N·R); the N×M matrix is never stored.
 */
export function retrieval(queries: Input, queryLabels: Labels, options?: RetrievalOptions): Retrieval {
  return retrievalNow(queries, queryLabels, options);
}
/** `retrieval` off the event loop. */
export const retrievalAsync: Async<typeof retrieval> = retrievalLater;
