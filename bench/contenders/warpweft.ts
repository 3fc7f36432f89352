// The package as a user imports it, from dist/.
import type { Contender, Matrix, RetrievalTask, Solution, StepTask } from "../problems/types.js";
import { load } from "./import.js";
import { type Root, type Tensor, tensorOf } from "./warpweft-api.js";
import { type Attention, attention, decode } from "./warpweft-attention.js";
import { backward, type Distance, pairwise, radius, reduce, topK } from "./warpweft-distance.js";
import { type Losses, loss } from "./warpweft-loss.js";

interface Evaluate {
  retrieval(queries: Tensor, labels: Int32Array, options: object): { recallAt: Record<number, number>; mapAtR: number };
}
interface Optimizers {
  adamW(parameters: readonly Tensor[], options: { learningRate: number }): { step(): void; zeroGrad(): void };
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
    const mining = miner.multiSimilarity!();
    let initial: number | null = null;
    return {
      call: () => {
        optimizer.zeroGrad();
        const result = losses.multiSimilarity!(x.matmul(first).relu().matmul(second), task.labels, { miner: mining });
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
      const attending = await load<Attention>("warpweft/attention");
      return {
        pairwise: pairwise(root, distance, true),
        topK: topK(root, distance),
        reduce: reduce(root, distance),
        radius: radius(root, distance),
        backward: backward(root, distance),
        loss: loss(root, losses),
        retrieval: retrieval(root, await load<Evaluate>("warpweft/evaluate")),
        decode: decode(root, attending),
        attention: attention(root, attending),
        step: step(root, losses, await load<Optimizers>("warpweft/optim")),
      };
    },
  };
}

export const warpweft = contender("warpweft", "public functions; `pairwise` into a reused `out`", true);
export const warpweftFresh = contender("warpweft, fresh output", "`pairwise` without `out`", false);
