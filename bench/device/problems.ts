// What is measured on a GPU: one call each, of a size that the virtual GPU gets through in seconds, and of one that fills a real chip.
// The package's functions are handed in, so that the tests can run the same problems on the sources.

export interface DeviceTensor {
  readonly size: number;
  backwardAsync(): Promise<void>;
  dispose(): void;
}
type Rows = DeviceTensor;
interface MetricOptions {
  readonly metric: string;
}
export interface Api {
  tensor(
    data: Float32Array,
    shape: readonly number[],
    options: { dtype: DType; device: string; requiresGrad?: boolean },
  ): DeviceTensor;
  pairwiseAsync(x: Rows, y: Rows, options: MetricOptions): Promise<DeviceTensor>;
  topKAsync(
    queries: Rows,
    base: Rows,
    options: MetricOptions & { k: number },
  ): Promise<{ values: DeviceTensor; indices: DeviceTensor }>;
  reduceRowsAsync(x: Rows, y: Rows, options: MetricOptions & { reduce: string }): Promise<DeviceTensor>;
  readonly loss: {
    multiSimilarityAsync(x: Rows, labels: Int32Array, options?: { miner: unknown }): Promise<DeviceTensor>;
    contrastiveAsync(x: Rows, labels: Int32Array): Promise<DeviceTensor>;
    infoNCEAsync(x: Rows, y: Rows): Promise<DeviceTensor>;
  };
  readonly miner: { multiSimilarity(): unknown };
  readonly LatentCache: new (options: {
    pages: number;
    pageSize: number;
    latentDim: number;
    ropeDim: number;
    dtype: DType;
    device: string;
  }) => Cache;
  latentDecodeAsync(
    query: { latent: Rows; rope: Rows },
    cache: Cache,
    sequences: readonly number[],
    options: { scale: number },
  ): Promise<{ output: DeviceTensor; lse: DeviceTensor }>;
}
interface Cache {
  append(sequence: number, latent: Rows, rope: Rows): void;
}

export type DType = "float32" | "float16" | "bfloat16";
export const BYTES: Readonly<Record<DType, number>> = { float32: 4, float16: 2, bfloat16: 2 };

export interface Shape {
  readonly n: number;
  readonly m: number;
  readonly d: number;
}

export interface DeviceProblem {
  readonly id: string;
  readonly title: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** multiplications and additions that the formula wants */
  readonly flops: number;
  /** The kernel that only prepares what is measured. */
  readonly before?: string;
  /** Operands of its own. */
  make?(api: Api, device: string): Made;
  /** Everything once; what it made is disposed. */
  run(api: Api, made: Made): Promise<void>;
}

export interface Made {
  readonly x: DeviceTensor;
  readonly y: DeviceTensor;
  readonly labels: Int32Array;
  readonly cache?: Cache;
}

/** Evenly spread bits of a counter, as standard normal numbers: the same on every machine. */
function normal(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

/** Operands of a problem on a device. */
export function make(api: Api, problem: DeviceProblem, device: string): Made {
  const { n, m, d } = problem.shape;
  const { dtype } = problem;
  if (problem.make) return problem.make(api, device);
  return {
    x: api.tensor(normal(n * d, 1), [n, d], { dtype, device, requiresGrad: true }),
    y: api.tensor(normal(m * d, 2), [m, d], { dtype, device }),
    labels: Int32Array.from({ length: n }, (_, i) => i % Math.max(1, n / 4)),
  };
}

/** A loss and its gradient; with one side, both arguments are x. */
async function step(value: Promise<DeviceTensor>): Promise<void> {
  const loss = await value;
  await loss.backwardAsync();
  loss.dispose();
}

type Body = Pick<DeviceProblem, "run"> & { readonly passes: number };

const BODIES: Readonly<Record<string, Body>> = {
  "pairwise sqeuclidean": {
    passes: 1,
    run: async (api, { x, y }) => (await api.pairwiseAsync(x, y, { metric: "sqeuclidean" })).dispose(),
  },
  "topK sqeuclidean, k = 10": {
    passes: 1,
    run: async (api, { x, y }) => {
      const { values, indices } = await api.topKAsync(x, y, { metric: "sqeuclidean", k: 10 });
      values.dispose();
      indices.dispose();
    },
  },
  "reduceRows min euclidean": {
    passes: 1,
    run: async (api, { x, y }) => (await api.reduceRowsAsync(x, y, { metric: "euclidean", reduce: "min" })).dispose(),
  },
  "multiSimilarity with its miner, forward and backward": {
    passes: 4,
    run: (api, { x, labels }) => step(api.loss.multiSimilarityAsync(x, labels, { miner: api.miner.multiSimilarity() })),
  },
  "contrastive, forward and backward": {
    passes: 3,
    run: (api, { x, labels }) => step(api.loss.contrastiveAsync(x, labels)),
  },
  "infoNCE, forward and backward": { passes: 3, run: (api, { x, y }) => step(api.loss.infoNCEAsync(x, y)) },
};

export function deviceProblems(shape: Shape, dtypes: readonly DType[]): DeviceProblem[] {
  return Object.entries(BODIES).flatMap(([title, { passes, run }]) =>
    dtypes.map((dtype) => ({
      id: `${title.split(/[ ,]/)[0]}-${dtype}`,
      title,
      dtype,
      shape,
      flops: passes * 2 * shape.n * shape.m * shape.d,
      run: (api, made) => Promise.resolve(run(api, made)),
    })),
  );
}
