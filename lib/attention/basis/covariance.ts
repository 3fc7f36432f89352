/** The covariance of rows. */
import { product, turned } from "../../algebra/views.js";
import type { Steps } from "../../async.js";
import { allocateFloats, type Dense, elements, floats, wrap } from "../../dense.js";
import type { Square } from "./symmetric.js";

const ROWS_A_BLOCK = 4096;

/**
 * Σ (x − mean)(x − mean)ᵀ / rows: rows are centred in float64 and multiplied in float32, block by block, and the blocks are
 * added up in float64. x [T, r] float32, T ≥ 1. Time O(T·r²), workspace O(r² + 4096·r).
 */
export function* covariance(x: Dense): Steps<Square> {
  const [rows, n] = x.shape as [number, number];
  const data = floats(x);
  const mean = meanOf(data, rows, n);
  const sums = new Float64Array(n * n);
  for (let first = 0; first < rows; first += ROWS_A_BLOCK) {
    const block = centred(data, first, Math.min(ROWS_A_BLOCK, rows - first), mean);
    const part = elements(yield* product(turned(block), block));
    for (let i = 0; i < sums.length; i++) (sums[i] as number) += part[i] as number;
  }
  // the two triangles of a float32 product may differ in the last place
  const values = sums.map((sum, at) => (sum + (sums[(at % n) * n + Math.floor(at / n)] as number)) / (2 * rows));
  return { n, values };
}

function meanOf(data: Float32Array, rows: number, n: number): Float64Array {
  const sums = new Float64Array(n);
  for (let i = 0; i < rows; i++) for (let k = 0; k < n; k++) (sums[k] as number) += data[i * n + k] as number;
  return sums.map((sum) => sum / rows);
}

function centred(data: Float32Array, first: number, count: number, mean: Float64Array): Dense {
  const n = mean.length;
  const out = allocateFloats("fitBasis", count, n);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < n; k++) out[i * n + k] = (data[(first + i) * n + k] as number) - (mean[k] as number);
  return wrap(out, [count, n]);
}
