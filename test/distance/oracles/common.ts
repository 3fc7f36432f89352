/** What an oracle is, and the sums that most of them are made of. */
import type { Round } from "../../support/earned.js";

export type Row = readonly number[];

/** One distance as its formula says, `f` rounding every operation. */
export interface Oracle {
  value(x: Row, y: Row, f: Round): number;
  /** ∂value/∂x */
  gradient(x: Row, y: Row, f: Round): number[];
  /** ∂value/∂y, where it is not `gradient(y, x)`. */
  readonly gradientY?: (x: Row, y: Row, f: Round) => number[];
  /** Σ|terms| of the value: what float32 rounding is relative to. `c` is the mean of all rows, which the L2 family is free to take off. */
  terms(x: Row, y: Row, c: Row): number;
  /** Σ|terms| of each element of the gradient. */
  gradientTerms(x: Row, y: Row, c: Row): number[];
  readonly gradientTermsY?: (x: Row, y: Row, c: Row) => number[];
  /** What the error of a returned value is judged against: the value of a distance, |x||y| for similarities. */
  size(x: Row, y: Row, value: number): number;
  /** By each tensor among its parameters: ∂value/∂(its elements), in their order, and the Σ|terms| of those. */
  readonly parameters?: Readonly<Record<string, ParameterOracle>>;
}

export interface ParameterOracle {
  gradient(x: Row, y: Row, f: Round): number[];
  terms(x: Row, y: Row, c: Row): number[];
}

export const exact: Round = (value) => value;

/** 1e-5 of it is what float64, in the oracle too, leaves of 1 − cos. */
export const FLOOR = 1e5 * 8 * 2 ** -53;

const TINY = 1e-12;

export function dot(x: Row, y: Row, f: Round): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum = f(sum + f((x[k] as number) * (y[k] as number)));
  return sum;
}

export function difference(x: Row, y: Row, f: Round): number[] {
  return x.map((value, k) => f(value - (y[k] as number)));
}

export function squared(x: Row, y: Row, f: Round): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) {
    const off = f((x[k] as number) - (y[k] as number));
    sum = f(sum + f(off * off));
  }
  return sum;
}

const length = (x: Row, f: Round): number => f(Math.sqrt(dot(x, x, f)));
const norm = (x: Row, f: Round): number => Math.max(length(x, f), f(TINY));
export const cosine = (x: Row, y: Row, f: Round): number => f(dot(x, y, f) / f(norm(x, f) * norm(y, f)));

/** (ŷ − s x̂)/|x|; where the norm is held at its floor it is a constant, so ŷ/floor; 0 for a row of zeros */
export function cosineGradient(x: Row, y: Row, f: Round): number[] {
  if (x.every((value) => value === 0)) return x.map(() => 0);
  const [a, b] = [norm(x, f), norm(y, f)];
  const s = length(x, f) > TINY ? cosine(x, y, f) : 0;
  return x.map((value, k) => f(f(f((y[k] as number) / b) - f(s * f(value / a))) / a));
}

export function cosineSlope(x: Row, y: Row): number[] {
  if (x.every((value) => value === 0)) return x.map(() => 0);
  const [a, b] = [norm(x, exact), norm(y, exact)];
  return x.map((value, k) => (Math.abs(y[k] as number) / b + Math.abs(value) / a) / a);
}

/** x − mean(x), and exactly 0 where all elements are equal. */
export function centred(x: Row, f: Round): number[] {
  if (x.every((value) => value === x[0])) return x.map(() => 0);
  const mean = f(x.reduce((sum, value) => f(sum + value), 0) / x.length);
  return x.map((value) => f(value - mean));
}

export const off = (x: Row, c: Row): number[] => x.map((value, k) => Math.abs(value - (c[k] as number)));

/** |xₖ − cₖ| + |yₖ − cₖ|: the size of xₖ − yₖ before it cancels. */
export function reach(x: Row, y: Row, c: Row): number[] {
  const b = off(y, c);
  return off(x, c).map((value, k) => value + (b[k] as number));
}

export const squares = (x: Row): number => x.reduce((sum, value) => sum + value * value, 0);

/** |x − c|² + |y − c|² + 2 Σ|x − c||y − c| */
export const squaredTerms = (x: Row, y: Row, c: Row): number => squares(reach(x, y, c));
