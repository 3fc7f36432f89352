/** What rows of the matrix come to, as their formulas say. */
import type { RowReduction } from "../../lib/distance/types.js";
import { exactly, type Round, singly } from "../support/earned.js";
import { centre } from "./oracle.js";
import type { Fitted } from "./variants.js";

export const REDUCE: readonly RowReduction[] = ["min", "max", "sum", "mean", "logSumExp"];
/** Of logSumExp. */
export const SCALE = 0.7;

/** One row of the matrix, reduced. */
export function reduced(row: readonly number[], reduce: RowReduction, f: Round): number {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => f(total + value), 0);
  if (reduce === "min") return row.reduce((least, value) => Math.min(least, value), Infinity);
  if (reduce === "max") return row.reduce((most, value) => Math.max(most, value), -Infinity);
  if (reduce === "sum") return sum(row);
  if (reduce === "mean") return f(sum(row) / row.length);
  const top = Math.max(...row);
  if (row.length === 0) return -Infinity;
  return f(f(SCALE * top) + f(Math.log(sum(row.map((value) => f(Math.exp(f(SCALE * f(value - top)))))))));
}

/** Σ|terms|: rounding of an extreme is that of the score, of a log-sum-exp that of the largest exponent. */
export function reducedTerms(values: readonly number[], terms: readonly number[], reduce: RowReduction): number {
  const all = terms.reduce((total, term) => total + term, 0);
  if (reduce === "sum") return all;
  if (reduce === "mean") return all / terms.length;
  const size = Math.max(0, ...terms);
  if (reduce !== "logSumExp") return size;
  return SCALE * (size + Math.max(0, ...values.map(Math.abs))) + Math.log(Math.max(1, values.length)) + 1;
}

export interface Scores {
  readonly exact: readonly number[][];
  readonly naive: readonly number[][];
  readonly terms: readonly number[][];
}
const known = new Map<string, Scores>();

/** Made once, whatever the number of places. */
export function scoresOf({ name, oracle, c, y, own }: Fitted): Scores {
  const middle = centre([...c.x, ...y], c.d);
  const rows = (f: Round) => c.x.map((a, i) => y.map((b, j) => (own(i, j) ? 0 : oracle.value(a, b, f))));
  const terms = () => c.x.map((a) => y.map((b) => oracle.terms(a, b, middle)));
  const found = known.get(name) ?? { exact: rows(exactly), naive: rows(singly), terms: terms() };
  known.set(name, found);
  return found;
}
