// Naive float64 loops, written from the formulas. They share nothing with what they judge.
import { values } from "../problems/data.js";
import type { CommonMetric, Matrix } from "../problems/types.js";

/** Rows to compare: the first few, so that a contender which does only those can be judged, and some of all the others. */
export function sampledRows(rows: number): number[] {
  const first = Array.from({ length: Math.min(4, rows) }, (_, i) => i);
  const spread = Array.from({ length: 12 }, (_, i) => Math.round(((i + 1) / 12) * (rows - 1)));
  return [...new Set([...first, ...spread])];
}

export function dot(
  x: Float32Array | Float64Array,
  i: number,
  y: Float32Array | Float64Array,
  j: number,
  columns: number,
): number {
  let sum = 0;
  for (let a = i * columns, b = j * columns, end = a + columns; a < end; ++a, ++b) sum += x[a]! * y[b]!;
  return sum;
}

/** The same formula with every operation rounded to float32: its error is what plain float32 code gets wrong. */
export function roundedScore(
  metric: CommonMetric,
  x: Float32Array,
  i: number,
  y: Float32Array,
  j: number,
  columns: number,
): number {
  const f = Math.fround;
  let sum = 0;
  let xx = 0;
  let yy = 0;
  for (let a = i * columns, b = j * columns, end = a + columns; a < end; ++a, ++b) {
    const difference = f(x[a]! - y[b]!);
    sum = f(sum + (metric === "sqeuclidean" ? f(difference * difference) : f(x[a]! * y[b]!)));
    xx = f(xx + f(x[a]! * x[a]!));
    yy = f(yy + f(y[b]! * y[b]!));
  }
  return metric === "cosine" ? f(1 - f(sum / f(f(Math.sqrt(xx)) * f(Math.sqrt(yy))))) : sum;
}

/** What an error is measured against: the size of the terms that were summed. */
export function scale(
  metric: CommonMetric,
  x: Float32Array,
  i: number,
  y: Float32Array,
  j: number,
  columns: number,
): number {
  if (metric === "cosine") return 1;
  const xx = dot(x, i, x, i, columns);
  const yy = dot(y, j, y, j, columns);
  return metric === "inner" ? Math.sqrt(xx * yy) : xx + yy;
}

/** Rows divided by their norms, and the norms. */
export function normalized(matrix: Matrix): { unit: Float64Array; norms: Float64Array } {
  const data = values(matrix);
  const unit = new Float64Array(data.length);
  const norms = new Float64Array(matrix.rows);
  for (let i = 0; i < matrix.rows; ++i) {
    norms[i] = Math.max(Math.sqrt(dot(data, i, data, i, matrix.columns)), 1e-12);
    for (let c = i * matrix.columns; c < (i + 1) * matrix.columns; ++c) unit[c] = data[c]! / norms[i]!;
  }
  return { unit, norms };
}

/** The gradient of unnormalised row `row` from that of its unit vector. */
export function throughNormalization(
  gradient: Float64Array,
  unit: Float64Array,
  norms: Float64Array,
  row: number,
): Float64Array {
  const columns = gradient.length;
  const along = dot(gradient, 0, unit.subarray(row * columns, (row + 1) * columns), 0, columns);
  return gradient.map((g, c) => (g - along * unit[row * columns + c]!) / norms[row]!);
}
