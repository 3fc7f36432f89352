/** Every metric by its formula, and the sums over pairs that the kernels make of them. */
import type { Round } from "../support/earned.js";
import type { Rows } from "../support/rows.js";
import { poincare, snr } from "./oracles/ball.js";
import type { Oracle, Row } from "./oracles/common.js";
import {
  correlation,
  cosineDistance,
  cosineSimilarity,
  euclidean,
  gaussian,
  inner,
  sqeuclidean,
} from "./oracles/dot.js";
import { chebyshev, cityblock, minkowski } from "./oracles/elementwise.js";
import { mahalanobis, structured } from "./oracles/matrix.js";

export type { Oracle } from "./oracles/common.js";

/** Those that need no parameters, with their defaults. */
export const ORACLES = {
  inner,
  cosineSimilarity,
  cosine: cosineDistance,
  sqeuclidean,
  euclidean,
  correlation,
  snr,
  poincare: poincare(0.1),
  gaussian: gaussian(0.5),
  cityblock,
  chebyshev,
} as const satisfies Record<string, Oracle>;
export type PlainName = keyof typeof ORACLES;

/** A metric with numbers where the product takes tensors. */
export type Spec =
  | { readonly name: Exclude<PlainName, "poincare" | "gaussian"> }
  | { readonly name: "poincare"; readonly curvature?: number }
  | { readonly name: "gaussian"; readonly gamma?: number }
  | { readonly name: "minkowski"; readonly p: number }
  | { readonly name: "mahalanobis"; readonly precision: Rows; readonly squared?: boolean }
  | { readonly name: "structured"; readonly diagonal?: Row; readonly blocks?: readonly Rows[] };

export function oracleOf(spec: Spec): Oracle {
  if (spec.name === "poincare") return poincare(spec.curvature ?? 0.1);
  if (spec.name === "gaussian") return gaussian(spec.gamma ?? 0.5);
  if (spec.name === "mahalanobis") return mahalanobis(spec.precision, !spec.squared);
  if (spec.name === "structured") return structured(spec.diagonal, spec.blocks);
  if (spec.name !== "minkowski") return ORACLES[spec.name];
  if (spec.p === 2) return euclidean;
  return spec.p === 1 ? cityblock : spec.p === Infinity ? chebyshev : minkowski(spec.p);
}

/** The same with its arguments in the other order. */
export function turned(oracle: Oracle): Oracle {
  const { gradientY, gradientTermsY } = oracle;
  return {
    value: (x, y, f) => oracle.value(y, x, f),
    gradient: (x, y, f) => (gradientY ? gradientY(y, x, f) : oracle.gradient(x, y, f)),
    gradientY: (x, y, f) => oracle.gradient(y, x, f),
    terms: (x, y, c) => oracle.terms(y, x, c),
    gradientTerms: (x, y, c) => (gradientTermsY ? gradientTermsY(y, x, c) : oracle.gradientTerms(x, y, c)),
    gradientTermsY: (x, y, c) => oracle.gradientTerms(y, x, c),
    size: (x, y, value) => oracle.size(y, x, value),
  };
}

/** What may be taken off all rows: the mean of a column where that is nearly all of it. */
export function centre(rows: Rows, d: number): number[] {
  return mean(rows, d).map((value, k) => {
    const square = rows.reduce((sum, row) => sum + (row[k] as number) ** 2, 0) / rows.length;
    return value * value > 0.95 * square ? value : 0;
  });
}

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

/** dx = Σⱼ wᵢⱼ ∂dᵢⱼ/∂xᵢ. With the oracle turned round (rows of y first, w transposed) it is dy. */
export function pullback(oracle: Oracle, x: Rows, y: Rows, w: Weights, d: number, f: Round): Float64Array {
  const out = new Float64Array(x.length * d);
  eachPair(x, y, w, (a, b, weight, i) => {
    add(out, i * d, weight, oracle.gradient(a, b, f), f);
  });
  return out;
}

/** Σ|terms| of each element of that. */
export function pullbackTerms(oracle: Oracle, x: Rows, y: Rows, w: Weights, c: Row): Float64Array {
  const out = new Float64Array(x.length * c.length);
  eachPair(x, y, w, (a, b, weight, i) => {
    add(out, i * c.length, Math.abs(weight), oracle.gradientTerms(a, b, c), Number);
  });
  return out;
}

/** Σᵢⱼ wᵢⱼ ∂dᵢⱼ/∂(a tensor among the metric's parameters, of `size` elements), and the Σ|terms| of each. */
export function parameterPullback(
  oracle: Oracle,
  name: string,
  size: number,
  x: Rows,
  y: Rows,
  w: Weights,
  f: Round,
): Float64Array {
  const out = new Float64Array(size);
  eachPair(x, y, w, (a, b, weight) => {
    add(out, 0, weight, oracle.parameters?.[name]?.gradient(a, b, f) as number[], f);
  });
  return out;
}

export function parameterTerms(oracle: Oracle, name: string, size: number, x: Rows, y: Rows, w: Weights, c: Row) {
  const out = new Float64Array(size);
  eachPair(x, y, w, (a, b, weight) => {
    add(out, 0, Math.abs(weight), oracle.parameters?.[name]?.terms(a, b, c) as number[], Number);
  });
  return out;
}

function eachPair(x: Rows, y: Rows, w: Weights, visit: (a: Row, b: Row, weight: number, i: number) => void): void {
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < y.length; j++) {
      const weight = w(i, j);
      if (weight !== 0) visit(x[i] as Row, y[j] as Row, weight, i);
    }
  }
}

function add(out: Float64Array, from: number, weight: number, elements: Row, f: Round): void {
  for (let k = 0; k < elements.length; k++) {
    out[from + k] = f((out[from + k] as number) + f(weight * (elements[k] as number)));
  }
}
