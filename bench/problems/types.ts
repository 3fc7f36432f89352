// A benchmark is problem × contender. A problem makes a task; a contender turns the task into a solution.

/** Those that the peers have too. */
export type CommonMetric = "inner" | "cosine" | "sqeuclidean";
export const isCommon = (metric: Metric): metric is CommonMetric =>
  metric === "inner" || metric === "cosine" || metric === "sqeuclidean";
/** Parameters are fixed: the curvature of the ball is 0.1, the exponent of minkowski 3. */
export type Metric = CommonMetric | "snr" | "poincare" | "cityblock" | "chebyshev" | "minkowski";
export type StorageType = "float32" | "bfloat16";

export interface Matrix {
  readonly data: Float32Array | Uint16Array;
  readonly dtype: StorageType;
  readonly rows: number;
  readonly columns: number;
}

/** [n, m] distances. */
export interface PairwiseTask {
  readonly kind: "pairwise";
  readonly metric: Metric;
  readonly x: Matrix;
  readonly y: Matrix;
}

/** The k closest rows of `base` for each query. */
export interface TopKTask {
  readonly kind: "topK";
  readonly metric: Metric;
  readonly queries: Matrix;
  readonly base: Matrix;
  readonly k: number;
  /** the base is prepared before the clock starts, stored as this type; `scale` is that of its int8 codes */
  readonly prepared?: { readonly dtype: StorageType | "int8"; readonly scale?: number };
}

/** The least score of each row of x, and with `columns` of each row of y from the same sweep. */
export interface ReduceTask {
  readonly kind: "reduce";
  readonly metric: Metric;
  readonly x: Matrix;
  readonly y: Matrix;
  readonly columns: boolean;
}

/** Every pair at most `radius` apart, closest first in each row. */
export interface RadiusTask {
  readonly kind: "radius";
  readonly metric: Metric;
  readonly queries: Matrix;
  readonly base: Matrix;
  readonly radius: number;
}

/** Both gradients of a pairwise matrix that exists already, from `upstream` [n, m]. */
export interface BackwardTask {
  readonly kind: "backward";
  readonly metric: "cosine" | "sqeuclidean";
  readonly x: Matrix;
  readonly y: Matrix;
  readonly upstream: Float32Array;
}

/** Multi-Similarity has its miner, the triplet loss the semi-hard one. */
export type PairLoss = "multiSimilarity" | "ntXent" | "supCon" | "circle" | "triplet" | "liftedStructure";
export type ClassLoss = "normalizedSoftmax" | "crossEntropy" | "arcFace";

/** Loss value and the gradients of its embeddings. */
export interface LossTask {
  readonly kind: "loss";
  readonly loss: PairLoss | ClassLoss | "infoNCE";
  readonly x: Matrix;
  /** infoNCE: the candidates; of a loss over classes: their vectors, which repeat with period `distinct` */
  readonly y: Matrix | null;
  readonly distinct?: number;
  /** the class of each row; null for infoNCE */
  readonly labels: Int32Array | null;
  /** widths of prefixes whose losses are summed */
  readonly matryoshka?: readonly number[];
}

/** Recall@1 and MAP@R of queries against references. */
export interface RetrievalTask {
  readonly kind: "retrieval";
  readonly queries: Matrix;
  readonly queryLabels: Int32Array;
  readonly references: Matrix;
  readonly referenceLabels: Int32Array;
}

/** One training step of 784 → 128 relu → 64 under Multi-Similarity with its miner, AdamW included. */
export interface StepTask {
  readonly kind: "step";
  readonly x: Matrix;
  readonly labels: Int32Array;
  readonly first: Matrix;
  readonly second: Matrix;
}

/** One token's absorbed queries, a row a head, against a cache that is filled before the clock starts. */
export interface DecodeTask {
  readonly kind: "decode";
  readonly cache: StorageType | "fp8";
  readonly scale: number;
  readonly latentQuery: Matrix;
  readonly ropeQuery: Matrix;
  readonly latents: Matrix;
  readonly ropes: Matrix;
}

/** Causal attention of one sequence; rows are [tokens, heads]. */
export interface AttentionTask {
  readonly kind: "attention";
  readonly heads: number;
  readonly q: Matrix;
  readonly k: Matrix;
  readonly v: Matrix;
}

export type Task =
  | PairwiseTask
  | TopKTask
  | ReduceTask
  | RadiusTask
  | BackwardTask
  | LossTask
  | RetrievalTask
  | StepTask
  | DecodeTask
  | AttentionTask;

export interface Outputs {
  pairwise: { readonly values: ArrayLike<number> };
  topK: { readonly values: ArrayLike<number>; readonly indices: ArrayLike<number | bigint> };
  reduce: { readonly rows: ArrayLike<number>; readonly columns: ArrayLike<number> | null };
  radius: {
    readonly offsets: ArrayLike<number>;
    readonly indices: ArrayLike<number>;
    readonly values: ArrayLike<number>;
  };
  backward: { readonly dx: ArrayLike<number>; readonly dy: ArrayLike<number> };
  loss: { readonly value: number; readonly dx: ArrayLike<number>; readonly dy: ArrayLike<number> | null };
  retrieval: { readonly recallAt1: number; readonly mapAtR: number };
  step: { readonly value: number };
  decode: { readonly values: ArrayLike<number> };
  attention: { readonly values: ArrayLike<number> };
}

export type Kind = Task["kind"];
export type TaskOf<K extends Kind> = Extract<Task, { kind: K }>;

export interface Solution<K extends Kind> {
  call(): void | Promise<void>;
  /** What the last call computed. */
  output(): Outputs[K];
  /** Rows of x (or queries) that a call handles when it does not handle all: its time is scaled up and marked. */
  readonly rows?: number;
  /** Bytes of results that each call allocates, which are no extra memory. */
  readonly freshBytes?: number;
}

export type Solver = {
  readonly [K in Kind]?: (task: TaskOf<K>, threads: number) => Promise<Solution<K> | null>;
};

export interface Contender {
  readonly name: string;
  /** Its package, whose version the report states. */
  readonly package: string;
  /** How it is used, in a phrase. */
  readonly how: string;
  /** Most threads it can use; the report has one row where more make no difference. */
  readonly maxThreads: number;
  load(): Promise<Solver>;
}

/** How far the result is from the reference, and how far it may be. */
export interface Verdict {
  readonly error: number;
  readonly limit: number;
}

/** The wall a problem's speed is a share of: the matrix product, subtract-abs-add in registers, or reads of memory. */
export type Wall = "product" | "differences" | "reads";

export interface Problem<K extends Kind = Kind> {
  readonly id: string;
  readonly title: string;
  readonly kind: K;
  /** [m, n, k] of the GEMM inside */
  readonly shape: readonly [number, number, number];
  readonly dtype: StorageType;
  readonly flops: number;
  /** default "product" */
  readonly wall?: Wall;
  /** bytes of a prepared base, which each call reads once */
  readonly reads?: number;
  /** The memory column shows what stays after this many calls instead of the peak of the first. */
  readonly repeats?: number;
  /** Measured at every thread count, with a fresh output and the bare product beside it; the others at the most only. */
  readonly headline: boolean;
  /** Names of contenders beside warpweft's. */
  readonly peers: readonly string[];
  task(): TaskOf<K>;
  /** float64 numbers that `check` compares with, computed once a run. */
  reference(task: TaskOf<K>): Float64Array;
  check(task: TaskOf<K>, output: Outputs[K], reference: Float64Array, rows: number): Verdict;
}
