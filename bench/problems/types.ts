// A benchmark is problem × contender. A problem makes a task; a contender turns the task into a solution.

export type Metric = "inner" | "cosine" | "sqeuclidean";
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
}

/** Loss value and the gradients of its embeddings: Multi-Similarity with its miner, or InfoNCE over two sides. */
export interface LossTask {
  readonly kind: "loss";
  readonly loss: "multiSimilarity" | "infoNCE";
  readonly x: Matrix;
  /** infoNCE: the candidates */
  readonly y: Matrix | null;
  /** multiSimilarity: one class a row */
  readonly labels: Int32Array | null;
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

export type Task = PairwiseTask | TopKTask | LossTask | RetrievalTask | StepTask;

export interface Outputs {
  pairwise: { readonly values: ArrayLike<number> };
  topK: { readonly values: ArrayLike<number>; readonly indices: ArrayLike<number | bigint> };
  loss: { readonly value: number; readonly dx: ArrayLike<number>; readonly dy: ArrayLike<number> | null };
  retrieval: { readonly recallAt1: number; readonly mapAtR: number };
  step: { readonly value: number };
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

export interface Problem<K extends Kind = Kind> {
  readonly id: string;
  readonly title: string;
  readonly kind: K;
  /** [m, n, k] of the GEMM inside */
  readonly shape: readonly [number, number, number];
  readonly dtype: StorageType;
  readonly flops: number;
  /** Measured at every thread count, with a fresh output and the bare product beside it; the others at the most only. */
  readonly headline: boolean;
  /** Names of contenders beside warpweft's. */
  readonly peers: readonly string[];
  task(): TaskOf<K>;
  /** float64 numbers that `check` compares with, computed once a run. */
  reference(task: TaskOf<K>): Float64Array;
  check(task: TaskOf<K>, output: Outputs[K], reference: Float64Array, rows: number): Verdict;
}
