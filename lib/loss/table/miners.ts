/** Rules that choose among pairs. */
import type { MinerSpec } from "./spec.js";
import { TRIPLET_MINERS } from "./triplet-miners.js";

export const MINERS = {
  multiSimilarity: {
    result: "pairs",
    metric: "cosineSimilarity",
    metrics: ["inner", "cosineSimilarity"],
    params: {
      epsilon: {
        kind: "number",
        default: 0.1,
        min: 0,
        doc: "how far a pair may be on the easy side and still be kept",
      },
    },
    meaning: "keeps the pairs that the row's hardest pair of the other kind makes informative",
    formula: [
      "positive j of row i is kept where Sᵢⱼ − ε < max over its negatives of S",
      "negative j of row i is kept where Sᵢⱼ + ε > min over its positives of S",
    ],
    empty: "a row without positives or without negatives keeps nothing",
    memory: "two extremes a row; as a function, the kept pairs",
    source: "Wang et al. 2019, arXiv 1904.06627; pytorch-metric-learning 2.8.1 (MultiSimilarityMiner)",
  },
  pairMargin: {
    result: "pairs",
    metric: "euclidean",
    metrics: ["cosine", "sqeuclidean", "euclidean"],
    params: {
      posMargin: { kind: "number", default: 0.2, doc: "positives farther than this are kept" },
      negMargin: { kind: "number", default: 0.8, doc: "negatives closer than this are kept" },
    },
    meaning: "keeps the pairs that are on the wrong side of a margin",
    formula: ["positives with d > posMargin, negatives with d < negMargin"],
    empty: "each side by itself may be empty",
    memory: "fused, none; as a function, the kept pairs",
    source: "pytorch-metric-learning 2.8.1 (PairMarginMiner)",
  },
  hardestFraction: {
    result: "pairs",
    whole: true,
    metric: "euclidean",
    metrics: ["inner", "cosineSimilarity", "cosine", "sqeuclidean", "euclidean", "snr"],
    params: {
      fraction: {
        kind: "number",
        default: 0.5,
        above: 0,
        max: 1,
        doc: "share of positives, and of negatives, to keep",
      },
    },
    meaning: "keeps the hardest share of all positive pairs and of all negative pairs",
    formula: [
      "the ⌈fraction · number⌉ farthest positives and closest negatives of the whole batch; at equal distance those of the lower anchor, then of the lower other row",
    ],
    empty: "a side without pairs stays empty",
    memory: "the scores of all pairs, 4 bytes each and as much again while they are sorted",
    source: "Yuan et al. 2017, arXiv 1611.05720; pytorch-metric-learning 2.8.1 (HDCMiner)",
  },
  hardNegatives: {
    result: "pairs",
    metric: "cosineSimilarity",
    metrics: ["inner", "cosineSimilarity"],
    params: {
      k: {
        kind: "number",
        default: 0,
        integer: true,
        min: 0,
        doc: "negatives kept of each row, the most similar ones; 0, as without k: all",
      },
      filter: {
        kind: "enum",
        default: "none",
        values: ["none", "absolute", "relative"],
        doc: "falseNegative.kind: how the margin is meant",
      },
      margin: {
        kind: "number",
        default: 0,
        doc: "falseNegative.margin: how far above its row's positive a negative is still believed; may be negative",
      },
    },
    meaning: "drops negatives that are more like the anchor than its positive is, then keeps the hardest",
    formula: [
      "g of a pair is its score by the guide, { anchors, candidates }, or without one S itself; g₊ that of the row's positive, the least of several",
      "negative j of row i is dropped where gᵢⱼ > g₊ + margin (absolute) or gᵢⱼ > g₊ (1 + margin) (relative)",
      "of the others those with the k largest Sᵢⱼ are kept, the lower j first where two are equal; positives all",
    ],
    empty: "fewer than k that survive are all kept; a row without a positive drops none",
    memory:
      "three statistics a row, k scores a row of a block while they are ranked, and the guide's rows packed once; at most 2²⁴ candidates",
    source:
      "UniME, arXiv 2504.17432 (absolute, k 8, margin 0.1), whose code fills up with dropped columns where fewer than k survive; GISTEmbed, arXiv 2402.16829 (guide)",
  },
  ...TRIPLET_MINERS,
} as const satisfies Record<string, MinerSpec>;
