import { attentionProblems } from "./attention.js";
import { backwardProblems } from "./backward.js";
import { ELEMENTWISE } from "./elementwise.js";
import { lossProblems } from "./loss.js";
import { pairwiseProblems } from "./pairwise.js";
import { queryProblems } from "./query.js";
import { radiusProblems } from "./radius.js";
import { reduceProblems } from "./reduce.js";
import { RETRIEVAL } from "./retrieval.js";
import { STEP } from "./step.js";
import { topKProblems } from "./topk.js";
import type { Kind, Problem } from "./types.js";

export const GROUPS = ["distance", "loss", "evaluate", "attention"] as const;
export type Group = (typeof GROUPS)[number];

const GROUP_OF: Readonly<Record<Kind, Group>> = {
  pairwise: "distance",
  topK: "distance",
  reduce: "distance",
  radius: "distance",
  backward: "distance",
  loss: "loss",
  step: "loss",
  retrieval: "evaluate",
  decode: "attention",
  attention: "attention",
};

export const groupOf = ({ kind }: Problem): Group => GROUP_OF[kind];

/** Problems of one kind, seen as problems of any: the harness pairs each with solutions of its own kind. */
export function problems(quick: boolean): Problem[] {
  const all = [
    ...pairwiseProblems(quick),
    ...ELEMENTWISE,
    ...backwardProblems(quick),
    ...topKProblems(quick),
    ...radiusProblems(quick),
    ...reduceProblems(quick),
    ...queryProblems(quick),
    ...lossProblems(quick),
    ...RETRIEVAL,
    ...STEP,
    ...attentionProblems(quick),
  ];
  return all as unknown as Problem[];
}
