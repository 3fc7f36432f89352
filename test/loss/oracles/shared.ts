import type { Round } from "../../support/earned.js";

/** 1 positive, −1 negative, 0 no pair. */
export type Kinds = readonly (readonly number[])[];
export type Scores = readonly (readonly number[])[];

/** `size` is Σ|terms| of `w`. */
export interface Slope {
  readonly i: number;
  readonly j: number;
  readonly w: number;
  readonly size: number;
  /** both are candidates */
  readonly among?: boolean;
}

/** One term of a loss: its value, its slope in each score it depends on, and how far rounding of the scores may move that slope. */
export interface Term {
  readonly row: number;
  readonly value: number;
  /** Σ|terms| of the value. */
  readonly terms: number;
  readonly slopes: readonly Slope[];
  /** Σ|terms| of an exponent: a relative error of the slope is an absolute error of the exponent. */
  readonly exponent: number;
  /** By the name of a parameter that may be a tensor. */
  readonly tensors?: Readonly<Record<string, { readonly slope: number; readonly terms: number }>>;
  /** Slopes in what is added to the logits of candidates. */
  readonly beside?: readonly { readonly j: number; readonly w: number; readonly size: number }[];
  /** Slopes in the weights of pairs. */
  readonly pairs?: readonly Slope[];
}

/** What a loss adds up, in parts that are reduced one by one. A part's terms are what `mean` divides by. */
export type Oracle = (scores: Scores, kinds: Kinds, params: Params, f: Round) => readonly (readonly Term[])[];
/** A parameter's value: a number, a choice's name, or one number for each candidate or anchor. */
export type Value = number | boolean | string | readonly number[] | readonly (readonly number[])[];
export interface Mined {
  readonly name: string;
  readonly params: Readonly<Record<string, Value>>;
}
/** mining: the miner, for losses whose terms it chooses itself; among: scores of candidates with one another; teacher: those of rows among the parameters. */
export type Params = Readonly<Record<string, Value | Mined | Scores | undefined>> & {
  readonly similarity: boolean;
  readonly mining?: Mined | undefined;
  readonly among?: Scores | undefined;
  readonly teacher?: Scores | undefined;
};

/** ln Σ exp(z) over the list, the largest taken off first; −∞ for an empty list. */
export function logSumExp(z: readonly number[], f: Round): number {
  if (z.length === 0) return -Infinity;
  const top = Math.max(...z);
  return f(top + f(Math.log(z.reduce((sum, value) => f(sum + f(Math.exp(f(value - top)))), 0))));
}

export const slope = (i: number, j: number, w: number): Slope => ({ i, j, w, size: Math.abs(w) });

export const columns = (kinds: readonly number[], kind: number): number[] =>
  kinds.flatMap((k, j) => (k === kind ? [j] : []));

/** Slopes of one parameter τ that divides all scores: −(1/τ) Σ w S. */
export function warmth(
  scores: Scores,
  slopes: readonly Slope[],
  tau: number,
  f: Round,
): { slope: number; terms: number } {
  const score = ({ i, j }: Slope): number => scores[i]?.[j] as number;
  const sum = slopes.reduce((total, at) => f(total + f(at.w * f(score(at) / tau))), 0);
  const terms = slopes.reduce((total, at) => total + at.size * Math.abs(score(at)), 0);
  return { slope: -sum, terms: (terms * (1 + 1 / tau)) / tau };
}
