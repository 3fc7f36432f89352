/**
 * The package against its contract, as types: this file compiles only where every export that is there fits. Metrics,
 * losses and miners come from their tables, so an entry is held to the contract by being one; options that are still to
 * come are listed. Run by contract.test.ts.
 */
import type * as Distance from "../../lib/distance/index.js";
import type * as Evaluate from "../../lib/evaluate/index.js";
import type * as Root from "../../lib/index.js";
import type * as Loss from "../../lib/loss/index.js";
import type * as Optim from "../../lib/optim.js";
import type * as Testing from "../../lib/testing.js";
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

export type Distances = All<{
  pairwise: FunctionFits<typeof Distance.pairwise, typeof Contract.pairwise>;
  pairwiseAsync: FunctionFits<typeof Distance.pairwiseAsync, typeof Contract.pairwiseAsync>;
  topK: FunctionFits<typeof Distance.topK, typeof Contract.topK>;
  topKAsync: FunctionFits<typeof Distance.topKAsync, typeof Contract.topKAsync>;
  reduceRows: FunctionFits<typeof Distance.reduceRows, typeof Contract.reduceRows>;
  reduceRowsAsync: FunctionFits<typeof Distance.reduceRowsAsync, typeof Contract.reduceRowsAsync>;
  noMetricBeside: Same<Exclude<Distance.Metric, Contract.Metric>, never>;
  metricOptions: Same<Exclude<keyof Contract.MetricOptions, keyof Distance.MetricOptions>, "dims">;
  neighbors: Same<keyof Distance.Neighbors, keyof Contract.Neighbors>;
}>;

type Ours = typeof Loss.loss;
type Theirs = typeof Contract.loss;
type Missing<N extends keyof Ours & keyof Theirs> = Exclude<keyof Options<Theirs[N]>, keyof Options<Ours[N]>>;

export type Losses = All<{
  noLossBeside: Same<Exclude<keyof Ours, keyof Theirs>, never>;
  noMinerBeside: Same<Exclude<keyof typeof Loss.miner, keyof typeof Contract.miner>, never>;
  multiSimilarityOptions: Same<Missing<"multiSimilarity">, "matryoshka" | "exclude">;
  contrastiveOptions: Same<Missing<"contrastive">, "matryoshka" | "exclude">;
  infoNCEOptions: Same<Missing<"infoNCE">, "matryoshka" | "exclude" | "focal" | "logWeights">;
  reduction: Same<Loss.Reduction, Contract.Reduction>;
  labels: Same<Exclude<Loss.Labels, Contract.Labels>, never>;
  reference: Same<keyof Loss.Reference, keyof Contract.Reference>;
  minerMembers: Same<keyof Loss.Miner, keyof Contract.Miner>;
  minedPairs: Same<keyof Loss.MinedPairs, keyof Contract.MinedPairs>;
  minerFunction: FunctionFits<typeof Loss.miner.multiSimilarity, typeof Contract.miner.multiSimilarity>;
}>;
export type EveryLoss = All<{ [N in keyof Ours & keyof Theirs]: FunctionFits<Ours[N], Theirs[N]> }>;

export type Rest = All<{
  retrieval: FunctionFits<typeof Evaluate.retrieval, typeof Contract.retrieval>;
  retrievalResult: Same<keyof ReturnType<typeof Evaluate.retrieval>, keyof ReturnType<typeof Contract.retrieval>>;
  gradCheck: FunctionFits<typeof Testing.gradCheck, typeof Contract.gradCheck>;
  sgd: FunctionFits<typeof Optim.sgd, typeof Contract.sgd>;
  adamW: FunctionFits<typeof Optim.adamW, typeof Contract.adamW>;
  optimizer: Same<Exclude<keyof Contract.Optimizer, keyof Optim.Optimizer>, never>;
}>;
