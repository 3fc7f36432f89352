/** Rows over their length. */
import type { Op } from "../autograd.js";
import { allocateFloats, type Dense, floats, wrap } from "../dense.js";
import { normalized, unnormalized } from "./device.js";

interface Saved {
  readonly y: Dense;
  /** float64, one per row; on a GPU their bytes */
  readonly norms: Dense | Float64Array;
}

/** x / max(|x|, 1e-12) by rows; ∂x = (g − (g·y) y) / |x|, or g / 1e-12 for a row that short, or 0 for a row of zeros. */
export const normalize: Op<readonly [Dense], null, Saved> = {
  name: "normalize",
  forward: ([x]) => {
    const saved = x.device === "cpu" ? byRows(x) : normalized(x);
    return { out: saved.y, saved };
  },
  backward: (g, _, { y, norms }) => [
    norms instanceof Float64Array ? backByRows(floats(g), y, norms) : unnormalized(g, y, norms),
  ],
};

const SHORTEST = 1e-12;

function byRows(x: Dense): Saved {
  const [rows, columns] = x.shape as [number, number];
  const [y, norms, values] = [allocateFloats("normalize", rows, columns), new Float64Array(rows), floats(x)];
  for (let i = 0; i < rows; i++) norms[i] = normalizeRow(y, values, i * columns, columns);
  return { y: wrap(y, x.shape), norms };
}

function backByRows(g: Float32Array, y: Dense, norms: Float64Array): Dense {
  const [rows, columns] = y.shape as [number, number];
  const [dx, values] = [allocateFloats("normalize", rows, columns), floats(y)];
  for (let i = 0; i < rows; i++) unnormalizeRow(dx, g, values, i * columns, columns, norms[i]);
  return wrap(dx, y.shape);
}

/** Returns the row's norm. */
function normalizeRow(y: Float32Array, v: Float32Array, start: number, n: number): number {
  let squares = 0;
  for (let k = start; k < start + n; k++) squares += v[k] * v[k];
  const norm = Math.sqrt(squares);
  const scale = 1 / Math.max(norm, SHORTEST);
  for (let k = start; k < start + n; k++) y[k] = v[k] * scale;
  return norm;
}

function unnormalizeRow(dx: Float32Array, g: Float32Array, y: Float32Array, start: number, n: number, norm: number) {
  if (norm === 0) return;
  let along = 0;
  if (norm > SHORTEST) for (let k = start; k < start + n; k++) along += g[k] * y[k];
  const scale = 1 / Math.max(norm, SHORTEST);
  for (let k = start; k < start + n; k++) dx[k] = (g[k] - along * y[k]) * scale;
}
