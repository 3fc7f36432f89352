/** Losses that contrast positives with many negatives, beyond one softmax with one target. */
import type { LossSpec } from "./spec.js";

const temperature = (value: number) =>
  ({
    kind: "tensor",
    default: value,
    above: 0,
    doc: "τ, divides the similarities; a tensor of one element gets a gradient",
  }) as const;

export const CONTRAST_LOSSES = {
  supCon: {
    kind: "labeled",
    skeleton: "row log-sum-exp with many positives",
    terms: "rows",
    reduction: "meanNonZero",
    metric: "cosineSimilarity",
    metrics: ["inner", "cosineSimilarity"],
    miners: [],
    params: { temperature: temperature(0.1) },
    meaning: "all positives of a row against all of its pairs, supervised contrastive learning",
    formula: ["zᵢⱼ = Sᵢⱼ/τ, P the positives of row i", "Lᵢ = ln Σⱼ exp(zᵢⱼ) − mean_P zᵢₚ, j over all pairs of the row"],
    gradient: ["∂Lᵢ/∂Sᵢⱼ = (softmaxⱼ(zᵢⱼ) − [j ∈ P]/|P|)/τ", "∂L/∂τ = −Σ w S/τ, w the weight of each pair"],
    empty: "a row without positives contributes 0 and counts in mean, as in the authors' code",
    memory: "four statistics a row; the N×M matrix is recomputed and never stored",
    source:
      'Khosla et al. 2020, arXiv 2004.11362; defaults of pytorch-metric-learning 2.8.1 (SupConLoss). The authors\' code (HobbitLong/SupContrast) has temperature 0.07 and reduction "mean", and multiplies by τ over a base temperature, which is 1 by default',
  },
  sigLip: {
    kind: "paired",
    skeleton: "independent pairs",
    terms: "rows",
    reduction: "mean",
    metric: "cosineSimilarity",
    metrics: ["inner", "cosineSimilarity"],
    miners: [],
    params: {
      scale: {
        kind: "tensor",
        default: 10,
        above: 0,
        doc: "t, multiplies the similarities; a tensor of one element gets a gradient",
      },
      bias: {
        kind: "tensor",
        default: -10,
        doc: "b, added to all logits; a tensor of one element gets a gradient",
      },
    },
    meaning: "each pair by itself is told to be the anchor's own candidate or not",
    formula: [
      "zᵢⱼ = t Sᵢⱼ + b",
      "Lᵢ = ln(1 + exp(−zᵢᵢ)) + Σⱼ ln(1 + exp(zᵢⱼ)), j over the other candidates; further candidates are negatives",
    ],
    gradient: ["∂Lᵢ/∂zᵢⱼ = 1/(1 + exp(−zᵢⱼ)) − [j = i]", "∂/∂S = t ∂/∂z, ∂L/∂t = Σ S ∂L/∂z, ∂L/∂b = Σ ∂L/∂z"],
    empty: "no anchors give 0; every anchor needs its candidate, so M ≥ N",
    memory: "one sum a row; the N×M matrix is recomputed and never stored",
    source: "Zhai et al. 2023, arXiv 2303.15343, whose initial scale and bias these are",
  },
  hardNegativeContrastive: {
    kind: "paired",
    anchors: "views",
    skeleton: "row log-sum-exp with one target",
    terms: "rows",
    reduction: "mean",
    metric: "cosineSimilarity",
    metrics: ["inner", "cosineSimilarity"],
    miners: [],
    params: {
      temperature: temperature(0.5),
      tauPlus: { kind: "number", default: 0.1, min: 0, max: 0.99, doc: "τ₊, the share of positives among negatives" },
      beta: { kind: "number", default: 1, min: 0, doc: "how much harder negatives count for more; 0: debiased only" },
    },
    meaning: "SimCLR whose negatives are weighed by their hardness and freed of the positives that hide among them",
    formula: [
      "rows are the anchors and the candidates together, each a positive of its other view; zᵢⱼ = Sᵢⱼ/τ, Q the n other rows",
      "R = n Σ_Q exp((1 + β) zᵢⱼ) / Σ_Q exp(β zᵢⱼ)",
      "N = max((R − τ₊ n exp(zᵢₚ))/(1 − τ₊), n exp(−1/τ))",
      "Lᵢ = ln(exp(zᵢₚ) + N) − zᵢₚ",
    ],
    gradient: [
      "q = N/(exp(zᵢₚ) + N), κ = R/((1 − τ₊)(exp(zᵢₚ) + N))",
      "∂Lᵢ/∂Sᵢⱼ = κ ((1 + β) softmax_Q((1 + β) zᵢⱼ) − β softmax_Q(β zᵢⱼ))/τ on negatives, −κ/τ on the positive",
      "where N is the least that it may be: 0 on negatives, −q/τ on the positive",
    ],
    empty:
      'no anchors give 0, as does a single pair; every anchor needs its candidate, further candidates are negatives only; "none" adds the terms of both views of a pair',
    memory: "a copy of both inputs, four statistics a row; the matrix of pairs is recomputed and never stored",
    source:
      'Robinson et al. 2021, arXiv 2010.04592, and the authors\' code (joshr17/HCL, "hard"; its "easy" is infoNCE over both views)',
  },
  weightedNegatives: {
    kind: "paired",
    skeleton: "row log-sum-exp with one target",
    terms: "rows",
    reduction: "mean",
    metric: "cosineSimilarity",
    metrics: ["inner", "cosineSimilarity"],
    miners: [],
    params: {
      temperature: temperature(0.5),
      weights: {
        kind: "pairWeights",
        doc: "g ≥ 0 of each pair, [N, M]; gets a gradient; what is below 0 counts as 0",
      },
      clusters: {
        kind: "clusters",
        doc: "g of a pair is the number of these clusterings that part its rows: lists of M ids, an anchor having that of its own candidate; without weights or clusters 1 for all pairs but the positive",
      },
    },
    meaning:
      "softmax whose negatives count by how surely they are some; the positive is no part of the sum unless its weight is above 0",
    formula: ["zᵢⱼ = Sᵢⱼ/τ", "Lᵢ = ln Σⱼ gᵢⱼ exp(zᵢⱼ) − zᵢᵢ, j over all candidates"],
    gradient: [
      "pᵢⱼ = gᵢⱼ exp(zᵢⱼ)/Σ gᵢₖ exp(zᵢₖ)",
      "∂Lᵢ/∂Sᵢⱼ = (pᵢⱼ − [j = i])/τ, ∂Lᵢ/∂gᵢⱼ = exp(zᵢⱼ)/Σ gᵢₖ exp(zᵢₖ)",
      "∂L/∂τ = −Σ w S/τ, w the weight of each pair in the gradient",
    ],
    empty: "a row whose weights are all 0 has no term; every anchor needs its candidate, so M ≥ N",
    memory:
      "three statistics a row; with weights their gradient, with clusters one id a row and clustering; no other N×M matrix",
    source:
      "MEOW and AdaMEOW (jianxiangyu/MEOW): MEOW takes clusters, AdaMEOW learned weights; MEOW's term of prototypes is another loss over the prototypes, added by the caller",
  },
  nPairs: {
    kind: "labeled",
    anchors: "classes",
    skeleton: "row log-sum-exp with one target",
    terms: "classes",
    reduction: "mean",
    metric: "inner",
    metrics: ["inner", "cosineSimilarity"],
    miners: [],
    params: {},
    meaning: "one pair of each class, told from the other classes' positives",
    formula: [
      "the first positive pair (aₖ, pₖ) of each of the K classes that have one, ordered by anchor, then by positive",
      "Lₖ = ln Σⱼ exp(S(aₖ, pⱼ)) − S(aₖ, pₖ)",
      "with a reference: the first row of the class against its first row there",
    ],
    gradient: ["∂Lₖ/∂S(aₖ, pⱼ) = softmaxⱼ(S(aₖ, pⱼ)) − [j = k]"],
    empty: "classes without a positive pair have no term; one class gives 0",
    memory: "a copy of 2·K rows, three statistics a class; the K×K matrix is recomputed and never stored",
    source: "Sohn 2016; pytorch-metric-learning 2.8.1 (NPairsLoss), which takes no reference",
  },
} as const satisfies Record<string, LossSpec>;
