/** Losses against one learned proxy for each class. */
import type { LossSpec } from "./spec.js";

export const PROXY_LOSSES = {
  proxyNCA: {
    kind: "classed",
    skeleton: "row log-sum-exp with one target",
    terms: "rows",
    reduction: "mean",
    metric: "sqeuclidean",
    metrics: ["sqeuclidean"],
    miners: [],
    params: {
      scale: { kind: "number", default: 1, above: 0, doc: "multiplies the squared distances" },
    },
    meaning: "softmax over the squared distances of a row from one proxy per class",
    formula: ["z_ic = −scale · |xᵢ − p_c|²", "Lᵢ = ln Σ_c exp(z_ic) − z_iy, y the label of row i, c over all classes"],
    gradient: ["∂Lᵢ/∂d_ic = scale · ([c = y] − softmax_c(z_ic)), d the squared distance"],
    empty: "rows labeled ignoreIndex are left out of sum and mean; no rows give 0",
    memory: "three statistics a row; the N×C distances are recomputed and never stored",
    source:
      "Movshovitz-Attias et al. 2017, arXiv 1703.07464, with the own proxy in the denominator as Teh et al. 2020, arXiv 2004.01113, and pytorch-metric-learning 2.8.1 (ProxyNCALoss) have it",
  },
  proxyAnchor: {
    kind: "classed",
    anchors: "weights",
    skeleton: "two log-sum-exps",
    terms: "classes",
    reduction: "mean",
    metric: "cosineSimilarity",
    metrics: ["cosineSimilarity"],
    miners: [],
    params: {
      margin: { kind: "number", default: 0.1, doc: "δ, on both sides" },
      alpha: { kind: "number", default: 32, above: 0, doc: "scale of the exponents" },
    },
    meaning: "each proxy is an anchor that gathers the rows of its class and pushes off all others",
    formula: [
      "L₊ = ln(1 + Σ₊ exp(−α(S_ic − δ))) of each class c that has rows, i over its rows",
      "L₋ = ln(1 + Σ₋ exp(α(S_ic + δ))) of each class c, i over the other rows",
      "both are reduced separately, then added: mean divides L₊ by the number of classes with rows, L₋ by C",
    ],
    gradient: [
      "−α exp(−α(S − δ))/(1 + Σ₊) on positives, α exp(α(S + δ))/(1 + Σ₋) on negatives, over what the reduction divides by",
    ],
    empty: 'rows labeled ignoreIndex are left out; no rows give 0; "none" returns one value for each class, [C]',
    memory: "two statistics a class; the N×C matrix is recomputed and never stored",
    source:
      "Kim et al. 2020, arXiv 2003.13911, and the authors' code (tjddus9597/Proxy-Anchor-CVPR2020); pytorch-metric-learning 2.8.1 (ProxyAnchorLoss)",
  },
} as const satisfies Record<string, LossSpec>;
