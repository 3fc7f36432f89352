import { exactly } from "../support/earned.js";
import type { Data } from "./cases.js";
import { HAIR, tripletsAreClear } from "./clearance.js";
import { pairsOf, type Problem } from "./expected.js";
import { prefixProblems } from "./prefixes.js";
import { problemOf, type Variant } from "./variants.js";

const seen = new Map<string, boolean>();
/** Of losses of triplets: whether float32 does not decide which are chosen or open. */
export function clear(variant: Variant, data: Data): boolean {
  const key = `${variant.name}, ${data.name}`;
  const problem = problemOf(variant, data);
  const found = seen.get(key) ?? (problem !== undefined && prefixProblems(problem).every(tripletsAreClear));
  seen.set(key, found);
  return found;
}

/** The least distance of a score from a margin; 0 where a hair's change of a miner's parameters changes what it keeps. */
export function clearance(variant: Variant, data: Data): number {
  const problem = problemOf(variant, data);
  if (problem === undefined) return Infinity;
  return Math.min(...prefixProblems(problem).map((part) => clearanceOf(variant, part)));
}

function clearanceOf(variant: Variant, problem: Problem): number {
  const { scores, kinds } = pairsOf(problem, exactly);
  const gaps = scores.flatMap((row, i) =>
    row.flatMap((s, j) => {
      const kind = kinds[i]?.[j];
      const own = kind === 0 ? [] : variant.kinks.filter((kink) => kink.kind === 0 || kink.kind === kind);
      return own.map(({ at }) => Math.abs(s - at));
    }),
  );
  const least = gaps.reduce((a, b) => Math.min(a, b), Infinity);
  const { miner } = problem;
  if (miner === undefined) return least;
  const moved = [-HAIR, HAIR].map((hair) => {
    const params = Object.fromEntries(
      Object.entries(miner.params).map(([name, value]) => [name, Number(value) + hair]),
    );
    return pairsOf({ ...problem, miner: { ...miner, params } }, exactly).kinds;
  });
  return moved.every((other) => JSON.stringify(other) === JSON.stringify(kinds)) ? least : 0;
}
