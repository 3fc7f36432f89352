/** warpweft/attention: attention over whole sequences, latent attention with its paged cache, the layer of both and its slices. */
export { attention, attentionAsync } from "./attention.js";
export { type BasisOptions, fitBasis, type SliceBasis } from "./basis/index.js";
export { LatentCache } from "./cache.js";
export { latentDecode, latentDecodeAsync } from "./decode.js";
export { embedding } from "./embedding.js";
export { MultiHeadLatentAttention, type NewCacheOptions } from "./layer/index.js";
export type { LatentConfig, LatentWeights, Yarn } from "./layer/types.js";
export { mergePartials } from "./merge.js";
export { type NormOptions, rmsNorm, rmsNormAsync } from "./norm.js";
export { type RopeOptions, rope, ropeAsync } from "./rope.js";
export { type Place, TensorParallelLatentAttention } from "./tpla/index.js";
export type {
  Attended,
  AttentionOptions,
  CacheType,
  LatentCacheOptions,
  LatentDecodeOptions,
  LatentQuery,
  Normalizer,
} from "./types.js";
