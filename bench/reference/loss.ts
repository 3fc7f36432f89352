// What losses are compared with: value and the gradient of sampled rows, in float64.
import type { LossTask } from "../problems/types.js";
import { classLoss } from "./class-losses.js";
import { pairLoss, type Result, roundToBfloat16 } from "./pair-losses.js";
import { dot, normalized, sampledRows, throughNormalization } from "./rows.js";

const TEMPERATURE = 0.05;

/** [value, gradient of each sampled row of x, then of y]; of a 16-bit type also the error of a computation that rounds to it. */
export function lossReference(task: LossTask): Float64Array {
  const { value, dx, dy } = ofTask(task);
  const flat = (rows: readonly Float64Array[]): number[] => rows.flatMap((row) => [...row]);
  const rounding = task.x.dtype === "bfloat16" ? [worst(pairLoss(task, roundToBfloat16).dx, dx)] : [];
  return Float64Array.from([value, ...flat(dx), ...flat(dy), ...rounding]);
}

function ofTask(task: LossTask): Result {
  if (task.loss === "infoNCE") return infoNCE(task);
  return task.y ? classLoss(task) : pairLoss(task);
}

/** The largest difference, relative to the largest entry. */
function worst(rows: readonly Float64Array[], wanted: readonly Float64Array[]): number {
  let [error, size] = [0, 0];
  rows.forEach((row, r) => {
    row.forEach((g, c) => {
      error = Math.max(error, Math.abs(g - wanted[r]![c]!));
      size = Math.max(size, Math.abs(wanted[r]![c]!));
    });
  });
  return error / size;
}

/** L = mean over i of log Σ_j e^{s_ij/τ} − s_ii/τ. */
function infoNCE(task: LossTask): Result {
  const { rows: n, columns } = task.x;
  const m = task.y!.rows;
  const x = normalized(task.x);
  const y = normalized(task.y!);
  const p = new Float64Array(n * m);
  let value = 0;
  for (let i = 0; i < n; ++i) {
    const row = p.subarray(i * m, (i + 1) * m);
    for (let j = 0; j < m; ++j) row[j] = dot(x.unit, i, y.unit, j, columns) / TEMPERATURE;
    const target = row[i]!;
    const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = row.reduce((total, z) => total + Math.exp(z - top), 0);
    value += (top + Math.log(sum) - target) / n;
    for (let j = 0; j < m; ++j) row[j] = Math.exp(row[j]! - top) / sum;
  }
  const weight = (i: number, j: number): number => (p[i * m + j]! - (i === j ? 1 : 0)) / (n * TEMPERATURE);
  const along = (count: number, other: Float64Array, w: (k: number) => number): Float64Array => {
    const gradient = new Float64Array(columns);
    for (let k = 0; k < count; ++k) for (let c = 0; c < columns; ++c) gradient[c]! += w(k) * other[k * columns + c]!;
    return gradient;
  };
  const dx = sampledRows(n).map((i) =>
    throughNormalization(
      along(m, y.unit, (j) => weight(i, j)),
      x.unit,
      x.norms,
      i,
    ),
  );
  const dy = sampledRows(m).map((j) =>
    throughNormalization(
      along(n, x.unit, (i) => weight(i, j)),
      y.unit,
      y.norms,
      j,
    ),
  );
  return { value, dx, dy };
}
