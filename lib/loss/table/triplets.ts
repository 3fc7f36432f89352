/** Losses of triplets: an anchor, one of its positives, one of its negatives. */
import type { LossSpec } from "./spec.js";

const METRICS = ["inner", "cosineSimilarity", "cosine", "sqeuclidean", "euclidean", "snr"] as const;
const MINERS = ["triplet", "batchHard", "batchEasyHard", "distanceWeighted", "angular"] as const;

export const TRIPLET_LOSSES = {
  margin: {
    kind: "labeled",
    skeleton: "hinges and counts",
    terms: "triplets",
    reduction: "meanNonZero",
    metric: "euclidean",
    metrics: ["inner", "cosineSimilarity", "cosine", "sqeuclidean", "euclidean"],
    miners: MINERS,
    params: {
      margin: { kind: "number", default: 0.2, doc: "m, how far from β both sides are to be" },
      beta: {
        kind: "tensor",
        default: 1.2,
        doc: "β, the boundary between positives and negatives; a tensor of one element gets a gradient",
      },
    },
    meaning: "wants positives within a boundary and negatives beyond it, each by a margin",
    formula: [
      "L_apn = [d_ap − β + m]₊ + [β − d_an + m]₊, with similarities [β − S_ap + m]₊ + [S_an − β + m]₊",
      "over all triplets, or those that the miner keeps; the two hinges of a triplet are two terms",
    ],
    gradient: [
      "∂L_apn/∂d_ap = 1 and ∂L_apn/∂d_an = −1 where their hinges are above 0",
      "∂L/∂β = −Σ w, w the weight of each pair",
    ],
    empty: "no triplets give 0",
    memory: "six sums a row; with a miner as loss.triplet",
    source:
      "Wu et al. 2017, arXiv 1706.07567; pytorch-metric-learning 2.8.1 (MarginLoss), whose ν is 0 unless set and is not here",
  },
  triplet: {
    kind: "labeled",
    whole: true,
    skeleton: "triplets of whole rows",
    terms: "triplets",
    reduction: "meanNonZero",
    metric: "euclidean",
    metrics: METRICS,
    miners: MINERS,
    params: {
      margin: {
        kind: "number",
        default: 0.05,
        doc: "how much farther than the positive the negative is to be",
      },
      swap: {
        kind: "boolean",
        default: false,
        doc: "a triplet's negative distance is the smaller of those to the anchor and to the positive",
      },
      smooth: { kind: "boolean", default: false, doc: "ln(1 + e^v) in place of [v]₊" },
      rule: {
        kind: "enum",
        default: "triplets",
        values: ["triplets", "everyAnchor", "everyPositive"],
        doc: "what is a term: each triplet; each anchor, with its farthest positive and closest negative; or each positive pair, with the closest negative that is farther than it, else the farthest negative",
      },
    },
    meaning: "wants each negative farther from the anchor than each positive, by a margin",
    formula: [
      "v = d_ap − d_an + margin, with a similarity v = S_an − S_ap + margin; L_apn = [v]₊",
      "triplets: all of them, or those that the miner keeps",
      "everyAnchor: one term an anchor; without positives their distance counts as 0, without negatives the term is 0",
      "everyPositive: one term a positive pair",
    ],
    gradient: [
      "∂L/∂d_ap = Σ of the slopes over its triplets, ∂L/∂d_an = −Σ; the slope of [v]₊ is 1 where v > 0, of ln(1 + e^v) it is 1/(1 + e^−v)",
    ],
    empty: "no triplets give 0",
    memory:
      "the scores of a block of anchors with all candidates, at most 4 MiB and again in the backward pass with their weights, where one row is not more; triplets are counted, never listed",
    source:
      "Schroff et al. 2015, arXiv 1503.03832; pytorch-metric-learning 2.8.1 (TripletMarginLoss). everyAnchor: sentence-transformers BatchHardTripletLoss, which has margin 5, rows as they are and mean. everyPositive: TensorFlow's triplet_semihard_loss, which has margin 1, squares and mean",
  },
  boosting: {
    kind: "paired",
    whole: true,
    skeleton: "extremes of rows and columns",
    terms: "rows",
    reduction: "sum",
    metric: "cosineSimilarity",
    metrics: ["inner", "cosineSimilarity"],
    miners: [],
    params: {
      teacherAnchors: {
        kind: "rows",
        per: "anchor",
        doc: "[N, E] the anchors of the branch that was trained before; no gradient",
      },
      teacherCandidates: { kind: "rows", per: "candidate", doc: "[M, E] its candidates" },
      mode: {
        kind: "enum",
        default: "relative",
        values: ["base", "absolute", "relative"],
        doc: "base leaves the teacher out; absolute boosts both similarities beyond its own, relative their difference",
      },
      beta: { kind: "number", default: 1, min: 0, doc: "scale of the margin, m = 0.2 β" },
      gamma: {
        kind: "number",
        default: 0.5,
        min: 0,
        max: 1,
        doc: "absolute: share of the margin that the positive has",
      },
    },
    meaning: "wants the hardest negatives of each row and column away by a margin that a teacher's scores set",
    formula: [
      "s the scores, t those of the teacher, i the anchor's own candidate",
      "base: Lᵢ = max_{j≠i}[m + sᵢⱼ − sᵢᵢ]₊ + max_{k≠i}[m + sₖᵢ − sᵢᵢ]₊",
      "absolute: Lᵢ = 2[γm + tᵢᵢ − sᵢᵢ]₊ + max_{j≠i}[(1 − γ)m + sᵢⱼ − tᵢⱼ]₊ + max_{k≠i}[(1 − γ)m + sₖᵢ − tₖᵢ]₊",
      "relative: Lᵢ = max_{j≠i}[m + (tᵢᵢ − tᵢⱼ) − (sᵢᵢ − sᵢⱼ)]₊ + max_{k≠i}[m + (tᵢᵢ − tₖᵢ) − (sᵢᵢ − sₖᵢ)]₊",
    ],
    gradient: ["+1 at each open maximum, −1 at sᵢᵢ for each of them; absolute: −2 at sᵢᵢ where its own hinge is open"],
    empty: "one candidate leaves no negatives, whose maxima are then 0; no anchors give 0",
    memory:
      "two scores and two maxima an anchor; the scores of a block of anchors, of student and teacher, at most 4 MiB each unless one row is more",
    source: "Diao et al. 2024, arXiv 2404.18114, and the authors' code (Paranioar/DBL), whose sums these are",
  },
  warp: {
    kind: "listed",
    whole: true,
    skeleton: "triplets of whole rows",
    terms: "triplets",
    reduction: "sum",
    metric: "sqeuclidean",
    metrics: ["sqeuclidean"],
    normalize: false,
    miners: [],
    params: { margin: { kind: "number", default: 0.5, doc: "m, in squared distance" } },
    meaning: "ranks each user's own items before all others; collaborative metric learning",
    formula: [
      "L = Σ_ij∈P w_ij Σ_k∉P(i) [m + d_ij² − d_ik²]₊",
      "w_ij = ln(1 + number of items k that are no positives of i and have d_ik² < m + d_ij²), a constant",
    ],
    gradient: ["∂L/∂d_ij² = w_ij · that number, ∂L/∂d_ik² = −Σ w_ij over the j whose hinge with k is above 0"],
    empty: "a user without items, or with all of them, contributes nothing",
    memory: "as loss.triplet",
    source:
      "Hsieh et al. 2017 (collaborative metric learning), from memory; the rank there is estimated from samples, here it is exact",
  },
} as const satisfies Record<string, LossSpec>;
