/** Rules that choose among triplets. */
import type { MinerSpec } from "./spec.js";

const METRICS = ["inner", "cosineSimilarity", "cosine", "sqeuclidean", "euclidean", "snr"] as const;
const CHOICES = ["easy", "semihard", "hard", "all"] as const;
const shared = { result: "triplets", whole: true, metric: "euclidean", metrics: METRICS } as const;

export const TRIPLET_MINERS = {
  triplet: {
    ...shared,
    params: {
      margin: { kind: "number", default: 0.2, doc: "m, the gap up to which a negative is worth a triplet" },
      type: {
        kind: "enum",
        default: "all",
        values: ["all", "hard", "semihard", "easy"],
        doc: "which side of 0 and m the gap is on",
      },
    },
    meaning: "keeps triplets by the gap between their negative and their positive",
    formula: [
      "gap = d_an − d_ap, or S_ap − S_an",
      "all: gap ≤ m; hard: gap ≤ m and gap ≤ 0; semihard: gap ≤ m and gap > 0; easy: gap > m",
    ],
    empty: "an anchor without positives or without negatives keeps nothing",
    memory: "fused, none; as a function, the kept triplets and the scores of a block of anchors",
    source: "pytorch-metric-learning 2.8.1 (TripletMarginMiner)",
  },
  batchHard: {
    ...shared,
    params: {},
    meaning: "one triplet an anchor: its farthest positive and its closest negative",
    formula: ["p = argmax d_ap, n = argmin d_an, the lower index where several are equal"],
    empty: "an anchor without positives or without negatives keeps nothing",
    memory: "fused, none; as a function, the kept triplets and the scores of a block of anchors",
    source: "Hermans et al. 2017, arXiv 1703.07737; pytorch-metric-learning 2.8.1 (BatchHardMiner)",
  },
  batchEasyHard: {
    ...shared,
    params: {
      positive: { kind: "enum", default: "easy", values: CHOICES, doc: "which positives of an anchor" },
      negative: { kind: "enum", default: "semihard", values: CHOICES, doc: "which negatives" },
    },
    meaning: "chooses each anchor's positive and negative by how hard they are; all keeps every one of a side",
    formula: [
      "positive: easy argmin d_ap, hard argmax d_ap, semihard argmax of those with d_ap < d_an of the chosen negative",
      "negative: hard argmin d_an, easy argmax d_an, semihard argmin of those with d_an > d_ap of the chosen positive",
      "both semihard, or a semihard positive with all negatives, is refused",
    ],
    empty: "an anchor that finds no positive or no negative keeps nothing",
    memory: "fused, none; as a function, the kept triplets and the scores of a block of anchors",
    source:
      "Xuan et al. 2020, arXiv 1904.04370; pytorch-metric-learning 2.8.1 (BatchEasyHardMiner), which returns pairs where a side is all, and refuses all with semihard",
  },
  angular: {
    ...shared,
    metrics: ["euclidean"],
    params: { degrees: { kind: "number", default: 20, min: 0, max: 90, doc: "angles above this are kept" } },
    meaning: "keeps triplets whose positive pair is seen from the negative at a wide angle",
    formula: ["atan(d_ap / (2 |n − (a + p)/2|)) > degrees, with |n − (a + p)/2|² = d_an²/2 + d_pn²/2 − d_ap²/4"],
    empty: "an anchor without positives or without negatives keeps nothing",
    memory: "the kept triplets, and the scores of a block of anchors and of one of positives",
    source: "Wang et al. 2017, arXiv 1708.01682; pytorch-metric-learning 2.8.1 (AngularMiner)",
  },
  distanceWeighted: {
    ...shared,
    metrics: ["euclidean"],
    params: {
      cutoff: { kind: "number", default: 0.5, above: 0, doc: "closer negatives count as this far" },
      nonzeroLossCutoff: { kind: "number", default: 1.4, above: 0, doc: "only negatives closer than this are drawn" },
      seed: { kind: "number", default: 0, integer: true, doc: "decides the draws, together with anchor and positive" },
    },
    meaning: "draws a negative for each positive pair, each distance as likely as another; rows of unit length",
    formula: [
      "q(d) ∝ d^(D−2) (1 − d²/4)^((D−3)/2), d = max(d_an, cutoff); p_n ∝ 1/q(d) over negatives with d_an < nonzeroLossCutoff",
      "the n where Σ p first exceeds u, u in [0, 1) a function of seed, a and p",
    ],
    empty: "an anchor without negatives that near keeps nothing",
    memory: "the kept triplets, and the scores of a block of anchors",
    source:
      "Wu et al. 2017, arXiv 1706.07567; pytorch-metric-learning 2.8.1 (DistanceWeightedMiner), which takes the largest weight off over all rows, here each row's own, so that none runs out of float32",
  },
} as const satisfies Record<string, MinerSpec>;
