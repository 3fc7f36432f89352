import type { LOSSES, MINERS } from "../../lib/loss/table.js";
import type { Round } from "../support/earned.js";
import { hardNegativeContrastive, nPairs, sigLip, supCon, weightedNegatives } from "./oracles/contrast.js";
import { circle, generalizedLifted, liftedStructure, thresholdConsistentMargin } from "./oracles/margins.js";
import { balancedSoftmax, crossEntropy, generalizedCrossEntropy, squaredHinge } from "./oracles/classes.js";
import { arcFace, cosFace, elasticFace, softTriple, unifiedNegativePairs } from "./oracles/angles.js";
import { hardNegatives } from "./oracles/hard-negatives.js";
import { contrastive, multiSimilarity } from "./oracles/pairs.js";
import { proxyAnchor, proxyNCA } from "./oracles/proxies.js";
import type { Oracle, Value } from "./oracles/shared.js";
import { boosting, margin, triplet, warp } from "./oracles/triplets.js";
import { infoNCE, normalizedSoftmax, ntXent } from "./oracles/softmax.js";

export type { Kinds, Params, Scores, Term, Value } from "./oracles/shared.js";

export const ORACLES = {
  multiSimilarity,
  contrastive,
  infoNCE,
  ntXent,
  normalizedSoftmax,
  circle,
  generalizedLifted,
  liftedStructure,
  thresholdConsistentMargin,
  supCon,
  sigLip,
  hardNegativeContrastive,
  weightedNegatives,
  nPairs,
  proxyNCA,
  proxyAnchor,
  crossEntropy,
  generalizedCrossEntropy,
  balancedSoftmax,
  squaredHinge,
  cosFace,
  arcFace,
  softTriple,
  unifiedNegativePairs,
  elasticFace,
  margin,
  triplet,
  boosting,
  warp,
} as const satisfies Record<keyof typeof LOSSES, Oracle>;

/** A row's pairs after mining: those that the rule drops are none. */
export type MinerOracle = (
  row: readonly number[],
  kinds: readonly number[],
  params: MinerParams,
  f: Round,
  /** the guide's scores, or the row's own */
  guide: readonly number[],
) => number[];
export type MinerParams = Readonly<Record<string, Value>>;

/** Those that choose triplets leave the pairs to the loss. */
const allPairs: MinerOracle = (_row, kinds) => [...kinds];

export const MINER_ORACLES = {
  multiSimilarity: (row, kinds, params, f) => {
    const epsilon = params.epsilon as number;
    const hardestNegative = Math.max(...row.filter((_, j) => kinds[j] === -1));
    const hardestPositive = Math.min(...row.filter((_, j) => kinds[j] === 1));
    return row.map((s, j) => {
      if (kinds[j] === 1) return f(s - f(epsilon)) < hardestNegative ? 1 : 0;
      if (kinds[j] === -1) return f(s + f(epsilon)) > hardestPositive ? -1 : 0;
      return 0;
    });
  },
  pairMargin: (row, kinds, params, f) =>
    row.map((s, j) => {
      if (kinds[j] === 1) return s > f(params.posMargin as number) ? 1 : 0;
      if (kinds[j] === -1) return s < f(params.negMargin as number) ? -1 : 0;
      return 0;
    }),
  hardestFraction: allPairs,
  angular: allPairs,
  distanceWeighted: allPairs,
  triplet: allPairs,
  batchHard: allPairs,
  batchEasyHard: allPairs,
  hardNegatives,
} as const satisfies Record<keyof typeof MINERS, MinerOracle>;
