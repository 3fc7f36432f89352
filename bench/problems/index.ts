import { lossProblems } from "./loss.js";
import { PAIRWISE } from "./pairwise.js";
import { RETRIEVAL } from "./retrieval.js";
import { STEP } from "./step.js";
import { topKProblems } from "./topk.js";
import type { Problem } from "./types.js";

/** Problems of one kind, seen as problems of any: the harness pairs each with solutions of its own kind. */
export function problems(quick: boolean): Problem[] {
  const all = [...PAIRWISE, ...topKProblems(quick), ...lossProblems(quick), ...RETRIEVAL, ...STEP];
  return all as unknown as Problem[];
}
