import type { Contender, Problem } from "../problems/types.js";
import { mlDistance } from "./ml-distance.js";
import { numkong } from "./numkong.js";
import { onnxruntime } from "./onnxruntime.js";
import { tfjs } from "./tfjs.js";
import { usearch } from "./usearch.js";
import { warpweft, warpweftFresh } from "./warpweft.js";

export const OWN = [warpweft.name, warpweftFresh.name];
export const CONTENDERS: readonly Contender[] = [
  warpweft,
  warpweftFresh,
  onnxruntime,
  numkong,
  usearch,
  tfjs,
  mlDistance,
];

/** Ours first, then the problem's peers. */
export function contendersOf(problem: Problem): Contender[] {
  const fresh = problem.kind === "pairwise" && problem.headline ? [warpweftFresh] : [];
  return [warpweft, ...fresh, ...CONTENDERS.filter((contender) => problem.peers.includes(contender.name))];
}
