/** Softmax over cosines whose target has to lead by a margin. */
import type { LossSpec } from "./spec.js";

const common = {
  kind: "classed",
  skeleton: "row log-sum-exp with one target",
  terms: "rows",
  reduction: "mean",
  metric: "cosineSimilarity",
  metrics: ["cosineSimilarity"],
  miners: [],
  empty: "rows labeled ignoreIndex are left out of sum and mean; no rows give 0",
} as const;

export const ANGLE_LOSSES = {
  cosFace: {
    ...common,
    params: {
      margin: { kind: "number", default: 0.35, doc: "m, what the target's cosine has to lead by" },
      scale: { kind: "number", default: 64, above: 0, doc: "s, multiplies the cosines" },
    },
    meaning: "softmax over cosines, the target's lessened by a margin",
    formula: ["z_ic = s S_ic, but z_iy = s (S_iy − m), y the label of row i", "Lᵢ = ln Σ_c exp(z_ic) − z_iy"],
    gradient: ["∂Lᵢ/∂S_ic = s (softmax_c(z_ic) − [c = y])"],
    memory: "three statistics a row; the N×C cosines are recomputed and never stored",
    source: "Wang et al. 2018, arXiv 1801.09414; pytorch-metric-learning 2.8.1 (CosFaceLoss)",
  },
  arcFace: {
    ...common,
    params: {
      margin: { kind: "number", default: 0.5, min: 0, max: 1.5, doc: "m, added to the target's angle, in radians" },
      scale: { kind: "number", default: 64, above: 0, doc: "s, multiplies the cosines" },
      marginGradient: {
        kind: "enum",
        default: "exact",
        values: ["exact", "straightThrough"],
        doc: "whether the target's slope is that of cos(θ + m), or 1 as in insightface",
      },
      centers: {
        kind: "number",
        default: 1,
        integer: true,
        min: 1,
        max: 64,
        doc: "K, rows of weights for each class, [C·K, D] by class: a class's cosine is that of its closest centre, which alone gets the gradient. Above 1 on the CPU only",
      },
    },
    meaning: "softmax over cosines, the target's angle opened by a margin",
    formula: [
      "θ_ic the angle of row i and w_c: z_ic = s cos θ_ic, but z_iy = s cos(θ_iy + m), y the label of row i",
      "where θ_iy > π − m, where the cosine would rise again: z_iy = s (cos θ_iy − m sin m)",
      "Lᵢ = ln Σ_c exp(z_ic) − z_iy",
    ],
    gradient: [
      "∂Lᵢ/∂S_ic = s softmax_c(z_ic) on other classes",
      "∂Lᵢ/∂S_iy = −s (1 − softmax_y(z_iy)) · (cos m + sin m · S_iy/sin θ_iy), |S_iy| held at 1 − 1e-7; without the last factor beyond π − m, and with straightThrough",
    ],
    memory: "three statistics a row; the N×C cosines are recomputed and never stored",
    source:
      "Deng et al. 2019, arXiv 1801.07698; pytorch-metric-learning 2.8.1 (ArcFaceLoss), whose rule beyond π − m this is, with the margin in radians. For the plain cos(θ + m) of others: elasticFace with sigma 0",
  },
  softTriple: {
    ...common,
    params: {
      centers: {
        kind: "number",
        default: 10,
        integer: true,
        min: 1,
        max: 64,
        doc: "K, rows of weights for each class, [C·K, D] by class. Above 1 on the CPU only",
      },
      lambda: { kind: "number", default: 20, above: 0, doc: "λ, multiplies the similarities of classes" },
      gamma: { kind: "number", default: 0.1, above: 0, doc: "γ, softness of the choice among a class's centres" },
      margin: { kind: "number", default: 0.01, doc: "δ, what the target's similarity has to lead by" },
    },
    meaning: "softmax over classes that each have several centres, a row being drawn to the closer ones",
    formula: [
      "s_ick the cosine of row i and centre k of class c, q_ick = softmax_k(s_ick/γ), S_ic = Σ_k q_ick s_ick",
      "z_ic = λ S_ic, but z_iy = λ (S_iy − δ), y the label of row i; Lᵢ = ln Σ_c exp(z_ic) − z_iy",
    ],
    gradient: ["∂Lᵢ/∂s_ick = λ (softmax_c(z_ic) − [c = y]) q_ick (1 + (s_ick − S_ic)/γ)"],
    memory: "three statistics a row, tiles of a few MiB; the N×(C·K) cosines are recomputed and never stored",
    source:
      "Qian et al. 2019, arXiv 1909.05235; pytorch-metric-learning 2.8.1 (SoftTripleLoss), without the authors' regulariser of the centres",
  },
  unifiedNegativePairs: {
    ...common,
    params: {
      base: { kind: "enum", default: "arcFace", values: ["arcFace", "cosFace"], doc: "what the margin is added to" },
      margin: { kind: "number", default: 0.5, doc: "m, an angle in radians, or of the cosine" },
      scale: { kind: "number", default: 64, above: 0, doc: "s, multiplies the cosines" },
      whisker: {
        kind: "number",
        default: 1.5,
        min: 0,
        doc: "w, how many interquartile ranges beyond the quartiles a negative pair may be",
      },
    },
    meaning: "softmax over cosines of classes, to which the batch's own negative pairs are added; on the CPU only",
    formula: [
      "v the cosines of rows a < b of different labels, v₍₀₎ ≤ … ≤ v₍ₙ₋₁₎: Q₁ = v₍⌊n/4⌋₎, Q₃ = v₍⌊3n/4⌋₎, kept within [Q₁ − w(Q₃ − Q₁), Q₃ + w(Q₃ − Q₁)]",
      "A = ln Σ_kept exp(s v), θ_ic the angle of row i and w_c",
      "z_ic = s cos θ_ic, but z_iy = s cos(θ_iy + m), with cosFace s (cos θ_iy − m), y the label of row i",
      "Lᵢ = ln(Σ_c exp(z_ic) + exp(A)) − z_iy",
    ],
    gradient: [
      "∂Lᵢ/∂z_ic = exp(z_ic)/(Σ exp(z) + exp(A)) − [c = y], ∂Lᵢ/∂A likewise",
      "∂L/∂v = s exp(s v − A) ∂L/∂A on kept pairs; which are kept is a constant",
    ],
    memory:
      "five numbers a row, tiles of 4 MiB; neither the N×C nor the N×N cosines are stored. The pairs are gone through three times forward, for quartiles and sum",
    source:
      "Jung et al. 2022, arXiv 2203.11593; Jung-Jun-Uk/UNPG, where cos(θ + m) is plain and whisker 1.0 with K-FACE",
  },
  elasticFace: {
    ...common,
    params: {
      kind: { kind: "enum", default: "arc", values: ["arc", "cos"], doc: "whether margins are angles, or of cosines" },
      margin: { kind: "number", default: 0.5, doc: "mean of the margins that are drawn; 0.35 by default with cos" },
      sigma: {
        kind: "number",
        default: 0.05,
        min: 0,
        doc: "their standard deviation; with plus by default 0.0175, and 0.02 with cos and plus",
      },
      scale: { kind: "number", default: 64, above: 0, doc: "s, multiplies the cosines" },
      plus: {
        kind: "boolean",
        default: false,
        doc: "the sorted margins M go to rows by the order π of their targets' cosines, closest first: row i has M[π[i]], as in the authors' code",
      },
      seed: {
        kind: "number",
        default: 0,
        integer: true,
        min: 0,
        max: 2147483647,
        doc: "of the margins: the same seed draws the same, so give another each step",
      },
      margins: { kind: "vector", per: "anchor", doc: "the margins of the rows, in place of drawn ones" },
    },
    meaning: "softmax over cosines whose target has to lead by a margin that is drawn anew for each row",
    formula: [
      "mᵢ ~ N(margin, sigma²), y the label of row i",
      "z_ic = s cos θ_ic, but z_iy = s cos(θ_iy + mᵢ), with cos z_iy = s (cos θ_iy − mᵢ)",
      "Lᵢ = ln Σ_c exp(z_ic) − z_iy",
    ],
    gradient: [
      "∂Lᵢ/∂S_ic = s softmax_c(z_ic) on other classes",
      "∂Lᵢ/∂S_iy = −s (1 − softmax_y(z_iy)) · (cos mᵢ + sin mᵢ · S_iy/sin θ_iy), |S_iy| held at 1 − 1e-7; without the last factor with cos",
    ],
    memory:
      "four numbers a row; the N×C cosines are recomputed and never stored. With plus, the rows and weights are read on the host",
    source:
      "Boutros et al. 2022, arXiv 2109.09416; fdbtrs/ElasticFace. Margins are not clamped and no angle is held back",
  },
} as const satisfies Record<string, LossSpec>;
