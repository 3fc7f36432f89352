// Every metric between row i of x and row j of y, in float64, from its formula.
import { values } from "../problems/data.js";
import type { Matrix, Metric } from "../problems/types.js";
import { dot, sampledRows } from "./rows.js";

export const CURVATURE = 0.1;
export const EXPONENT = 3;

type Score = (x: Float32Array, i: number, y: Float32Array, j: number, columns: number) => number;

/** Σ term(|xₖ − yₖ|), or whatever else `add` makes of it. */
function overDifferences(add: (sum: number, difference: number) => number): Score {
  return (x, i, y, j, columns) => {
    let sum = 0;
    for (let a = i * columns, b = j * columns, end = a + columns; a < end; ++a, ++b)
      sum = add(sum, Math.abs(x[a]! - y[b]!));
    return sum;
  };
}

const squaredDistance = overDifferences((sum, d) => sum + d * d);
const powers = overDifferences((sum, d) => sum + d ** EXPONENT);

function mean(x: Float32Array, i: number, columns: number): number {
  let sum = 0;
  for (let a = i * columns; a < (i + 1) * columns; ++a) sum += x[a]!;
  return sum / columns;
}

/** |x̃ − ỹ|² / |x̃|² of rows less their means */
const noiseToSignal: Score = (x, i, y, j, columns) => {
  const [mx, my] = [mean(x, i, columns), mean(y, j, columns)];
  let [noise, signal] = [0, 0];
  for (let a = i * columns, b = j * columns, end = a + columns; a < end; ++a, ++b) {
    const centred = x[a]! - mx;
    noise += (centred - (y[b]! - my)) ** 2;
    signal += centred * centred;
  }
  return noise / signal;
};

/** (2/√c) asinh √(c|x − y|² / ((1 − c|x|²)(1 − c|y|²))) */
const hyperbolic: Score = (x, i, y, j, columns) => {
  const [c, root] = [CURVATURE, Math.sqrt(CURVATURE)];
  const room = (1 - c * dot(x, i, x, i, columns)) * (1 - c * dot(y, j, y, j, columns));
  return (2 / root) * Math.asinh(root * Math.sqrt(squaredDistance(x, i, y, j, columns) / room));
};

const SCORES: Readonly<Record<Metric, Score>> = {
  inner: dot,
  cosine: (x, i, y, j, columns) =>
    1 - dot(x, i, y, j, columns) / Math.sqrt(dot(x, i, x, i, columns) * dot(y, j, y, j, columns)),
  sqeuclidean: squaredDistance,
  snr: noiseToSignal,
  poincare: hyperbolic,
  cityblock: overDifferences((sum, d) => sum + d),
  chebyshev: overDifferences(Math.max),
  minkowski: (x, i, y, j, columns) => powers(x, i, y, j, columns) ** (1 / EXPONENT),
};

export const scoreOf = (metric: Metric): Score => SCORES[metric];

/** Scores of the sampled rows of x against every row of y. */
export function sampledScores(metric: Metric, x: Matrix, y: Matrix): Float64Array {
  const [a, b, score] = [values(x), values(y), scoreOf(metric)];
  const rows = sampledRows(x.rows);
  const out = new Float64Array(rows.length * y.rows);
  rows.forEach((i, r) => {
    for (let j = 0; j < y.rows; ++j) out[r * y.rows + j] = score(a, i, b, j, x.columns);
  });
  return out;
}
