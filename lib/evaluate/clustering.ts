/** Whether the clusters of the embeddings are the classes: k-means (of the package ml-kmeans), then the agreement. */
import { kmeans } from "ml-kmeans";
import * as check from "../check.js";
import { type Dense, floats } from "../dense.js";
import type { Labels } from "../loss/types.js";
import type { Input } from "../types.js";
import { type Agreement, agreementOf } from "./agreement.js";

export interface ClusteringOptions {
  /** how many clusters to look for, 1 … N; default: the number of different labels */
  clusters?: number;
  /** of the first centres; the same seed gives the same clusters; default 0 */
  seed?: number;
  /** at most, fewer where the centres stand still; default 20 */
  iterations?: number;
}

/**
 * NMI, AMI and pair-counting F1 between the labels and the clusters that k-means finds in the embeddings.
 *
 * K-means is Lloyd's algorithm by squared Euclidean distance, from centres chosen by k-means++; for cosines give
 * `x.normalize()`. It is JavaScript on the event loop (this is the one measure that is not a kernel), so give it thousands
 * of rows, not millions; from a GPU they are copied once. Where there are no more different rows than clusters, equal rows are the clusters.
 *
 * @param embeddings [N, D], float32, float16 or bfloat16.
 * @param labels one int32 id per row.
 * @param options clusters: default the number of different labels. seed: default 0. iterations: default 20.
 * @returns nmi and f1 in [0, 1]; ami at most 1. All NaN without rows, or where an element is not finite.
 * @throws WarpweftError ERR_SHAPE for another rank or number of labels; ERR_DTYPE for integer matrices; ERR_ARGUMENT for
 * labels outside int32, clusters outside 1 … N, an unknown option; ERR_DISPOSED.
 *
 * Time N·D·clusters a round; memory a float64 copy of the embeddings.
 */
export function clustering(embeddings: Input, labels: Labels, options?: ClusteringOptions): Agreement {
  const fn = "clustering";
  const given = check.options(fn, options, ["clusters", "seed", "iterations"]);
  const x = check.matrix(fn, "embeddings", embeddings);
  const rows = x.shape[0] as number;
  const classes = check.labels(fn, "labels", labels, rows);
  const seed = check.number(fn, "seed", given.seed ?? 0, { min: 0, max: 2 ** 32 - 1, integer: true });
  const rounds = check.number(fn, "iterations", given.iterations ?? 20, { min: 1, integer: true });
  if (given.clusters !== undefined) check.count(fn, "clusters", given.clusters, rows, "embeddings");
  const wanted = given.clusters ?? new Set(classes).size;
  const points = pointsOf(x);
  if (rows === 0 || !points.every((point) => point.every(Number.isFinite)))
    return { nmi: Number.NaN, ami: Number.NaN, f1: Number.NaN };
  return agreementOf(classes, clustersOf(points, wanted, seed, rounds));
}

function pointsOf(x: Dense): number[][] {
  const [rows, columns] = x.shape as [number, number];
  const values = floats(x);
  return Array.from({ length: rows }, (_, i) => Array.from(values.subarray(i * columns, (i + 1) * columns)));
}

function clustersOf(points: number[][], wanted: number, seed: number, rounds: number): Int32Array {
  const kinds = new Map<string, number>();
  const kindOf = points.map((point) => {
    const key = point.map((value) => value + 0).join(); // −0 is 0
    const kind = kinds.get(key) ?? kinds.size;
    kinds.set(key, kind);
    return kind;
  });
  if (kinds.size <= wanted) return Int32Array.from(kindOf);
  return Int32Array.from(kmeans(points, wanted, { seed, maxIterations: rounds }).clusters);
}
