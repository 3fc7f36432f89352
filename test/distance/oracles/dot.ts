/** Functions of x·y, |x| and |y|. */
import {
  centred,
  cosine,
  cosineGradient,
  cosineSlope,
  difference,
  dot,
  exact,
  FLOOR,
  type Oracle,
  reach,
  type Row,
  squared,
  squaredTerms,
  squares,
} from "./common.js";

export const inner: Oracle = {
  value: dot,
  gradient: (_x, y) => [...y],
  terms: (x, y) => Math.sqrt(squares(x) * squares(y)),
  gradientTerms: (_x, y) => y.map(Math.abs),
  size: (x, y) => Math.hypot(...x) * Math.hypot(...y),
};

export const cosineSimilarity: Oracle = {
  value: cosine,
  gradient: cosineGradient,
  terms: () => 1,
  gradientTerms: cosineSlope,
  size: () => 1,
};

export const cosineDistance: Oracle = {
  value: (x, y, f) => f(1 - cosine(x, y, f)),
  gradient: (x, y, f) => cosineGradient(x, y, f).map((value) => -value),
  terms: () => 2,
  gradientTerms: cosineSlope,
  size: (_x, _y, value) => Math.abs(value) + FLOOR,
};

/** The cosine distance of centred rows, whose gradient has mean 0 by itself. */
export const correlation: Oracle = {
  value: (x, y, f) => cosineDistance.value(centred(x, f), centred(y, f), f),
  gradient: (x, y, f) => cosineDistance.gradient(centred(x, f), centred(y, f), f),
  terms: () => 2,
  gradientTerms: (x, y) => cosineSlope(centred(x, exact), centred(y, exact)),
  size: cosineDistance.size,
};

export const sqeuclidean: Oracle = {
  value: squared,
  gradient: (x, y, f) => difference(x, y, f).map((value) => f(2 * value)),
  terms: squaredTerms,
  gradientTerms: (x, y, c) => reach(x, y, c).map((value) => 2 * value),
  size: (_x, _y, value) => Math.abs(value),
};

export const euclidean: Oracle = {
  value: (x, y, f) => f(Math.sqrt(squared(x, y, f))),
  gradient: (x, y, f) => {
    const d = f(Math.sqrt(squared(x, y, f)));
    return difference(x, y, f).map((value) => (d === 0 ? 0 : f(value / d)));
  },
  terms: (x, y, c) => {
    const d = Math.sqrt(squared(x, y, exact));
    return d === 0 ? 0 : d + squaredTerms(x, y, c) / (2 * d);
  },
  gradientTerms: (x, y, c) => {
    const d = Math.sqrt(squared(x, y, exact));
    if (d === 0) return x.map(() => 0);
    const slip = squaredTerms(x, y, c) / (2 * d * d);
    const slope = difference(x, y, exact).map(Math.abs);
    return reach(x, y, c).map((value, k) => (value + slip * (slope[k] as number)) / d);
  },
  size: (_x, _y, value) => Math.abs(value),
};

/** Kernels' exponentials are 0 below this. */
export const LEAST_EXPONENTIAL = Math.exp(-87);
/** Among terms it lets 4 ulp be as much as that. */
const LOST = LEAST_EXPONENTIAL * 2 ** 21;

/** exp(−γ|x − y|²): an error of the exponent is one of the value, times it. */
export function gaussian(gamma: number): Oracle {
  const value: Oracle["value"] = (x, y, f) => f(Math.exp(f(-f(gamma) * squared(x, y, f))));
  const slack = (x: Row, y: Row, c: Row) => 1 + gamma * squaredTerms(x, y, c);
  return {
    value,
    gradient: (x, y, f) => {
      const slope = f(-2 * f(f(gamma) * value(x, y, f)));
      return difference(x, y, f).map((apart) => f(slope * apart));
    },
    terms: (x, y, c) => value(x, y, exact) * slack(x, y, c) + LOST,
    gradientTerms: (x, y, c) => {
      const size = 2 * gamma * value(x, y, exact);
      const slip = slack(x, y, c);
      const slope = difference(x, y, exact).map(Math.abs);
      return reach(x, y, c).map((apart, k) => size * (apart + slip * (slope[k] as number)));
    },
    size: (x, y, k) => k * (1 + gamma * squared(x, y, exact)) + 1e5 * LEAST_EXPONENTIAL,
  };
}
