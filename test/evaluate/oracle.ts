import type { MEASURES } from "../../lib/evaluate/table.js";

/** One query's references, closest first: of the query's label or not, or of its label with a NaN score, which is never found. */
export type Ranking = readonly ("hit" | "miss" | "lost")[];

const found = (ranking: Ranking): number => ranking.filter((place) => place === "hit").length;
const relevant = (ranking: Ranking): number => ranking.filter((place) => place !== "miss").length;

/** Each measure of one query, from the sorted list, as its definition says. */
export const ORACLES = {
  recallAt: (ranking: Ranking, k = 1) => (ranking.slice(0, k).includes("hit") ? 1 : 0),
  precisionAt1: (ranking: Ranking) => (ranking[0] === "hit" ? 1 : 0),
  mapAtR: (ranking: Ranking) => {
    const r = relevant(ranking);
    const precision = (place: number) => found(ranking.slice(0, place)) / place;
    return ranking.slice(0, r).reduce((sum, place, at) => sum + (place === "hit" ? precision(at + 1) : 0), 0) / r;
  },
  rPrecision: (ranking: Ranking) => found(ranking.slice(0, relevant(ranking))) / relevant(ranking),
  meanReciprocalRank: (ranking: Ranking) => (ranking.includes("hit") ? 1 / (ranking.indexOf("hit") + 1) : 0),
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
    .map(
      (row, i): Ranking =>
        row
          .map((score, j) => ({ key: key(score), last: Number.isNaN(score), j }))
          .filter(({ j }) => !(self && j === i))
          .sort((a, b) => Number(a.last) - Number(b.last) || (a.key === b.key ? 0 : a.key - b.key) || a.j - b.j)
          .map(({ j, last }) => (otherLabels[j] !== labels[i] ? "miss" : last ? "lost" : "hit")),
    )
    .filter((ranking) => relevant(ranking) > 0);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
