/** The whole native surface. This is the only file that loads the addon; it does so at the first native call. */
import type { DeviceArray, Memory } from "./device-array.js";
import type { AttentionNative } from "./native-attention.js";
import type { DistanceNative } from "./native-distance.js";
import { loadAddon } from "./native-load.js";
import type { RowsNative } from "./native-rows.js";
import type { DeviceInfo, NumericArray } from "./types.js";

export declare const opaque: unique symbol;
/** Work off the event loop: an external value that only the addon reads. */
export interface Job {
  readonly [opaque]: "job";
}
/** Owns a block of device memory, which is freed with it. */
export interface DeviceHandle {
  readonly [opaque]: "device memory";
}
/** Results and other memory that a kernel is given: all of a call's lie in one place. */
export type Floats = Float32Array | DeviceArray;
export type Ints = Int32Array | DeviceArray;
/** `threads` ≥ 1. Without a job the call runs at once and returns undefined; with one it returns a promise and keeps its arrays alive until that settles. */
export type Run = [threads: number, job: Job | undefined];
/** `data` starts at the first element; columns are contiguous; the stride counts elements. */
export type Matrix = [data: Memory, dtype: number, rows: number, rowStride: number];
export type Done = void | Promise<void>;

/** Rows whose scores a miner asks beside the pair's own; without one x and y once more, which are not read. */
export type Guide = [guided: boolean, ...guideX: Matrix, ...guideY: Matrix, guideD: number];

/** Widths that the loss is summed over; a state then holds that of each, one after the other. On the CPU, of metrics that are inner products of rows. */
export type Prefixes = [count: number, widths: Int32Array | null];

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
  matching: number,
  labelWords: number,
  xLabels: Int32Array | null,
  yLabels: Int32Array | null,
  xIds: Int32Array | null,
  yIds: Int32Array | null,
  ...guide: Guide,
  ...prefixes: Prefixes,
  beside: Floats | null,
  given: Floats | null,
  weights: Floats | null,
  clusterings: number,
  xClusters: Int32Array | null,
  yClusters: Int32Array | null,
];

/** Value, margin with β and bounds, choices of positives and negatives, what replaces a missing one, and whether every anchor counts. */
type RuleArguments = [number, Float64Array, number, number, boolean, boolean];
export type TripletArguments = [
  ...rule: RuleArguments,
  larger: boolean,
  n: number,
  m: number,
  ...rest: (number | boolean | null | Floats | Ints)[],
];

export interface LossNative {
  /** float32 elements of `state` */
  stateSize(loss: number, n: number, m: number): number;
  /** value [1], or [n] with reduction none */
  forward(...a: [...LossArguments, value: Floats, state: Floats]): Done;
  /** grad like value; dx [n, d]; dy [m, d], null with `self`; dTensors, one for each parameter that may be a tensor; dBeside [m]; dWeights [n, m] */
  backward(
    ...a: [
      ...LossArguments,
      state: Floats,
      grad: Floats,
      dx: Floats | null,
      dy: Floats | null,
      dTensors: Floats | null,
      dBeside: Floats | null,
      dWeights: Floats | null,
    ]
  ): Done;
  /** A block of anchors: adds their terms to parts [3, n], or, where those are null, writes what each score weighs. As src/loss/params.h says. */
  triplets(...a: [...run: Run, ...TripletArguments]): Done;
  /** A row loss over a block's scores: terms into parts [6, n], or, where those are null, what each score weighs. */
  scored(
    ...a: [
      ...run: Run,
      loss: number,
      scalars: Float64Array,
      centers: number,
      larger: boolean,
      n: number,
      m: number,
      ...rest: (number | boolean | null | Floats | Ints)[],
    ]
  ): Done;
  /** Which negatives of a block miner.hardNegatives keeps: 1 or 0 for each score. On a GPU. */
  rank(
    ...a: [
      ...run: Run,
      minerScalars: Float64Array,
      larger: boolean,
      n: number,
      m: number,
      ...rest: (number | boolean | null | Floats | Ints)[],
    ]
  ): Done;
  /** From parts to value, [1] or [n], and the factor in state [2]. */
  total(
    ...a: [...run: Run, n: number, twoParts: boolean, parts: Floats, reduction: number, value: Floats, state: Floats]
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
      matching: number,
      labelWords: number,
      xLabels: Int32Array,
      yLabels: Int32Array,
      xIds: Int32Array | null,
      yIds: Int32Array | null,
      ...guide: Guide,
      ...prefixes: Prefixes,
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

/** Of rows in host memory, or on a device: who has it says where. */
interface SoftmaxNative {
  /** out [n, d], contiguous */
  softmax(...a: [...run: Run, ...x: Matrix, d: number, out: Floats]): Done;
  /** All [n, d]; y is what `softmax` gave. */
  softmaxBackward(...a: [...run: Run, n: number, d: number, y: Floats, g: Floats, dx: Floats]): Done;
}

/** Arithmetic on one device. */
export interface AlgebraNative extends SoftmaxNative {
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
  /** Of `count` pairs of matrices; `next`: elements from one to the next */
  products(
    ...a: [
      ...run: Run,
      ...a: Strided,
      aNext: number,
      ...b: Strided,
      bNext: number,
      count: number,
      m: number,
      n: number,
      k: number,
      outStride: number,
      outNext: number,
      out: DeviceArray,
    ]
  ): Done;
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

export interface Native extends SoftmaxNative {
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
  /** For an array that nobody has written to: its pages come from the system with the first touch of each. */
  preferLargePages(untouched: NumericArray): void;
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
  readonly attention: AttentionNative & RowsNative;
  readonly distance: DistanceNative;
  readonly loss: LossNative;
}

let addon: Native | undefined;

/** The addon; throws in words, with what was looked for and what to do, where it cannot be loaded. */
export function native(): Native {
  addon ??= loadAddon() as Native;
  return addon;
}
