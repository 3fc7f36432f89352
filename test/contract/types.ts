/**
 * The package against its contract, as types: this file compiles only where every export that is there fits. Metrics,
 * losses and miners come from their tables, so an entry is held to the contract by being one; options that are still to
 * come are listed. Run by contract.test.ts.
 */
import type * as Attention from "../../lib/attention/index.js";
import type * as Distance from "../../lib/distance/index.js";
import type * as Evaluate from "../../lib/evaluate/index.js";
import type * as Root from "../../lib/index.js";
import type * as Loss from "../../lib/loss/index.js";
import type * as Optim from "../../lib/optim.js";
import type * as Testing from "../../lib/testing.js";
import type { ProcessGroup } from "../../lib/types.js";
import type * as Contract from "./api.js";

/** A function as a method: parameters may then be narrower in this release than in the contract, results may not be wider. */
type Method<F> = F extends (...args: infer A) => infer R ? { call(...args: A): R } : never;
type Fits<Ours extends Theirs, Theirs> = [Ours, Theirs];
type FunctionFits<Ours, Theirs> = Method<Ours> extends Method<Theirs> ? true : ["does not fit", Ours, Theirs];
type Same<A, B> = [A, B] extends [B, A]
  ? true
  : ["only in the first", Exclude<A, B>, "only in the second", Exclude<B, A>];
/** Compiles where every member is `true`. */
type All<T extends Readonly<Record<string, true>>> = T;
type Options<F> = F extends (...args: infer A) => unknown ? NonNullable<A[2]> : never;

export type Tensors = All<{
  dtype: Same<Root.DType, Contract.DType>;
  device: Same<Root.Device, Contract.Device>;
  numericArray: Same<Root.NumericArray, Contract.NumericArray>;
  tensorOptions: Same<keyof Root.TensorOptions, keyof Contract.TensorOptions>;
  tensorMembers: Same<Exclude<keyof Contract.Tensor, keyof Root.Tensor>, never>;
  tensor: FunctionFits<typeof Root.tensor, typeof Contract.tensor>;
  noGrad: FunctionFits<typeof Root.noGrad, typeof Contract.noGrad>;
  scope: FunctionFits<typeof Root.scope, typeof Contract.scope>;
  vjp: FunctionFits<typeof Root.vjp, typeof Contract.vjp>;
  devices: FunctionFits<typeof Root.devices, typeof Contract.devices>;
  setThreads: FunctionFits<typeof Root.setThreads, typeof Contract.setThreads>;
  threads: FunctionFits<typeof Root.threads, typeof Contract.threads>;
  errorCodes: Same<Root.WarpweftError["code"], Contract.WarpweftError["code"]>;
  asyncOptions: Same<keyof Root.AsyncOptions, keyof Contract.AsyncOptions>;
  runOptions: Same<keyof Root.RunOptions, keyof Contract.RunOptions>;
}>;
export type TensorShapes = [
  Fits<Root.Tensor, Contract.Tensor>,
  Fits<Contract.TensorLike, Root.TensorLike>,
  Fits<Contract.Input, Root.Input>,
  Fits<Root.DeviceInfo, Contract.DeviceInfo>,
  Fits<Root.WarpweftError, Contract.WarpweftError>,
  Fits<Root.Async<typeof Distance.topK>, typeof Distance.topKAsync>,
  Fits<Contract.Async<typeof Distance.topK>, typeof Distance.topKAsync>,
  Fits<Contract.WithTwins<Loss.LossFunctions>, Root.WithTwins<Loss.LossFunctions>>,
];

type MetricNames = Contract.Metric extends infer M ? (M extends { name: infer N } ? N : M) : never;
export type Distances = All<{
  pairwise: FunctionFits<typeof Distance.pairwise, typeof Contract.pairwise>;
  pairwiseAsync: FunctionFits<typeof Distance.pairwiseAsync, typeof Contract.pairwiseAsync>;
  topK: FunctionFits<typeof Distance.topK, typeof Contract.topK>;
  topKAsync: FunctionFits<typeof Distance.topKAsync, typeof Contract.topKAsync>;
  radius: FunctionFits<typeof Distance.radius, typeof Contract.radius>;
  radiusAsync: FunctionFits<typeof Distance.radiusAsync, typeof Contract.radiusAsync>;
  reduceRows: FunctionFits<typeof Distance.reduceRows, typeof Contract.reduceRows>;
  reduceRowsAsync: FunctionFits<typeof Distance.reduceRowsAsync, typeof Contract.reduceRowsAsync>;
  prepare: FunctionFits<typeof Distance.prepare, typeof Contract.prepare>;
  preparedBase: Same<keyof Distance.PreparedBase, keyof Contract.PreparedBase>;
  metricNames: Same<Distance.MetricName, MetricNames>;
  everyMetric: Contract.Metric extends Distance.Metric ? true : false;
  metricOptions: Same<keyof Contract.MetricOptions, keyof Distance.MetricOptions>;
  neighbors: Same<keyof Distance.Neighbors, keyof Contract.Neighbors>;
}>;

export type Attentions = All<{
  options: Same<keyof Attention.AttentionOptions, keyof Contract.AttentionOptions>;
  attention: FunctionFits<typeof Attention.attention, typeof Contract.attention>;
  attentionAsync: FunctionFits<typeof Attention.attentionAsync, typeof Contract.attentionAsync>;
  latentDecode: FunctionFits<typeof Attention.latentDecode, typeof Contract.latentDecode>;
  latentDecodeAsync: FunctionFits<typeof Attention.latentDecodeAsync, typeof Contract.latentDecodeAsync>;
  mergePartials: FunctionFits<typeof Attention.mergePartials, typeof Contract.mergePartials>;
  cacheOptions: Same<
    keyof ConstructorParameters<typeof Attention.LatentCache>[0],
    keyof ConstructorParameters<typeof Contract.LatentCache>[0]
  >;
  rmsNorm: FunctionFits<typeof Attention.rmsNorm, typeof Contract.rmsNorm>;
  rope: FunctionFits<typeof Attention.rope, typeof Contract.rope>;
  embedding: FunctionFits<typeof Attention.embedding, typeof Contract.embedding>;
  fitBasis: FunctionFits<typeof Attention.fitBasis, typeof Contract.fitBasis>;
  config: Same<keyof Attention.LatentConfig, keyof Contract.LatentConfig>;
  weights: Same<keyof Attention.LatentWeights, keyof Contract.LatentWeights>;
  layer: Constructed<typeof Attention.MultiHeadLatentAttention, typeof Contract.MultiHeadLatentAttention>;
  slice: Constructed<typeof Attention.TensorParallelLatentAttention, typeof Contract.TensorParallelLatentAttention>;
}>;
/** Takes what the contract's takes. */
type Constructed<
  Ours extends abstract new (
    ...a: never
  ) => unknown,
  Theirs extends abstract new (
    ...a: never
  ) => unknown,
> = ConstructorParameters<Theirs> extends ConstructorParameters<Ours> ? true : ["does not fit", Ours, Theirs];
export type Latents = [
  Fits<Attention.LatentCache, Contract.LatentCache>,
  Fits<Contract.LatentConfig, Attention.LatentConfig>,
  Fits<Contract.LatentWeights, Attention.LatentWeights>,
  Fits<Attention.SliceBasis, Contract.SliceBasis>,
  Fits<ProcessGroup, Contract.ProcessGroup>,
  Fits<Contract.ProcessGroup, ProcessGroup>,
  Fits<Attention.MultiHeadLatentAttention, Contract.MultiHeadLatentAttention>,
  Fits<Attention.TensorParallelLatentAttention, Contract.TensorParallelLatentAttention>,
];
type Ours = typeof Loss.loss;
type Theirs = typeof Contract.loss;
type Missing<N extends keyof Ours & keyof Theirs> = Exclude<keyof Options<Theirs[N]>, keyof Options<Ours[N]>>;

type ClassOptions<F> = F extends (...args: infer A) => unknown ? NonNullable<A[3]> : never;
type OfClasses =
  | "crossEntropy"
  | "normalizedSoftmax"
  | "generalizedCrossEntropy"
  | "balancedSoftmax"
  | "squaredHinge"
  | "cosFace"
  | "arcFace"
  | "softTriple"
  | "unifiedNegativePairs"
  | "elasticFace";
type MissingOfClasses = {
  [N in OfClasses]: Exclude<keyof ClassOptions<Theirs[N]>, keyof ClassOptions<Ours[N]>>;
}[OfClasses];

export type Losses = All<{
  noLossBeside: Same<Exclude<keyof Ours, keyof Theirs>, never>;
  noMinerBeside: Same<Exclude<keyof typeof Loss.miner, keyof typeof Contract.miner>, never>;
  multiSimilarityOptions: Same<Missing<"multiSimilarity">, never>;
  contrastiveOptions: Same<Missing<"contrastive">, never>;
  infoNCEOptions: Same<Missing<"infoNCE">, never>;
  supConOptions: Same<Missing<"supCon">, never>;
  sigLipOptions: Same<Missing<"sigLip">, never>;
  nPairsOptions: Same<Missing<"nPairs">, never>;
  circleOptions: Same<Missing<"circle">, never>;
  generalizedLiftedOptions: Same<Missing<"generalizedLifted">, never>;
  thresholdConsistentMarginOptions: Same<Missing<"thresholdConsistentMargin">, never>;
  hardNegativeContrastiveOptions: Same<Missing<"hardNegativeContrastive">, never>;
  weightedNegativesOptions: Same<Missing<"weightedNegatives">, never>;
  liftedStructureOptions: Same<Missing<"liftedStructure">, never>;
  optionsOfClasses: Same<MissingOfClasses, never>;
  tripletOptions: Same<Missing<"triplet">, never>;
  marginOptions: Same<Missing<"margin">, never>;
  boostingOptions: Same<Missing<"boosting">, never>;
  warpOptions: Same<Missing<"warp">, never>;
  crossBatchMemory: FunctionFits<typeof Loss.crossBatchMemory, typeof Contract.crossBatchMemory>;
  reduction: Same<Loss.Reduction, Contract.Reduction>;
  labels: Same<Exclude<Loss.Labels, Contract.Labels>, never>;
  reference: Same<keyof Loss.Reference, keyof Contract.Reference>;
  minerMembers: Same<keyof Loss.Miner, keyof Contract.Miner>;
  minedPairs: Same<keyof Loss.MinedPairs, keyof Contract.MinedPairs>;
  minedTriplets: Same<keyof Loss.MinedTriplets, keyof Contract.MinedTriplets>;
  minerFunction: FunctionFits<typeof Loss.miner.multiSimilarity, typeof Contract.miner.multiSimilarity>;
  tripletMiner: FunctionFits<typeof Loss.miner.triplet, typeof Contract.miner.triplet>;
  batchHardMiner: FunctionFits<typeof Loss.miner.batchHard, typeof Contract.miner.batchHard>;
  batchEasyHardMiner: FunctionFits<typeof Loss.miner.batchEasyHard, typeof Contract.miner.batchEasyHard>;
  pairMarginMiner: FunctionFits<typeof Loss.miner.pairMargin, typeof Contract.miner.pairMargin>;
  hardestFractionMiner: FunctionFits<typeof Loss.miner.hardestFraction, typeof Contract.miner.hardestFraction>;
  angularMiner: FunctionFits<typeof Loss.miner.angular, typeof Contract.miner.angular>;
  distanceWeightedMiner: FunctionFits<typeof Loss.miner.distanceWeighted, typeof Contract.miner.distanceWeighted>;
  hardNegatives: FunctionFits<typeof Loss.miner.hardNegatives, typeof Contract.miner.hardNegatives>;
}>;
export type EveryLoss = All<{ [N in keyof Ours & keyof Theirs]: FunctionFits<Ours[N], Theirs[N]> }>;

export type Rest = All<{
  retrieval: FunctionFits<typeof Evaluate.retrieval, typeof Contract.retrieval>;
  retrievalResult: Same<
    Exclude<keyof ReturnType<typeof Contract.retrieval>, keyof ReturnType<typeof Evaluate.retrieval>>,
    never
  >;
  thresholdInconsistency: FunctionFits<typeof Evaluate.thresholdInconsistency, typeof Contract.thresholdInconsistency>;
  auc: FunctionFits<typeof Evaluate.auc, typeof Contract.auc>;
  softmax: FunctionFits<typeof Evaluate.softmax, typeof Contract.softmax>;
  gradCheck: FunctionFits<typeof Testing.gradCheck, typeof Contract.gradCheck>;
  sgd: FunctionFits<typeof Optim.sgd, typeof Contract.sgd>;
  adamW: FunctionFits<typeof Optim.adamW, typeof Contract.adamW>;
  optimizer: Same<Exclude<keyof Contract.Optimizer, keyof Optim.Optimizer>, never>;
}>;
