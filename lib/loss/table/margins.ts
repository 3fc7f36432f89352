/** Losses of a row's positives and negatives together: circle, lifted structure, consistent thresholds. */
import type { LossSpec } from "./spec.js";

export const MARGIN_LOSSES = {
  circle: {
    kind: "labeled",
    skeleton: "two log-sum-exps",
    terms: "rows",
    reduction: "meanNonZero",
    metric: "cosineSimilarity",
    metrics: ["inner", "cosineSimilarity"],
    miners: [],
    params: {
      relaxation: {
        kind: "number",
        default: 0.4,
        doc: "m: positives are pulled towards 1 + m and negatives pushed towards −m, with thresholds 1 − m and m",
      },
      gamma: { kind: "number", default: 80, above: 0, doc: "scale of the exponents" },
      attached: {
        kind: "boolean",
        default: false,
        doc: "the gradient also flows through the factors a; by default they are constants, as in the paper",
      },
    },
    meaning: "each pair at its own pace: weighed by how far it is from its optimum",
    formula: ["a₊ = [1 + m − S]₊, a₋ = [S + m]₊", "Lᵢ = ln(1 + Σ₊ exp(−γ a₊ (S − 1 + m)) · Σ₋ exp(γ a₋ (S − m)))"],
    gradient: [
      "σ = 1 − exp(−Lᵢ)",
      "∂Lᵢ/∂S = −γ a₊ σ softmax₊ on positives, γ a₋ σ softmax₋ on negatives, the softmax of the exponents of their side",
      "attached: 2 − 2S in place of a₊ where that is above 0, 2S in place of a₋",
    ],
    empty: "a row without positives or without negatives contributes 0; mean still divides by all N rows",
    memory: "three statistics a row; the N×M matrix is recomputed in the backward pass and never stored",
    source: "Sun et al. 2020, arXiv 2002.10857; pytorch-metric-learning 2.8.1 (CircleLoss)",
  },
  generalizedLifted: {
    kind: "labeled",
    skeleton: "two log-sum-exps",
    terms: "rows",
    reduction: "mean",
    metric: "euclidean",
    metrics: ["inner", "cosineSimilarity", "cosine", "sqeuclidean", "euclidean"],
    miners: [],
    params: {
      posMargin: { kind: "number", default: 0, doc: "m₊, taken off the distances of positives" },
      negMargin: { kind: "number", default: 1, doc: "m₋, from which the distances of negatives are taken" },
    },
    meaning: "a smooth hardest positive against a smooth hardest negative, row by row",
    formula: [
      "distances: Lᵢ = [ln Σ₊ exp(d − m₊) + ln Σ₋ exp(m₋ − d)]₊",
      "similarities: m₊ − S and S − m₋ in the exponents",
    ],
    gradient: [
      "where the sum is above 0: the softmax of the exponents of its side, + on positives and − on negatives",
      "similarities: the reverse",
    ],
    empty: "the logarithm of a side without pairs counts as 0; mean divides by all N rows",
    memory: "two statistics a row; the N×M matrix is recomputed in the backward pass and never stored",
    source: "Hermans et al. 2017, arXiv 1703.07737; pytorch-metric-learning 2.8.1 (GeneralizedLiftedStructureLoss)",
  },
  liftedStructure: {
    kind: "labeled",
    skeleton: "log-sum-exp of negatives, then positives",
    terms: "pairs",
    reduction: "mean",
    metric: "euclidean",
    metrics: ["inner", "cosineSimilarity", "cosine", "sqeuclidean", "euclidean"],
    miners: [],
    params: {
      posMargin: { kind: "number", default: 0, doc: "m₊, taken off the distances of positives" },
      negMargin: { kind: "number", default: 1, doc: "m₋, from which the distances of negatives are taken" },
    },
    meaning: "each positive pair against the smooth nearest negative of either of its rows",
    formula: [
      "lnᵢ = ln Σ₋ exp(m₋ − dᵢₙ), n over the negatives of row i",
      "J = dₐₚ − m₊ + ln(exp(lnₐ) + exp(lnₚ)), Lₐₚ = [J]₊²/2 of each ordered positive pair",
      "similarities: m₊ − S and S − m₋ in the exponents",
      "with a reference: its row p has the anchors of other labels for negatives",
    ],
    gradient: [
      "∂L/∂dₐₚ = [J]₊",
      "∂L/∂dᵢₙ = −exp(m₋ − dᵢₙ − lnᵢ) Σ [J]₊ exp(lnᵢ − ln(exp(lnₐ) + exp(lnₚ))), over the positive pairs that row i is in",
    ],
    empty: "no positives or no negatives give 0",
    memory:
      "two statistics a row, of either side with a reference; positives are met in a second, short sweep; the N×M matrix is recomputed and never stored",
    source:
      "Song et al. 2016, arXiv 1511.06452; pytorch-metric-learning 2.8.1 (LiftedStructureLoss), halved because a pair has both orders",
  },
  thresholdConsistentMargin: {
    kind: "labeled",
    skeleton: "hinges and counts",
    terms: "pairs",
    reduction: "mean",
    metric: "cosineSimilarity",
    metrics: ["inner", "cosineSimilarity"],
    miners: [],
    params: {
      posMargin: { kind: "number", default: 0.9, doc: "m₊: positives at most this similar are terms" },
      negMargin: { kind: "number", default: 0.5, doc: "m₋: negatives at least this similar are terms" },
      posWeight: { kind: "number", default: 1, min: 0, doc: "λ₊, of what positives contribute" },
      negWeight: { kind: "number", default: 1, min: 0, doc: "λ₋, of what negatives contribute" },
    },
    meaning: "a regulariser beside another loss: one threshold for all classes",
    formula: [
      "λ₊ (m₊ − S) for each positive with S ≤ m₊, λ₋ (S − m₋) for each negative with S ≥ m₋; no other pair is a term",
      "positives and negatives are reduced separately, then added",
    ],
    gradient: ["−λ₊ on the positives that are terms, λ₋ on the negatives, divided by what the reduction divides by"],
    empty: "a part without terms contributes 0",
    memory: "two sums and two counts a row; the N×M matrix is recomputed in the backward pass and never stored",
    source:
      "Zhang et al. 2023, arXiv 2307.04047; pytorch-metric-learning 2.8.1 (ThresholdConsistentMarginLoss), which takes no reference where this does",
  },
} as const satisfies Record<string, LossSpec>;
