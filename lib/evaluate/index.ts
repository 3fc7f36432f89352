/** warpweft/evaluate: how good embeddings are, in numbers. */
export { type Agreement, agreement } from "./agreement.js";
export { auc } from "./auc.js";
export { type ClusteringOptions, clustering } from "./clustering.js";
export { type Retrieval, type RetrievalOptions, retrieval, retrievalAsync } from "./retrieval.js";
export { type SoftmaxOptions, softmax, softmaxAsync } from "./softmax.js";
export {
  type ThresholdOptions,
  thresholdInconsistency,
  thresholdInconsistencyAsync,
} from "./threshold.js";
