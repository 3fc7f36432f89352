/** What an entry of the tables of losses and miners says. */

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
/** A tensor [candidates] that is added to the logits of each candidate and receives a gradient, or a number for each anchor. */
export interface VectorParam extends Doc {
  readonly kind: "vector";
  readonly per: "candidate" | "anchor";
}
/** How often each candidate occurs; the logarithm is added to its logits. */
export interface CountsParam extends Doc {
  readonly kind: "counts";
}
/** A tensor [anchors, candidates] of weights ≥ 0 that receives a gradient. */
export interface PairWeightsParam extends Doc {
  readonly kind: "pairWeights";
}
/** Lists of ids of the candidates, an anchor having that of its own candidate; pairs weigh as much as there are lists that tell them apart. */
export interface ClustersParam extends Doc {
  readonly kind: "clusters";
}
/** A matrix with a row for each candidate or anchor, which must be given. */
export interface RowsParam extends Doc {
  readonly kind: "rows";
  readonly per: "candidate" | "anchor";
}
export type ParamSpec =
  | NumberParam
  | TensorParam
  | BooleanParam
  | EnumParam
  | IndicesParam
  | VectorParam
  | CountsParam
  | PairWeightsParam
  | ClustersParam
  | RowsParam;
export type ParamSpecs = Readonly<Record<string, ParamSpec>>;

export interface LossSpec {
  /** labeled: labels decide the pairs. paired: row i of the candidates belongs to row i of the anchors. classed: labels say which row of the weights is whose. listed: compressed rows say which items are whose. */
  readonly kind: "labeled" | "paired" | "classed" | "listed";
  /** Sees whole rows of scores, so that it is none of the row losses. */
  readonly whole?: true;
  /** Where rows are no anchors of their own. weights: those of a classed loss. views: anchors and candidates of a paired loss, in one batch. classes: the first positive pair of each. */
  readonly anchors?: "weights" | "views" | "classes";
  /** Which engine runs it; math-wise, what is kept per row. */
  readonly skeleton:
    | "extremes then two log-sum-exps"
    | "hinges and counts"
    | "squared hinges"
    | "row log-sum-exp with one target"
    | "row log-sum-exp with many positives"
    | "two log-sum-exps"
    | "independent pairs"
    | "log-sum-exp of negatives, then positives"
    | "triplets of whole rows"
    | "extremes of rows and columns";
  /** What `reduction` counts. */
  readonly terms: "rows" | "pairs" | "classes" | "triplets";
  readonly reduction: "mean" | "meanNonZero" | "sum" | "none";
  readonly metric: string;
  readonly metrics: readonly string[];
  /** default of the option, true unless said */
  readonly normalize?: boolean;
  readonly miners: readonly string[];
  /** Of a classed loss: what is added to the value beside the terms. */
  readonly regularizer?: "mean square of the weights";
  readonly params: ParamSpecs;
  readonly meaning: string;
  readonly formula: readonly string[];
  readonly gradient: readonly string[];
  readonly empty: string;
  readonly memory: string;
  readonly source: string;
}

export interface MinerSpec {
  /** Sees whole rows of scores, so that no row loss takes it. */
  readonly whole?: true;
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
