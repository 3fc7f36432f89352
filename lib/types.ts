/**
 * The public types. A tensor is seen from outside as this interface alone, so that anything shaped like
 * it in a type test, a mock or another version of the package fits; what is behind it is lib/tensor.ts.
 */

/** float16 and bfloat16 are storage types. Results, statistics and gradients are float32 whatever the input; indices are int32. */
export type DType = "float32" | "float16" | "bfloat16" | "int32" | "int8" | "uint8";
/** This release computes on "cpu". */
export type Device = "cpu" | "cuda" | `cuda:${number}`;
export type NumericArray = Float32Array | Float64Array | Uint16Array | Int32Array | Int8Array | Uint8Array;

/** Anything with a typed array and a shape is accepted where a tensor is (ndarray, onnxruntime, transformers.js). Strides and offset count elements. */
export interface TensorLike {
  readonly data: NumericArray | BigInt64Array;
  readonly shape?: readonly number[];
  readonly dims?: readonly number[];
  readonly dtype?: string;
  readonly type?: string;
  readonly strides?: readonly number[];
  readonly stride?: readonly number[];
  readonly offset?: number;
}
export type Input = Tensor | TensorLike;

export interface TensorOptions {
  /** default: the dtype of the array; float32 for number arrays and Float64Array */
  dtype?: DType;
  /** default "cpu"; "cuda" is the first GPU that can be used */
  device?: Device;
  /** default false; float dtypes only */
  requiresGrad?: boolean;
}

/** An array with a shape, and a place on the tape. Made by `tensor()` and by every function of the package. */
export interface Tensor extends Disposable {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly device: Device;
  /** the number of elements */
  readonly size: number;
  /** true for a leaf that asked for it and for whatever was recorded from one */
  readonly requiresGrad: boolean;
  /** float32, of the same shape; filled by `backward` on leaves, added to by each further one */
  readonly grad: Tensor | null;
  /** Releases what the tape saved unless `retainGraph`; a second call then throws. Throws if an input was changed in place by an optimizer since. When it throws, no gradient was touched. */
  backward(gradient?: Tensor, options?: { retainGraph?: boolean }): void;
  /** `backward` off the event loop. Inputs must neither be changed nor transferred until it settles. */
  backwardAsync(gradient?: Tensor, options?: { retainGraph?: boolean } & AsyncOptions): Promise<void>;
  /** Forgets the gradient: `grad` is null afterwards. */
  zeroGrad(): void;
  /** The same memory, unknown to the tape. */
  detach(): Tensor;
  /** Converts to a dtype (round to nearest even; to an integer dtype only what it holds exactly) or moves to a device. Shares the memory when there is nothing to do. */
  to(target: Device | DType): Tensor;
  /** The elements in row-major order: a view on the CPU (a copy if the tensor is a strided view), a copy from a GPU, for whose work it waits. 16-bit floats come as bits in a Uint16Array. Writing through it is not seen by the tape. */
  data(): NumericArray;
  /** The only element. */
  item(): number;
  /** Nested arrays of numbers; a number when the shape is []. */
  toArray(): unknown;
  /** Elementwise, as NumPy broadcasts. */
  add(other: Tensor | number): Tensor;
  sub(other: Tensor | number): Tensor;
  mul(other: Tensor | number): Tensor;
  div(other: Tensor | number): Tensor;
  exp(): Tensor;
  /** Natural logarithm. */
  log(): Tensor;
  /** [N, M] → [M, N], as a view. */
  transpose(): Tensor;
  /** [M, K] · [K, N] → [M, N]. */
  matmul(other: Tensor): Tensor;
  relu(): Tensor;
  /** Of all elements: shape []. */
  sum(): Tensor;
  /** Of all elements: shape []; 0 when there are none. */
  mean(): Tensor;
  /** Rows divided by their L2 norm, or by 1e-12 where it is smaller. */
  normalize(): Tensor;
  reshape(shape: readonly number[]): Tensor;
  /** Columns [start, end) of a matrix, as a view. */
  columns(start: number, end: number): Tensor;
  /** Drops this handle; the storage lives until the tape lets go of it too. Memory on a GPU is then free at once. */
  dispose(): void;
}

export interface DeviceInfo {
  device: Device;
  name: string;
  available: boolean;
  /** why not */
  code?: "NO_DRIVER" | "DRIVER_TOO_OLD" | "NO_DEVICE" | "UNSUPPORTED_CAPABILITY" | "BUILT_WITHOUT_KERNELS" | "DISABLED";
  /** the same in words */
  reason?: string;
  /** bytes */
  memory?: number;
  computeCapability?: string;
  /** of the CPU: the one in use */
  instructionSet?: string;
}

/** Every heavy function `f` has a twin `fAsync` with the same arguments plus these; it runs off the event loop. */
export interface AsyncOptions {
  /** ERR_ABORTED within 50 ms of its abort */
  signal?: AbortSignal;
  /** `done` of `total` units of work, on the event loop; a function of several passes may report each one */
  onProgress?: (done: number, total: number) => void;
}
type WithAsync<A extends readonly unknown[]> = A extends readonly [...infer H, infer L]
  ? [...H, L & AsyncOptions]
  : Required<A> extends readonly [...infer H, infer L]
    ? [...H, ((L & AsyncOptions) | undefined)?]
    : never;
export type Async<F> = F extends (...a: infer A) => infer R ? (...a: WithAsync<A>) => Promise<R> : never;
export type WithTwins<T> = T & { readonly [K in keyof T & string as `${K}Async`]: Async<T[K]> };

export interface RunOptions {
  /** default: `threads()` */
  threads?: number;
  /** where the result goes; may be bfloat16 or float16 (rounded once, to nearest even). ERR_ARGUMENT while a gradient is recorded */
  out?: Tensor;
}

/** One class id per row: any int32, compared exactly. */
export type Labels = Int32Array | BigInt64Array | readonly number[] | Tensor;
/** Pairs are then embeddings × reference only; in-batch pairs are not added and nothing is taken for a self-pair. */
export interface Reference {
  /** [M, D] */
  embeddings: Input;
  /** one per row of `embeddings` */
  labels: Labels;
}

/** Processes that work on one thing together. Of tensors that are dealt out or gathered the first dimension counts, in the order of ranks. */
export interface ProcessGroup {
  readonly rank: number;
  readonly size: number;
  readonly backend: "gloo" | "nccl" | "local";
  allReduce(x: Tensor, op?: "sum" | "max" | "min"): Promise<Tensor>;
  /** one below the other: the first dimension is `size` times as long */
  allGather(x: Tensor): Promise<Tensor>;
  /** the rank's part of the sum: the first dimension is a `size`-th */
  reduceScatter(x: Tensor): Promise<Tensor>;
  broadcast(x: Tensor, root?: number): Promise<Tensor>;
  barrier(): Promise<void>;
  close(): Promise<void>;
}
