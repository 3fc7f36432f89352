// Gradients of pairwise with respect to sampled rows of x, then of y, in float64.
import { values } from "../problems/data.js";
import type { BackwardTask, Matrix } from "../problems/types.js";
import { dot, sampledRows } from "./rows.js";

type Weight = (row: number, other: number) => number;

/** Σⱼ wⱼ 2(xᵢ − yⱼ) */
function ofSquaredDistance(x: Float32Array, i: number, y: Float32Array, rows: number, columns: number, weight: Weight) {
  const out = new Float64Array(columns);
  for (let j = 0; j < rows; ++j)
    for (let c = 0; c < columns; ++c) out[c]! += 2 * weight(i, j) * (x[i * columns + c]! - y[j * columns + c]!);
  return out;
}

/** −Σⱼ wⱼ (ŷⱼ − s x̂ᵢ) / |xᵢ| */
function ofCosine(x: Float32Array, i: number, y: Float32Array, rows: number, columns: number, weight: Weight) {
  const out = new Float64Array(columns);
  const norm = Math.sqrt(dot(x, i, x, i, columns));
  for (let j = 0; j < rows; ++j) {
    const other = Math.sqrt(dot(y, j, y, j, columns));
    const s = dot(x, i, y, j, columns) / (norm * other);
    for (let c = 0; c < columns; ++c)
      out[c]! -= (weight(i, j) * (y[j * columns + c]! / other - (s * x[i * columns + c]!) / norm)) / norm;
  }
  return out;
}

export function backwardReference({ metric, x, y, upstream }: BackwardTask): Float64Array {
  const rowGradient = metric === "cosine" ? ofCosine : ofSquaredDistance;
  const side = (a: Matrix, b: Matrix, weight: Weight): number[] =>
    sampledRows(a.rows).flatMap((i) => [...rowGradient(values(a), i, values(b), b.rows, a.columns, weight)]);
  return Float64Array.from([
    ...side(x, y, (i, j) => upstream[i * y.rows + j]!),
    ...side(y, x, (j, i) => upstream[i * y.rows + j]!),
  ]);
}
