// The package as a user imports it, from dist/.
import type {
  Contender,
  LossTask,
  Matrix,
  PairwiseTask,
  RetrievalTask,
  Solution,
  StepTask,
  TopKTask,
} from "../problems/types.js";
import { load } from "./import.js";
import { reused } from "./output.js";

// The part of the public surface that is timed. Types are restated so that the benchmark compiles before a build.
interface Tensor {
  readonly grad: Tensor | null;
  data(): Float32Array | Int32Array;
  item(): number;
  backward(): void;
  zeroGrad(): void;
  matmul(other: Tensor): Tensor;
  relu(): Tensor;
  dispose(): void;
}
interface Root {
  tensor(data: Matrix["data"], shape: readonly number[], options?: { dtype?: string; requiresGrad?: boolean }): Tensor;
  setThreads(count: number): void;
}
interface Distance {
  pairwise(x: Tensor, y: Tensor, options: { metric: string; threads: number; out?: Tensor }): Tensor;
  topK(
    queries: Tensor,
    base: Tensor,
    options: { metric: string; k: number; threads: number },
  ): { values: Tensor; indices: Tensor };
}
interface Losses {
  miner: { multiSimilarity(): unknown };
  loss: {
    multiSimilarity(x: Tensor, labels: Int32Array, options: { miner: unknown }): Tensor;
    infoNCE(x: Tensor, y: Tensor): Tensor;
  };
}
interface Evaluate {
  retrieval(queries: Tensor, labels: Int32Array, options: object): { recallAt: Record<number, number>; mapAtR: number };
}
interface Optimizers {
  adamW(parameters: readonly Tensor[], options: { learningRate: number }): { step(): void; zeroGrad(): void };
}

const tensorOf = ({ tensor }: Root, m: Matrix, requiresGrad = false): Tensor =>
  tensor(m.data, [m.rows, m.columns], { dtype: m.dtype, requiresGrad });

function pairwise(root: Root, { pairwise: run }: Distance, reuse: boolean) {
  return async ({ metric, x, y }: PairwiseTask, threads: number): Promise<Solution<"pairwise">> => {
    const [a, b] = [tensorOf(root, x), tensorOf(root, y)];
    const out = reuse ? root.tensor(reused(new Float32Array(x.rows * y.rows)), [x.rows, y.rows]) : undefined;
    let result = out;
    return {
      freshBytes: reuse ? 0 : 4 * x.rows * y.rows,
      call: () => {
        result = run(a, b, { metric, threads, ...(out && { out }) });
      },
      output: () => ({ values: result!.data() }),
    };
  };
}

function topK(root: Root, distance: Distance) {
  return async ({ metric, queries, base, k }: TopKTask, threads: number): Promise<Solution<"topK">> => {
    const [a, b] = [tensorOf(root, queries), tensorOf(root, base)];
    let found = { values: a, indices: a };
    return {
      freshBytes: 8 * queries.rows * k,
      call: () => {
        found = distance.topK(a, b, { metric, k, threads });
      },
      output: () => ({ values: found.values.data(), indices: found.indices.data() }),
    };
  };
}

function loss(root: Root, { loss: losses, miner }: Losses) {
  return async (task: LossTask, threads: number): Promise<Solution<"loss">> => {
    root.setThreads(threads);
    const x = tensorOf(root, task.x, true);
    const y = task.y && tensorOf(root, task.y, true);
    let value = 0;
    return {
      freshBytes: 4 * task.x.rows * task.x.columns * (y ? 2 : 1),
      call: () => {
        x.zeroGrad();
        y?.zeroGrad();
        const result = task.labels
          ? losses.multiSimilarity(x, task.labels, { miner: miner.multiSimilarity() })
          : losses.infoNCE(x, y!);
        result.backward();
        value = result.item();
        result.dispose();
      },
      output: () => ({ value, dx: x.grad!.data(), dy: y ? y.grad!.data() : null }),
    };
  };
}

function retrieval(root: Root, evaluate: Evaluate) {
  return async (task: RetrievalTask, threads: number): Promise<Solution<"retrieval">> => {
    root.setThreads(threads);
    const [queries, references] = [tensorOf(root, task.queries), tensorOf(root, task.references)];
    const options = {
      reference: { embeddings: references, labels: task.referenceLabels },
      metric: "cosineSimilarity",
      k: [1],
    };
    let result = { recallAt1: 0, mapAtR: 0 };
    return {
      call: () => {
        const { recallAt, mapAtR } = evaluate.retrieval(queries, task.queryLabels, options);
        result = { recallAt1: recallAt[1]!, mapAtR };
      },
      output: () => result,
    };
  };
}

function step(root: Root, { loss: losses, miner }: Losses, { adamW }: Optimizers) {
  return async (task: StepTask, threads: number): Promise<Solution<"step">> => {
    root.setThreads(threads);
    const x = tensorOf(root, task.x);
    const copy = (m: Matrix): Tensor => tensorOf(root, { ...m, data: m.data.slice() }, true); // the optimizer writes into it
    const [first, second] = [copy(task.first), copy(task.second)];
    const optimizer = adamW([first, second], { learningRate: 1e-3 });
    const mining = miner.multiSimilarity();
    let initial: number | null = null;
    return {
      call: () => {
        optimizer.zeroGrad();
        const result = losses.multiSimilarity(x.matmul(first).relu().matmul(second), task.labels, { miner: mining });
        result.backward();
        optimizer.step();
        initial ??= result.item();
      },
      output: () => ({ value: initial ?? Number.NaN }),
    };
  };
}

function contender(name: string, how: string, reuse: boolean): Contender {
  return {
    name,
    package: "warpweft",
    how,
    maxThreads: Number.POSITIVE_INFINITY,
    load: async () => {
      const root = await load<Root>("warpweft");
      const distance = await load<Distance>("warpweft/distance");
      if (!reuse) return { pairwise: pairwise(root, distance, false) };
      const losses = await load<Losses>("warpweft/loss");
      return {
        pairwise: pairwise(root, distance, true),
        topK: topK(root, distance),
        loss: loss(root, losses),
        retrieval: retrieval(root, await load<Evaluate>("warpweft/evaluate")),
        step: step(root, losses, await load<Optimizers>("warpweft/optim")),
      };
    },
  };
}

export const warpweft = contender("warpweft", "public functions; `pairwise` into a reused `out`", true);
export const warpweftFresh = contender("warpweft, fresh output", "`pairwise` without `out`", false);
