import type { DISTANCES } from "../../lib/distance/table.js";
import type { Round } from "../support/earned.js";
import type { Rows } from "../support/rows.js";

type Row = readonly number[];

/** One distance as its formula says, `f` rounding every operation. All five are symmetric, so ∂/∂y is `gradient(y, x)`. */
export interface Oracle {
  value(x: Row, y: Row, f: Round): number;
  /** ∂value/∂x */
  gradient(x: Row, y: Row, f: Round): number[];
  /** Σ|terms| of the value: what float32 rounding is relative to. `c` is the mean of all rows, which the L2 family is free to take off. */
  terms(x: Row, y: Row, c: Row): number;
  /** Σ|terms| of each element of the gradient. */
  gradientTerms(x: Row, y: Row, c: Row): number[];
  /** What the error of a returned value is judged against: the value of a distance, |x||y| for similarities. */
  size(x: Row, y: Row, value: number): number;
}

const TINY = 1e-12;
/** 1e-5 of it is what float64, in the oracle too, leaves of 1 − cos. */
const FLOOR = 1e5 * 8 * 2 ** -53;

function dot(x: Row, y: Row, f: Round): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum = f(sum + f((x[k] as number) * (y[k] as number)));
  return sum;
}

function squared(x: Row, y: Row, f: Round): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) {
    const difference = f((x[k] as number) - (y[k] as number));
    sum = f(sum + f(difference * difference));
  }
  return sum;
}

const length = (x: Row, f: Round): number => f(Math.sqrt(dot(x, x, f)));
const norm = (x: Row, f: Round): number => Math.max(length(x, f), f(TINY));
const cosine = (x: Row, y: Row, f: Round): number => f(dot(x, y, f) / f(norm(x, f) * norm(y, f)));

/** (ŷ − s x̂)/|x|; where the norm is held at its floor it is a constant, so ŷ/floor; 0 for a row of zeros */
function cosineGradient(x: Row, y: Row, f: Round): number[] {
  if (x.every((value) => value === 0)) return x.map(() => 0);
  const [a, b] = [norm(x, f), norm(y, f)];
  const s = length(x, f) > TINY ? cosine(x, y, f) : 0;
  return x.map((value, k) => f(f(f((y[k] as number) / b) - f(s * f(value / a))) / a));
}

function cosineSlope(x: Row, y: Row): number[] {
  if (x.every((value) => value === 0)) return x.map(() => 0);
  const exact = (value: number) => value;
  const [a, b] = [norm(x, exact), norm(y, exact)];
  return x.map((value, k) => (Math.abs(y[k] as number) / b + Math.abs(value) / a) / a);
}

const off = (x: Row, c: Row): number[] => x.map((value, k) => Math.abs(value - (c[k] as number)));

/** |x − c|² + |y − c|² + 2 Σ|x − c||y − c| */
function squaredTerms(x: Row, y: Row, c: Row): number {
  const [a, b] = [off(x, c), off(y, c)];
  return a.reduce((sum, value, k) => sum + (value + (b[k] as number)) ** 2, 0);
}

export const ORACLES = {
  inner: {
    value: dot,
    gradient: (_x: Row, y: Row, _f: Round) => [...y],
    terms: (x, y) => Math.sqrt(dot(x, x, Number) * dot(y, y, Number)),
    gradientTerms: (_x: Row, y: Row, _c: Row) => y.map(Math.abs),
    size: (x, y) => Math.hypot(...x) * Math.hypot(...y),
  },
  cosineSimilarity: {
    value: cosine,
    gradient: cosineGradient,
    terms: () => 1,
    gradientTerms: cosineSlope,
    size: () => 1,
  },
  cosine: {
    value: (x, y, f) => f(1 - cosine(x, y, f)),
    gradient: (x, y, f) => cosineGradient(x, y, f).map((value) => -value),
    terms: () => 2,
    gradientTerms: cosineSlope,
    size: (_x, _y, value) => Math.abs(value) + FLOOR,
  },
  sqeuclidean: {
    value: squared,
    gradient: (x, y, f) => x.map((value, k) => f(2 * f(value - (y[k] as number)))),
    terms: squaredTerms,
    gradientTerms: (x, y, c) => off(x, c).map((value, k) => 2 * (value + (off(y, c)[k] as number))),
    size: (_x, _y, value) => Math.abs(value),
  },
  euclidean: {
    value: (x, y, f) => f(Math.sqrt(squared(x, y, f))),
    gradient: (x, y, f) => {
      const d = f(Math.sqrt(squared(x, y, f)));
      return x.map((value, k) => (d === 0 ? 0 : f(f(value - (y[k] as number)) / d)));
    },
    terms: (x, y, c) => {
      const d = Math.sqrt(squared(x, y, Number));
      return d === 0 ? 0 : d + squaredTerms(x, y, c) / (2 * d);
    },
    gradientTerms: (x, y, c) => {
      const d = Math.sqrt(squared(x, y, Number));
      if (d === 0) return x.map(() => 0);
      const [a, b] = [off(x, c), off(y, c)];
      const slip = squaredTerms(x, y, c) / (2 * d * d);
      return a.map((value, k) => (value + (b[k] as number) + slip * Math.abs((x[k] as number) - (y[k] as number))) / d);
    },
    size: (_x, _y, value) => Math.abs(value),
  },
} as const satisfies Record<keyof typeof DISTANCES, Oracle>;

export function mean(rows: Rows, d: number): number[] {
  return Array.from({ length: d }, (_, k) => rows.reduce((sum, row) => sum + (row[k] as number), 0) / rows.length);
}

/** The N×M matrix, row by row. */
export function matrix(x: Rows, y: Rows, each: (x: Row, y: Row, i: number, j: number) => number): Float64Array {
  const out = new Float64Array(x.length * y.length);
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < y.length; j++) out[i * y.length + j] = each(x[i] as Row, y[j] as Row, i, j);
  }
  return out;
}

type Weights = (i: number, j: number) => number;

/** dx = Σⱼ wᵢⱼ ∂dᵢⱼ/∂xᵢ. Turned round (rows of y first, w transposed) it is dy. */
export function pullback(oracle: Oracle, x: Rows, y: Rows, w: Weights, d: number, f: Round): Float64Array {
  const add = (sum: number, weight: number, slope: number): number => f(sum + f(weight * slope));
  return summed(x, y, w, d, (a, b) => oracle.gradient(a, b, f), add);
}

/** Σ|terms| of each element of that. */
export function pullbackTerms(oracle: Oracle, x: Rows, y: Rows, w: Weights, c: Row): Float64Array {
  const add = (sum: number, weight: number, size: number): number => sum + Math.abs(weight) * size;
  return summed(x, y, w, c.length, (a, b) => oracle.gradientTerms(a, b, c), add);
}

function summed(
  x: Rows,
  y: Rows,
  w: Weights,
  d: number,
  of: (a: Row, b: Row) => readonly number[],
  add: (sum: number, weight: number, element: number) => number,
): Float64Array {
  const out = new Float64Array(x.length * d);
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < y.length; j++) {
      const weight = w(i, j);
      if (weight === 0) continue;
      const elements = of(x[i] as Row, y[j] as Row);
      for (let k = 0; k < d; k++) out[i * d + k] = add(out[i * d + k] as number, weight, elements[k] as number);
    }
  }
  return out;
}
