/** Losses of pairs that are weighed against margins, or against one another. */
import type { LossSpec } from "./spec.js";

export const PAIR_LOSSES = {
  multiSimilarity: {
    kind: "labeled",
    skeleton: "extremes then two log-sum-exps",
    terms: "rows",
    reduction: "mean",
    metric: "cosineSimilarity",
    metrics: ["inner", "cosineSimilarity"],
    miners: ["multiSimilarity"],
    params: {
      alpha: { kind: "number", default: 2, above: 0, doc: "sharpness of the pull on positives" },
      beta: { kind: "number", default: 50, above: 0, doc: "sharpness of the push on negatives" },
      base: { kind: "number", default: 0.5, doc: "similarity λ that parts positives from negatives" },
      skipIfEitherEmpty: {
        kind: "boolean",
        default: false,
        doc: "a row whose positives or negatives (after mining) are empty contributes 0, as in the authors' code; else the other side still counts",
      },
    },
    meaning: "weighs each pair by how it stands against the other pairs of its row",
    formula: [
      "Lᵢ = ln(1 + Σ₊ exp(−α(Sᵢⱼ − λ)))/α + ln(1 + Σ₋ exp(β(Sᵢⱼ − λ)))/β",
      "Σ₊ over the positives of row i, Σ₋ over its negatives, those that the miner keeps where one is given",
    ],
    gradient: [
      "∂Lᵢ/∂Sᵢⱼ = −exp(−α(Sᵢⱼ − λ)) / (1 + Σ₊ exp(−α(S − λ))) on positives",
      "∂Lᵢ/∂Sᵢⱼ = +exp(β(Sᵢⱼ − λ)) / (1 + Σ₋ exp(β(S − λ))) on negatives",
    ],
    empty: "a side without pairs contributes 0; mean still divides by all N rows",
    memory: "four statistics a row; the N×M matrix is recomputed in the backward pass and never stored",
    source:
      "Wang et al. 2019, arXiv 1904.06627; defaults of pytorch-metric-learning 2.8.1 (MultiSimilarityLoss). The authors' code (MalongTech/research-ms-loss) has beta 40, the miner, and skipIfEitherEmpty",
  },
  contrastive: {
    kind: "labeled",
    skeleton: "hinges and counts",
    terms: "pairs",
    reduction: "meanNonZero",
    metric: "euclidean",
    metrics: ["inner", "cosineSimilarity", "cosine", "sqeuclidean", "euclidean", "snr"],
    miners: ["pairMargin"],
    params: {
      posMargin: {
        kind: "number",
        default: 0,
        min: 0,
        doc: "positives at most this far apart cost nothing; with a similarity, positives at least this similar",
      },
      negMargin: {
        kind: "number",
        default: 1,
        min: 0,
        doc: "negatives at least this far apart cost nothing; with a similarity, negatives at most this similar",
      },
    },
    meaning: "pulls positives within one margin and pushes negatives beyond another",
    formula: [
      "distances: [d − posMargin]₊ on positives, [negMargin − d]₊ on negatives",
      "similarities: [posMargin − S]₊ on positives, [S − negMargin]₊ on negatives; the defaults stay 0 and 1, pass others",
      "positives and negatives are reduced separately, then added",
    ],
    gradient: [
      "±1 where the hinge is above 0, divided by what the reduction divides that part by; 0 elsewhere",
      "distances: + on positives, − on negatives; similarities: the reverse",
    ],
    empty: "a part without pairs, or without pairs above 0, contributes 0",
    memory: "two sums and two counts a row; the N×M matrix is recomputed in the backward pass and never stored",
    source:
      "Hadsell, Chopra, LeCun 2006, unsquared as in pytorch-metric-learning 2.8.1 (ContrastiveLoss), whose defaults these are",
  },
} as const satisfies Record<string, LossSpec>;
