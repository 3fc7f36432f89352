import type { MEASURES } from "../../lib/evaluate/table.js";

/** One query's references, closest first: whether each has the query's label. */
export type Ranking = readonly boolean[];

const relevant = (ranking: Ranking): number => ranking.filter(Boolean).length;
const first = (ranking: Ranking): number => ranking.indexOf(true) + 1;

/** Each measure of one query, from the sorted list, as its definition says. */
export const ORACLES = {
  recallAt: (ranking: Ranking, k = 1) => (ranking.slice(0, k).includes(true) ? 1 : 0),
  mapAtR: (ranking: Ranking) => {
    const r = relevant(ranking);
    const precision = (place: number) => relevant(ranking.slice(0, place)) / place;
    return ranking.slice(0, r).reduce((sum, hit, at) => sum + (hit ? precision(at + 1) : 0), 0) / r;
  },
  rPrecision: (ranking: Ranking) => relevant(ranking.slice(0, relevant(ranking))) / relevant(ranking),
  meanReciprocalRank: (ranking: Ranking) => 1 / first(ranking),
} satisfies Record<keyof typeof MEASURES, (ranking: Ranking, k?: number) => number>;

/** References of each query by (score, index), NaN last, the query left out of its own set; only queries that have a relevant one. */
export function rankings(
  scores: readonly (readonly number[])[],
  closer: "smaller" | "larger",
  labels: readonly number[],
  otherLabels: readonly number[],
  self: boolean,
): Ranking[] {
  const sign = closer === "smaller" ? 1 : -1;
  const key = (score: number) => (Number.isNaN(score) ? Infinity : sign * score);
  return scores
    .map((row, i) =>
      row
        .map((score, j) => ({ key: key(score), last: Number.isNaN(score), j }))
        .filter(({ j }) => !(self && j === i))
        .sort((a, b) => Number(a.last) - Number(b.last) || (a.key === b.key ? 0 : a.key - b.key) || a.j - b.j)
        .map(({ j }) => otherLabels[j] === labels[i]),
    )
    .filter((ranking) => ranking.includes(true));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
