/** The whole native surface. This is the only file that loads the addon; it does so at the first native call. */
import { loadAddon } from "./native-load.js";
import type { NumericArray } from "./types.js";

declare const opaque: unique symbol;
/** Work off the event loop: an external value that only the addon reads. */
export interface Job {
  readonly [opaque]: "job";
}
/** `threads` ≥ 1. Without a job the call runs at once and returns undefined; with one it returns a promise and keeps its arrays alive until that settles. */
export type Run = [threads: number, job: Job | undefined];
/** `data` starts at the first element; columns are contiguous; the stride counts elements. */
export type Matrix = [data: NumericArray, dtype: number, rows: number, rowStride: number];
type Done = void | Promise<void>;

export interface DistanceNative {
  /** out [n, m] */
  pairwise(
    ...a: [
      ...run: Run,
      metric: number,
      ...x: Matrix,
      ...y: Matrix,
      d: number,
      self: boolean,
      out: NumericArray,
      outDtype: number,
      outRowStride: number,
    ]
  ): Done;
  /** value and grad [n, m]; dx [n, d], dy [m, d], all contiguous. With `self`, dx holds both sides and dy is null. */
  pairwiseBackward(
    ...a: [
      ...run: Run,
      metric: number,
      ...x: Matrix,
      ...y: Matrix,
      d: number,
      self: boolean,
      value: Float32Array,
      grad: Float32Array,
      dx: Float32Array | null,
      dy: Float32Array | null,
    ]
  ): Done;
  /** values, indices [n, k] */
  topK(
    ...a: [
      ...run: Run,
      metric: number,
      ...queries: Matrix,
      ...base: Matrix,
      d: number,
      k: number,
      excludeSelf: boolean,
      values: Float32Array,
      indices: Int32Array,
    ]
  ): Done;
  /** out [n] */
  reduceRows(
    ...a: [
      ...run: Run,
      metric: number,
      ...x: Matrix,
      ...y: Matrix,
      d: number,
      self: boolean,
      reduce: number,
      scale: number,
      out: Float32Array,
    ]
  ): Done;
  /** Each result [n]: relevant references, rank of the best one (0: none), precision at R, MAP@R (0 where R is 0). */
  rank(
    ...a: [
      ...run: Run,
      metric: number,
      ...queries: Matrix,
      ...references: Matrix,
      d: number,
      self: boolean,
      queryLabels: Int32Array,
      referenceLabels: Int32Array,
      relevant: Int32Array,
      firstRank: Int32Array,
      rPrecision: Float64Array,
      mapAtR: Float64Array,
    ]
  ): Done;
}

/** The head that forward and backward share. */
export type LossArguments = [
  ...run: Run,
  loss: number,
  scalars: Float64Array,
  metric: number,
  miner: number,
  minerScalars: Float64Array,
  reduction: number,
  normalize: boolean,
  ...x: Matrix,
  ...y: Matrix,
  d: number,
  self: boolean,
  xLabels: Int32Array | null,
  yLabels: Int32Array | null,
];

export interface LossNative {
  /** float32 elements of `state` */
  stateSize(loss: number, n: number, m: number): number;
  /** value [1], or [n] with reduction none */
  forward(...a: [...LossArguments, value: Float32Array, state: Float32Array]): Done;
  /** grad like value; dx [n, d]; dy [m, d], null with `self`; dTemperature [1] */
  backward(
    ...a: [
      ...LossArguments,
      state: Float32Array,
      grad: Float32Array,
      dx: Float32Array | null,
      dy: Float32Array | null,
      dTemperature: Float32Array | null,
    ]
  ): Done;
  /** Sorted by anchor, then by the other. Runs at once. */
  mine(
    ...a: [
      ...run: Run,
      miner: number,
      minerScalars: Float64Array,
      metric: number,
      normalize: boolean,
      ...x: Matrix,
      ...y: Matrix,
      d: number,
      self: boolean,
      xLabels: Int32Array,
      yLabels: Int32Array,
    ]
  ): { anchor1: Int32Array; positive: Int32Array; anchor2: Int32Array; negative: Int32Array };
}

export interface Native {
  /** Those that this machine can run, slowest first; "scalar" always. */
  instructionSets(): string[];
  instructionSet(): string;
  useInstructionSet(name: string): void;
  /** Hardware threads that this process may use. */
  cores(): number;
  cpuName(): string;
  /** `onProgress` is called on the event loop, not more often than is useful. */
  job(onProgress?: (done: number, total: number) => void): Job;
  /** The job's promise rejects with ERR_ABORTED within 50 ms. */
  cancel(job: Job): void;
  /** Among float32, float16 and bfloat16; rounds to nearest even. */
  convert(source: NumericArray, sourceDtype: number, target: NumericArray, targetDtype: number, count: number): void;
  /** out [m, n] contiguous; a [m, k] and b [k, n] with any strides, so that a view may be transposed. */
  matmul(
    ...a: [
      ...run: Run,
      a: Float32Array,
      aRowStride: number,
      aColStride: number,
      b: Float32Array,
      bRowStride: number,
      bColStride: number,
      m: number,
      n: number,
      k: number,
      out: Float32Array,
    ]
  ): Done;
  readonly distance: DistanceNative;
  readonly loss: LossNative;
}

let addon: Native | undefined;

/** The addon; throws in words, with what was looked for and what to do, where it cannot be loaded. */
export function native(): Native {
  addon ??= loadAddon() as Native;
  return addon;
}
