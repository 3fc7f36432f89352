/** The whole native surface. This is the only file that loads the addon; it does so at the first native call. */
import type { DeviceArray, Memory } from "./device-array.js";
import { loadAddon } from "./native-load.js";
import type { DeviceInfo, NumericArray } from "./types.js";

declare const opaque: unique symbol;
/** Work off the event loop: an external value that only the addon reads. */
export interface Job {
  readonly [opaque]: "job";
}
/** Owns a block of device memory, which is freed with it. */
export interface DeviceHandle {
  readonly [opaque]: "device memory";
}
/** Results and other memory that a kernel is given: all of a call's lie in one place. */
type Floats = Float32Array | DeviceArray;
type Ints = Int32Array | DeviceArray;
/** `threads` ≥ 1. Without a job the call runs at once and returns undefined; with one it returns a promise and keeps its arrays alive until that settles. */
export type Run = [threads: number, job: Job | undefined];
/** `data` starts at the first element; columns are contiguous; the stride counts elements. */
export type Matrix = [data: Memory, dtype: number, rows: number, rowStride: number];
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
      out: Memory,
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
      value: Floats,
      grad: Floats,
      dx: Floats | null,
      dy: Floats | null,
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
      values: Floats,
      indices: Ints,
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
      out: Floats,
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
  forward(...a: [...LossArguments, value: Floats, state: Floats]): Done;
  /** grad like value; dx [n, d]; dy [m, d], null with `self`; dTemperature [1] */
  backward(
    ...a: [
      ...LossArguments,
      state: Floats,
      grad: Floats,
      dx: Floats | null,
      dy: Floats | null,
      dTemperature: Floats | null,
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

/** One per GPU, in the driver's order; or a single one without a name that says why there is none. */
export type GpuEntry = Pick<DeviceInfo, "code" | "reason" | "memory" | "computeCapability"> & {
  readonly name?: string;
};

export interface GpuNative {
  devices(): GpuEntry[];
  allocate(ordinal: number, bytes: number): DeviceHandle;
  /** At once; calls that still run with it keep it. A second time does nothing. */
  release(handle: DeviceHandle): void;
  /** `from` may be changed as soon as it returns. */
  copyIn(to: DeviceArray, from: NumericArray): void;
  /** Waits for all that was asked of the device before. */
  copyOut(to: NumericArray, from: DeviceArray): void;
  /** On one device. */
  copy(to: DeviceArray, from: DeviceArray): void;
  zero(at: DeviceArray): void;
  synchronize(ordinal: number): void;
  /** Gives the driver back what is kept for the next allocation. */
  trim(ordinal: number): void;
  /** Bytes: free and total by the driver's count; kept for the next allocation, and in use, by ours. */
  memory(ordinal: number): { free: number; total: number; pooled: number; inUse: number };
}

/** Element (i, k) stands at data[i · rowStride + k · columnStride]. */
export type Strided = [data: DeviceArray, dtype: number, rowStride: number, columnStride: number];
/** Memory with a step per dimension, or a number that all elements are. */
type Operand = readonly [true, data: DeviceArray, dtype: number, steps: Float64Array] | readonly [false, value: number];
type Axes = readonly [count: number, lengths: Float64Array, steps: Float64Array];

/** Arithmetic on one device. */
export interface AlgebraNative {
  elementwise(
    ...a: [...run: Run, op: number, axes: number, lengths: Float64Array, ...a: Operand, ...b: Operand, ...out: Operand]
  ): Done;
  /** out [product of the kept lengths] */
  sum(...a: [...run: Run, x: DeviceArray, ...kept: Axes, ...summed: Axes, divisor: number, out: DeviceArray]): Done;
  /** x, y [n, d]; norms: the bytes of n float64 */
  normalize(...a: [...run: Run, n: number, d: number, x: DeviceArray, y: DeviceArray, norms: DeviceArray]): Done;
  normalizeBackward(
    ...a: [...run: Run, n: number, d: number, g: DeviceArray, y: DeviceArray, norms: DeviceArray, dx: DeviceArray]
  ): Done;
  /** out [m, n] contiguous */
  matmul(...a: [...run: Run, ...a: Strided, ...b: Strided, m: number, n: number, k: number, out: DeviceArray]): Done;
  sgd(
    ...a: [
      ...run: Run,
      size: number,
      w: DeviceArray,
      g: DeviceArray,
      v: DeviceArray | null,
      rate: number,
      momentum: number,
      decay: number,
    ]
  ): Done;
  adamW(
    ...a: [
      ...run: Run,
      size: number,
      w: DeviceArray,
      g: DeviceArray,
      m: DeviceArray,
      v: DeviceArray,
      beta1: number,
      rest1: number,
      beta2: number,
      rest2: number,
      step: number,
      scale: number,
      eps: number,
      keep: number,
    ]
  ): Done;
}

export interface Native {
  readonly gpu: GpuNative;
  readonly algebra: AlgebraNative;
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
