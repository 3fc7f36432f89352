// Multi-Similarity with its miner, and InfoNCE, on cosine similarities: value and the gradient of sampled rows.
import type { LossTask } from "../problems/types.js";
import { dot, normalized, sampledRows, throughNormalization } from "./rows.js";

const MULTI_SIMILARITY = { alpha: 2, beta: 50, base: 0.5, epsilon: 0.1 };
const TEMPERATURE = 0.05;

/** [value, gradient of each sampled row of x, then of y] */
export function lossReference(task: LossTask): Float64Array {
  const { value, dx, dy } = task.loss === "multiSimilarity" ? multiSimilarity(task) : infoNCE(task);
  return Float64Array.from([value, ...dx.flatMap((row) => [...row]), ...dy.flatMap((row) => [...row])]);
}

interface Result {
  value: number;
  dx: Float64Array[];
  dy: Float64Array[];
}

/** L_i = log(1 + Σ₊ e^{−α(s−λ)})/α + log(1 + Σ₋ e^{β(s−λ)})/β over mined pairs; the mean of all rows. */
export function multiSimilarity(task: Pick<LossTask, "x" | "labels">): Result {
  const { rows: n, columns } = task.x;
  const labels = task.labels!;
  const { alpha, beta, base, epsilon } = MULTI_SIMILARITY;
  const { unit, norms } = normalized(task.x);
  const s = new Float64Array(n * n);
  for (let i = 0; i < n; ++i) for (let j = 0; j <= i; ++j) s[i * n + j] = s[j * n + i] = dot(unit, i, unit, j, columns);

  const easiestNegative = new Float64Array(n).fill(-Infinity);
  const hardestPositive = new Float64Array(n).fill(Infinity);
  for (let i = 0; i < n; ++i)
    for (let j = 0; j < n; ++j) {
      if (labels[i] !== labels[j]) easiestNegative[i] = Math.max(easiestNegative[i]!, s[i * n + j]!);
      else if (i !== j) hardestPositive[i] = Math.min(hardestPositive[i]!, s[i * n + j]!);
    }
  // The term of a pair inside its row's sum; 0 where it was not mined.
  const term = (i: number, j: number): number => {
    const score = s[i * n + j]!;
    if (i === j) return 0;
    if (labels[i] === labels[j]) return score - epsilon < easiestNegative[i]! ? Math.exp(-alpha * (score - base)) : 0;
    return score + epsilon > hardestPositive[i]! ? Math.exp(beta * (score - base)) : 0;
  };
  const positive = new Float64Array(n);
  const negative = new Float64Array(n);
  let value = 0;
  for (let i = 0; i < n; ++i) {
    for (let j = 0; j < n; ++j) (labels[i] === labels[j] ? positive : negative)[i]! += term(i, j);
    value += (Math.log1p(positive[i]!) / alpha + Math.log1p(negative[i]!) / beta) / n;
  }
  const weight = (i: number, j: number): number =>
    labels[i] === labels[j] ? -term(i, j) / (1 + positive[i]!) / n : term(i, j) / (1 + negative[i]!) / n;
  const dx = sampledRows(n).map((i) => {
    const gradient = new Float64Array(columns);
    for (let j = 0; j < n; ++j) {
      const w = weight(i, j) + weight(j, i);
      for (let c = 0; c < columns; ++c) gradient[c]! += w * unit[j * columns + c]!;
    }
    return throughNormalization(gradient, unit, norms, i);
  });
  return { value, dx, dy: [] };
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
