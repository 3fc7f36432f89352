/** Neighbours by sorting everything, for the tests of `topK` and `radius`. */
import { DISTANCES } from "../../lib/distance/table.js";
import { exactly } from "../support/earned.js";
import { fill, normal, type Rows, uniform } from "../support/rows.js";
import { ORACLES, type PlainName } from "./oracle.js";

/** Metrics whose float32 values of small whole numbers are exact. */
export const EXACT: readonly PlainName[] = ["inner", "sqeuclidean", "euclidean"];

/** Small whole numbers: every score is exact in float32, and many are equal. */
export function wholes(n: number, d: number, seed: number): Rows {
  const next = uniform(seed);
  return Array.from({ length: n }, () => Array.from({ length: d }, () => Math.floor(next() * 5) - 2));
}

export interface Slot {
  readonly index: number;
  readonly value: number;
}

export const signOf = (metric: PlainName): number => (DISTANCES[metric].closer === "smaller" ? 1 : -1);

/** All of the base by (score, index), closest first. */
export function ranked(query: readonly number[], base: Rows, metric: PlainName, without = -1): Slot[] {
  const sign = signOf(metric);
  return base
    .map((row, index) => ({ index, value: ORACLES[metric].value(query, row, exactly) }))
    .filter(({ index }) => index !== without)
    .sort((a, b) => sign * (a.value - b.value) || a.index - b.index);
}

/** A row, and `n` rows about 0.11 of its length away from it, each a share `step` farther than the one before; shuffled. */
export function nearlyEqual(n: number, d: number, step: number, seed: number): { query: number[]; base: Rows } {
  const next = normal(seed);
  const unit = () => {
    const row = Array.from({ length: d }, next);
    const length = Math.hypot(...row);
    return row.map((value) => value / length);
  };
  const query = unit().map(Math.fround);
  const base = Array.from({ length: n }, (_, rank) => {
    const along = unit();
    const apart = 0.11 * (1 + rank * step);
    return query.map((value, k) => Math.fround(value + apart * (along[k] as number)));
  });
  const places = fill(n, 1, uniform(seed)).map(([place], i) => [place as number, i] as const);
  places.sort(([a], [b]) => a - b);
  return { query, base: places.map(([, i]) => base[i] as number[]) };
}
