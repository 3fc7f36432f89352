/** What a latent-attention layer is made of. */
import type { Tensor } from "../../types.js";

/** Positions beyond those of training (YaRN): slow pairs of columns turn `factor` times slower, fast ones as before. */
export interface Yarn {
  factor: number;
  /** positions of training */
  originalLength: number;
  /** turns within them, beyond which a pair stays as it is; default 32 */
  betaFast?: number;
  /** and below which it is slowed down in full; default 1 */
  betaSlow?: number;
  /** the softmax scale is multiplied by (0.1 · mscale · ln factor + 1)²; default 1 */
  mscale?: number;
}

export interface LatentConfig {
  modelDim: number;
  heads: number;
  /** 0: queries are projected directly */
  queryRank: number;
  latentDim: number;
  /** columns of a head's key without and with position */
  nopeDim: number;
  ropeDim: number;
  valueDim: number;
  /** 10,000 */
  ropeBase?: number;
  /** true: pairs of neighbouring columns, as in DeepSeek's code; false: one of each half */
  ropeInterleaved?: boolean;
  yarn?: Yarn;
  /** 1e-6 */
  normEps?: number;
}

/** Row-vector convention: y = x W. */
export interface LatentWeights {
  /** [modelDim, queryRank] and [queryRank], with a queryRank */
  downQuery?: Tensor;
  queryNorm?: Tensor;
  /** [queryRank or modelDim, heads · (nopeDim + ropeDim)]; of each head first the columns without position */
  upQuery: Tensor;
  /** [modelDim, latentDim + ropeDim] */
  downLatent: Tensor;
  /** [latentDim] */
  latentNorm: Tensor;
  /** [latentDim, heads · nopeDim] */
  upKey: Tensor;
  /** [latentDim, heads · valueDim] */
  upValue: Tensor;
  /** [heads · valueDim, modelDim] */
  output: Tensor;
}
