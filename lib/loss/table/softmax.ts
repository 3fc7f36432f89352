/** Losses that tell positives from candidates by a softmax. */
import type { LossSpec } from "./spec.js";

export const SOFTMAX_LOSSES = {
  infoNCE: {
    kind: "paired",
    skeleton: "row log-sum-exp with one target",
    terms: "rows",
    reduction: "mean",
    metric: "cosineSimilarity",
    metrics: ["inner", "cosineSimilarity"],
    miners: ["hardNegatives"],
    params: {
      temperature: {
        kind: "tensor",
        default: 0.05,
        above: 0,
        doc: "τ, divides the similarities; a tensor of one element gets a gradient",
      },
      symmetric: {
        kind: "boolean",
        default: false,
        doc: "average with the loss of the other direction, over the columns that hold a positive",
      },
      targetOffset: {
        kind: "number",
        default: 0,
        integer: true,
        min: 0,
        doc: "the positive of row i is candidate i + targetOffset, as after gathering the candidates of several processes",
      },
      focal: {
        kind: "number",
        default: 0,
        min: 0,
        doc: "γ: a row counts (1 − its softmax at the positive)^γ",
      },
      focalGradient: {
        kind: "enum",
        default: "detached",
        values: ["detached", "attached"],
        doc: "whether that factor is a constant in the gradient; KaLM-V2, which has it, does not say",
      },
      logWeights: {
        kind: "vector",
        per: "candidate",
        doc: "added to the logits of each candidate; gets a gradient",
      },
    },
    meaning: "finds each anchor's own candidate among all candidates; multiple negatives ranking, CLIP when symmetric",
    formula: [
      "zᵢⱼ = Sᵢⱼ/τ + logWeightsⱼ, t(i) = i + targetOffset, p = softmaxⱼ(zᵢⱼ)",
      "Lᵢ = (1 − pᵢₜ₍ᵢ₎)^γ · (ln Σⱼ exp(zᵢⱼ) − zᵢₜ₍ᵢ₎)",
      "symmetric: Lᵢ = (that + ln Σₐ exp(zₐₜ₍ᵢ₎) − zᵢₜ₍ᵢ₎)/2, a over the N anchors; further candidates are negatives of the rows only",
    ],
    gradient: [
      "∂Lᵢ/∂Sᵢⱼ = (1 − pᵢₜ)^γ · (pᵢⱼ − [j = t(i)])/τ, and the mirror image for the other direction",
      "attached: that times 1 − γ pᵢₜ ln(pᵢₜ)/(1 − pᵢₜ)",
      "∂L/∂τ = −Σ w S/τ, w the weight of each pair",
    ],
    empty: "no anchors give 0; every anchor needs its candidate, so M ≥ N + targetOffset",
    memory: "two statistics a row, and two a column when symmetric; the N×M matrix is recomputed and never stored",
    source:
      "van den Oord et al. 2018, arXiv 1807.03748; sentence-transformers MultipleNegativesRankingLoss and MultipleNegativesSymmetricRankingLoss at scale 20",
  },
  ntXent: {
    kind: "labeled",
    skeleton: "log-sum-exp of negatives, then positives",
    terms: "pairs",
    reduction: "mean",
    metric: "cosineSimilarity",
    metrics: ["inner", "cosineSimilarity"],
    miners: [],
    params: {
      temperature: {
        kind: "tensor",
        default: 0.07,
        above: 0,
        doc: "τ, divides the similarities; a tensor of one element gets a gradient",
      },
    },
    meaning: "tells each positive from the anchor's negatives, one positive at a time; SimCLR where rows are two views",
    formula: [
      "zᵢⱼ = Sᵢⱼ/τ, P the positives of row i, Q its negatives",
      "Lᵢₚ = −ln(exp(zᵢₚ) / (exp(zᵢₚ) + Σ_Q exp(zᵢₙ)))",
    ],
    gradient: [
      "uᵢₚ = Σ_Q exp(zᵢₙ) / (exp(zᵢₚ) + Σ_Q exp(zᵢₙ))",
      "∂L/∂Sᵢₚ = −uᵢₚ/τ on positives, (Σₚ uᵢₚ) softmax_Q(zᵢₙ)/τ on negatives",
      "∂L/∂τ = −Σ w S/τ, w the weight of each pair",
    ],
    empty: "a row without negatives contributes 0, one without positives nothing",
    memory:
      "two statistics a row; positives are met in a second, short sweep; the N×M matrix is recomputed and never stored",
    source: "Chen et al. 2020, arXiv 2002.05709; pytorch-metric-learning 2.8.1 (NTXentLoss)",
  },
} as const satisfies Record<string, LossSpec>;
