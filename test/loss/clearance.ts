import { DISTANCES } from "../../lib/distance/table.js";
import { LOSSES, type LossSpec, MINERS, type MinerSpec } from "../../lib/loss/table.js";
import { native } from "../../lib/native.js";
import { mean } from "../distance/oracle.js";
import { exactly } from "../support/earned.js";
import { here } from "../support/places.js";
import { type Rows, type Storage, uniform } from "../support/rows.js";
import { type Mining, pairsOf, type Problem, teacherOf } from "./expected.js";
import { MINER_ORACLES, type MinerOracle, ORACLES, type Params, type Scores } from "./oracle.js";

/** More than float32 can move a score. */
export const HAIR = 2e-6;
/** So many triplets an oracle takes in good time. */
const MOST = 25_000;

/** Its terms are triplets, or the scores of whole rows. */
export function isWhole({ loss, miner, metric }: Pick<Problem, "loss" | "miner" | "metric">): boolean {
  const spec: LossSpec = LOSSES[loss];
  return spec.whole === true || spec.terms === "triplets" || miner?.name === "pairMargin" || metric === "snr";
}
/** Run by the row engine all the same. */
export const isFused = (of: Pick<Problem, "loss" | "miner" | "metric">): boolean =>
  !(LOSSES[of.loss] as LossSpec).whole &&
  of.metric !== "snr" &&
  !(of.miner && (MINERS[of.miner.name] as MinerSpec).whole);

/**
 * What each term of a gradient may be off by: of bfloat16 rows that a machine multiplies as such, rows and weights are rounded to it,
 * each by at most 2⁻⁸ of itself, unless a difference of rows is made of their sums.
 */
export function roundedBy(problem: Problem, storage: Storage): number {
  const multiplied = here() === "cpu" && /bf16|amx/.test(native().instructionSet());
  const sums = problem.metric === "inner" || problem.metric === "cosineSimilarity";
  return storage === "bfloat16" && multiplied && sums && isFused(problem) ? 2 * 2 ** -8 : 0;
}

export function triplets(problem: Problem): number {
  const { kinds } = pairsOf(
    { ...problem, x: problem.x.map(() => [0]), ...(problem.y ? { y: problem.y.map(() => [0]) } : {}) },
    exactly,
  );
  const count = (row: readonly number[], kind: number): number => row.filter((k) => k === kind).length;
  return kinds.reduce((sum, row) => sum + count(row, 1) * count(row, -1), 0);
}

function minedBy({ name, params }: Mining, row: readonly number[], kinds: readonly number[]): number[] {
  const oracle: MinerOracle = MINER_ORACLES[name];
  return oracle(row, kinds, params, exactly, row);
}

/** Whether the same triplets are there, with the same slopes, when every score is moved by a hair. */
export function tripletsAreClear(problem: Problem): boolean {
  if (triplets(problem) > MOST) return false;
  const { miner, ...unmined } = problem;
  const { u, v, scores, kinds, metric } = pairsOf(unmined, exactly);
  const centre = mean([...u, ...v], problem.d);
  const mined = (moved: Scores) => (miner ? kinds.map((row, i) => minedBy(miner, moved[i] as number[], row)) : kinds);
  const among = problem.params.swap ? v.map((a) => v.map((b) => metric.value(a, b, exactly))) : undefined;
  const teacher = teacherOf(problem, exactly);
  const similarity = DISTANCES[problem.metric].closer === "larger";
  const chosen = (shift: (s: Scores) => Scores): string => {
    const params = {
      ...problem.params,
      similarity,
      mining: problem.miner,
      among: among && shift(among),
      teacher,
    } as Params;
    const moved = shift(scores);
    const terms = ORACLES[problem.loss](moved, mined(moved), params, exactly).flat();
    return terms
      .map(({ row, slopes }) => `${row}:${slopes.map(({ i, j, among: other }) => `${i},${j},${other}`)}`)
      .join();
  };
  const plain = chosen((s) => s);
  /** What is added up for a score, which may be far more than the score itself. */
  const size = (rows: Rows, i: number, j: number): number =>
    Math.max(1, metric.terms(rows[i] as number[], v[j] as number[], centre));
  const stays = (sign: (i: number, j: number) => number): boolean =>
    chosen((s) =>
      s.map((row, i) => row.map((value, j) => value + sign(i, j) * HAIR * size(s === scores ? u : v, i, j))),
    ) === plain;
  // Positives one way and negatives the other, which moves each triplet most; and each score for itself.
  const apart = (sign: number) => stays((i, j) => sign * (kinds[i]?.[j] ?? 0));
  const anyhow = (next: () => number) => stays(() => (next() < 0.5 ? -1 : 1));
  return apart(1) && apart(-1) && [1, 2, 3].every((seed) => anyhow(uniform(seed)));
}
