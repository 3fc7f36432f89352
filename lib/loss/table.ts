/**
 * The losses and miners, each declared once: option types, the C++ lists, parameter structs and the reference page follow from here.
 * A table imports nothing and computes nothing; an entry's place in it is its id, and the order of its parameters is their
 * order on the native side.
 */

interface Doc {
  readonly doc: string;
}
/** Bounds are part of the range, except `above`, which is not. */
export interface NumberParam extends Doc {
  readonly kind: "number";
  readonly default: number;
  readonly integer?: boolean;
  readonly min?: number;
  readonly above?: number;
  readonly max?: number;
}
/** A number, or a tensor of one element that then receives a gradient. */
export interface TensorParam extends Doc {
  readonly kind: "tensor";
  readonly default: number;
  readonly above?: number;
}
export interface BooleanParam extends Doc {
  readonly kind: "boolean";
  readonly default: boolean;
}
export interface EnumParam extends Doc {
  readonly kind: "enum";
  readonly default: string;
  readonly values: readonly string[];
}
/** Integers, one per row. */
export interface IndicesParam extends Doc {
  readonly kind: "indices";
}
export type ParamSpec = NumberParam | TensorParam | BooleanParam | EnumParam | IndicesParam;
export type ParamSpecs = Readonly<Record<string, ParamSpec>>;

export interface LossSpec {
  /** labeled: labels decide the pairs. paired: row i of the candidates belongs to row i of the anchors. */
  readonly kind: "labeled" | "paired";
  /** Which engine runs it; math-wise, what is kept per row. */
  readonly skeleton: "extremes then two log-sum-exps" | "hinges and counts" | "row log-sum-exp with one target";
  /** What `reduction` counts. */
  readonly terms: "rows" | "pairs";
  readonly reduction: "mean" | "meanNonZero" | "sum" | "none";
  readonly metric: string;
  readonly metrics: readonly string[];
  readonly miners: readonly string[];
  readonly params: ParamSpecs;
  readonly meaning: string;
  readonly formula: readonly string[];
  readonly gradient: readonly string[];
  readonly empty: string;
  readonly memory: string;
  readonly source: string;
}

export interface MinerSpec {
  readonly result: "pairs" | "triplets";
  readonly metric: string;
  readonly metrics: readonly string[];
  readonly params: ParamSpecs;
  readonly meaning: string;
  readonly formula: readonly string[];
  readonly empty: string;
  readonly memory: string;
  readonly source: string;
}

/** How terms become a value; the place in the list is the id. */
export const REDUCTIONS = {
  mean: "the sum of the terms divided by their number",
  meanNonZero: "the sum divided by the number of terms above 0, a constant in the gradient",
  sum: "the sum of the terms",
  none: "[N], each anchor's sum of terms",
} as const satisfies Record<LossSpec["reduction"], string>;

export const LOSSES = {
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
    metrics: ["inner", "cosineSimilarity", "cosine", "sqeuclidean", "euclidean"],
    miners: [],
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
  infoNCE: {
    kind: "paired",
    skeleton: "row log-sum-exp with one target",
    terms: "rows",
    reduction: "mean",
    metric: "cosineSimilarity",
    metrics: ["inner", "cosineSimilarity"],
    miners: [],
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
    },
    meaning: "finds each anchor's own candidate among all candidates; multiple negatives ranking, CLIP when symmetric",
    formula: [
      "zᵢⱼ = Sᵢⱼ/τ, t(i) = i + targetOffset",
      "Lᵢ = ln Σⱼ exp(zᵢⱼ) − zᵢₜ₍ᵢ₎",
      "symmetric: Lᵢ = (that + ln Σₐ exp(zₐₜ₍ᵢ₎) − zᵢₜ₍ᵢ₎)/2, a over the N anchors; further candidates are negatives of the rows only",
    ],
    gradient: [
      "∂Lᵢ/∂Sᵢⱼ = (softmaxⱼ(zᵢⱼ) − [j = t(i)])/τ, and the mirror image for the other direction",
      "∂L/∂τ = −Σ w S/τ, w the weight of each pair",
    ],
    empty: "no anchors give 0; every anchor needs its candidate, so M ≥ N + targetOffset",
    memory: "two statistics a row, and two a column when symmetric; the N×M matrix is recomputed and never stored",
    source:
      "van den Oord et al. 2018, arXiv 1807.03748; sentence-transformers MultipleNegativesRankingLoss and MultipleNegativesSymmetricRankingLoss at scale 20",
  },
} as const satisfies Record<string, LossSpec>;

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
} as const satisfies Record<string, MinerSpec>;
