/** The margins of elasticFace: drawn on the host, one for each row. */
import { moved } from "../algebra/device.js";
import { type Dense, floats, wrap } from "../dense.js";
import { uniform } from "../random.js";
import type { Sides } from "./sides.js";

type Given = Readonly<Record<string, unknown>>;

/**
 * What the kernel is given of each row: tan(m/2), from which sine and cosine of the angle m are fractions, or with
 * kind "cos" the margin itself. `own` are the caller's margins; checked, as `given` is.
 */
export function marginsGiven(fn: string, given: Given, sides: Sides, own: Dense | undefined): Dense {
  const arc = given.kind !== "cos";
  const margins = own ? Float64Array.from(floats(own)) : drawn(given, sides);
  const numbers = Float32Array.from(margins, (m) => (arc ? Math.tan(m / 2) : m));
  const host = wrap(numbers, [numbers.length]);
  return sides.x.device === "cpu" ? host : moved(fn, host, sides.x.device);
}

/** The authors' constants where the caller says nothing. */
function drawn(given: Given, sides: Sides): Float64Array {
  const { kind, plus, seed = 0 } = given;
  const { margin = kind === "cos" ? 0.35 : 0.5 } = given as { margin?: number };
  const { sigma = plus ? (kind === "cos" ? 0.02 : 0.0175) : 0.05 } = given as { sigma?: number };
  const labels = sides.labels as Int32Array;
  const next = normals(seed as number);
  const rows = [...labels.keys()].filter((i) => (labels[i] as number) >= 0);
  const margins = rows.map(() => margin + sigma * next());
  const inOrder = plus ? sortedByTarget(margins, targetCosines(sides, rows)) : margins;
  const out = new Float64Array(labels.length);
  rows.forEach((row, k) => {
    out[row] = inOrder[k] as number;
  });
  return out;
}

/**
 * With π the order of the cosines, closest first, and M the sorted margins: M[π[k]] for row k, not M at the rank of k.
 * Cosines are compared as float32, ties go to the lower row.
 */
export function sortedByTarget(margins: readonly number[], targets: readonly number[]): number[] {
  const cosines = targets.map(Math.fround);
  const sorted = Float64Array.from(margins).sort();
  const order = [...cosines.keys()].sort((a, b) => (cosines[b] as number) - (cosines[a] as number) || a - b);
  return order.map((at) => sorted[at] as number);
}

function targetCosines({ x, y, labels }: Sides, rows: readonly number[]): number[] {
  const [a, b, d] = [floats(x), floats(y), x.shape[1] as number];
  const dot = (p: Float32Array, i: number, q: Float32Array, j: number): number => {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += (p[i * d + k] as number) * (q[j * d + k] as number);
    return sum;
  };
  const norm = (p: Float32Array, i: number): number => Math.max(Math.sqrt(dot(p, i, p, i)), 1e-12);
  return rows.map((i) => {
    const c = (labels as Int32Array)[i] as number;
    return dot(a, i, b, c) / (norm(a, i) * norm(b, c));
  });
}

/** Standard normal numbers, the same for the same seed (Box and Muller). */
export function normals(seed: number): () => number {
  const next = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}
