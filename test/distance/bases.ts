/** Bases and queries of the tests of `prepare`, and the metrics that they go through. */
import type { Metric } from "../../lib/distance/index.js";
import type { Tensor } from "../../lib/types.js";
import { tensorHere } from "../support/places.js";
import { fill, normal, type Rows } from "../support/rows.js";

export const D = 21;
export const rowsOf = (n: number, seed: number, d = D): Rows =>
  fill(n, d, normal(seed)).map((row) => row.map((v) => Math.fround(v / 4)));
/** Where kernels run. */
export const flat = (rows: Rows): Tensor =>
  tensorHere(Float32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0]);
export const numbers = (t: Tensor) => Float64Array.from(t.data() as Float32Array);

/** AᵀA + I is positive definite. */
const precision = () => {
  const a = rowsOf(D, 9);
  const square = a.map((_, i) =>
    a.map((_, j) => a.reduce((sum, row) => sum + (row[i] as number) * (row[j] as number), i === j ? 1 : 0)),
  );
  return flat(square.map((row) => row.map(Math.fround)));
};
const PLAIN = [
  "inner",
  "cosineSimilarity",
  "cosine",
  "sqeuclidean",
  "euclidean",
  "correlation",
  "snr",
  "poincare",
  "gaussian",
] as const satisfies Metric[];
const diagonal = () =>
  tensorHere(
    Float32Array.from({ length: D }, (_, k) => 1 + k / D),
    [D],
  );
/** By name; tensors of a metric lie where kernels run. */
export const named: readonly (readonly [string, () => Metric])[] = [
  ...PLAIN.map((name) => [name, () => name] as const),
  ["mahalanobis", () => ({ name: "mahalanobis", precision: precision() })],
  ["structured", () => ({ name: "structured", diagonal: diagonal() })],
];
