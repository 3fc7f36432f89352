/** Which pairs are positives and which negatives. */
import { LOSSES, type LossSpec } from "../../lib/loss/table.js";
import type { Rows } from "../support/rows.js";
import type { Kinds } from "./oracle.js";
import type { Problem } from "./problem.js";

const IGNORED = -100;

export function kindsOf(problem: Problem): Kinds {
  const { rows = [], columns = rows } = problem.exclude ?? {};
  const excluded = (i: number, j: number): boolean => (rows[i] ?? -1) >= 0 && rows[i] === columns[j];
  return matched(problem).map((row, i) => row.map((kind, j) => (excluded(i, j) ? 0 : kind)));
}

const share = (a: readonly number[], b: readonly number[]): boolean => a.some((byte, k) => (byte & (b[k] ?? 0)) !== 0);

function matched(problem: Problem): Kinds {
  const { x, y = [], labels, sets } = problem;
  const self = problem.y === undefined;
  const spec: LossSpec = LOSSES[problem.loss];
  const centers = (problem.params.centers as number | undefined) ?? 1;
  const offset = Number(problem.params.targetOffset ?? 0);
  if (labels === undefined) return x.map((_, i) => y.map((_, j) => (i + offset === j ? 1 : -1)));
  if (spec.kind === "classed")
    return x.map((_, i) =>
      y.map((_, j) => {
        if (spec.anchors !== "weights") return labels[i] === Math.floor(j / centers) ? 1 : -1;
        return labels[j] === IGNORED ? 0 : labels[j] === i ? 1 : -1;
      }),
    );
  if (sets) {
    const others = self ? sets : (problem.referenceSets as Rows);
    return sets.map((set, i) => others.map((other, j) => (self && i === j ? 0 : share(set, other) ? 1 : -1)));
  }
  const others = self ? labels : (problem.referenceLabels as readonly number[]);
  return labels.map((label, i) => others.map((other, j) => (self && i === j ? 0 : label === other ? 1 : -1)));
}
