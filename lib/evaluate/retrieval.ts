/** How well embeddings find their own kind: rank counting in one streaming pass. */
import { type Steps, twins } from "../async.js";
import * as check from "../check.js";
import { Prepared } from "../distance/base.js";
import { pairArguments, rowsOf, searchOf } from "../distance/pair.js";
import type { Metric, PreparedBase, PreparedReference } from "../distance/types.js";
import type { Labels, Reference } from "../loss/types.js";
import { native } from "../native.js";
import type { Async, Input } from "../types.js";
import type { MEASURES } from "./table.js";

export interface RetrievalOptions {
  /** search here instead of among the queries themselves; what was prepared brings its metric and dims */
  reference?: Reference | PreparedReference;
  /** default "cosineSimilarity" */
  metric?: Metric;
  /** only the first `dims` columns; default all */
  dims?: number;
  /** the ks of Recall@k, each at least 1; default [1] */
  k?: readonly number[];
  threads?: number;
}

/** Means over the queries that have a relevant reference; NaN if none has. */
export type Retrieval = { [M in keyof typeof MEASURES]: M extends "recallAt" ? Record<number, number> : number };

function* retrievalSteps(queries: Input, queryLabels: Labels, options?: RetrievalOptions): Steps<Retrieval> {
  const fn = "retrieval";
  const given = check.options(fn, options, ["reference", "metric", "dims", "k", "threads"]);
  const ks = ranksOf(fn, given.k ?? [1]);
  const n = check.matrix(fn, "queries", queries).shape[0] as number;
  const labels = check.labels(fn, "queryLabels", queryLabels, n);
  const reference = given.reference && check.options(`${fn}: reference`, given.reference, ["embeddings", "labels"]);
  const base = (reference?.embeddings ?? queries) as Input | PreparedBase;
  const metric = given.metric ?? (base instanceof Prepared ? undefined : "cosineSimilarity");
  const sides = ["reference.embeddings", base] as const;
  const pair = yield* searchOf(fn, ["queries", queries], sides, { metric, dims: given.dims });
  const others = reference && check.labels(fn, "reference.labels", reference.labels, rowsOf(pair.y));
  const relevant = new Int32Array(n);
  const firstRank = new Int32Array(n);
  const rPrecision = new Float64Array(n);
  const mapAtR = new Float64Array(n);
  yield (threads, job) =>
    native().distance.rank(
      threads,
      job,
      ...pairArguments(pair),
      reference === undefined,
      labels,
      others ?? labels,
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
    precisionAt1: mean((i) => (first(i) === 1 ? 1 : 0)),
    mapAtR: mean((i) => mapAtR[i] as number),
    rPrecision: mean((i) => rPrecision[i] as number),
    meanReciprocalRank: mean((i) => (first(i) > 0 ? 1 / first(i) : 0)),
  };
}

function ranksOf(fn: string, ks: unknown): readonly number[] {
  if (!Array.isArray(ks)) return check.fail("ERR_ARGUMENT", fn, "k", "be an array of integers", ks);
  return ks.map((k, at) => check.number(fn, `k[${at}]`, k, { min: 1, integer: true }));
}

const [retrievalNow, retrievalLater] = twins("retrieval", retrievalSteps);

/**
 * Recall@k, precision@1, MAP@R, R-precision and mean reciprocal rank of searching `queries` among themselves or a reference.
 *
 * References are ranked by (score, index), the query itself left out of its own set. Queries whose label has no other
 * member are left out of every mean; all are NaN if that leaves none. Ranks are counted, not sorted, so there is
 * no limit on k or on R. Definitions and sources: docs/reference/evaluate.md.
 *
 * @param queries [N, D], float32, float16 or bfloat16.
 * @param queryLabels one int32 id per row, compared exactly.
 * @param options reference: { embeddings [M, D] or a base that `prepare` made, labels }. metric: default "cosineSimilarity". dims. k: default [1].
 * threads: default `threads()`.
 * @returns recallAt by k, and the others, each in [0, 1].
 * @throws WarpweftError ERR_SHAPE for another rank, columns or numbers of labels that differ; ERR_DTYPE for integer
 * matrices; ERR_ARGUMENT for labels outside int32, a k below 1, an unknown metric or option; ERR_DEVICE unless queries
 * and reference lie in one place; ERR_DISPOSED.
 *
 * Time N·M·D multiply-adds, on a GPU twice that, and for each pair a comparison with the query's relevant scores, O(log R).
 * Memory O((N + M)·D + N·R), of lists that are made of some millions of relevant references at a time; the N×M matrix is
 * never stored.
 */
export function retrieval(queries: Input, queryLabels: Labels, options?: RetrievalOptions): Retrieval {
  return retrievalNow(queries, queryLabels, options);
}
/** `retrieval` off the event loop. */
export const retrievalAsync: Async<typeof retrieval> = retrievalLater;
