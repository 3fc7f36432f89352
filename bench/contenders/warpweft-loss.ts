// The package's losses. One that the build does not have yet, or an option of it, is left out of the run.
import type { LossTask, Matrix, Solution } from "../problems/types.js";
import { fromBfloat16 } from "../problems/data.js";
import { type Root, type Tensor, tensorOf } from "./warpweft-api.js";

type Loss = (x: Tensor, ...rest: unknown[]) => Tensor;
export interface Losses {
  readonly miner: Readonly<Record<string, ((options?: object) => unknown) | undefined>>;
  readonly loss: Readonly<Record<string, Loss | undefined>>;
}

const semihard = { margin: 0.2, type: "semihard" };

/** What the loss takes behind the embeddings; null where a miner is missing. */
function argumentsOf(task: LossTask, y: Tensor | null, { miner }: Losses): unknown[] | null {
  const { loss, labels, matryoshka } = task;
  if (loss === "infoNCE") return [y];
  if (y) return [labels, y];
  const mining =
    loss === "multiSimilarity" ? miner.multiSimilarity?.() : loss === "triplet" && miner.triplet?.(semihard);
  if (mining === undefined) return null;
  return [labels, { ...(mining !== false && { miner: mining }), ...(matryoshka && { matryoshka }) }];
}

const head = (m: Matrix, rows: number): Matrix => ({ ...m, data: m.data.slice(0, rows * m.columns), rows });

/** Whether a few rows of the task are taken: what is not known yet is an argument refused. */
function isKnown(root: Root, losses: Losses, task: LossTask): boolean {
  const few = Math.min(2, task.x.rows);
  const y = task.y && head(task.y, few);
  const small: LossTask = { ...task, x: head(task.x, few), y, labels: task.labels && new Int32Array(few) };
  const rest = argumentsOf(small, y && tensorOf(root, y), losses);
  const loss = losses.loss[task.loss];
  if (!rest || !loss) return false;
  try {
    loss(tensorOf(root, small.x), ...rest).dispose();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_ARGUMENT") return false;
    throw error;
  }
}

export function loss(root: Root, losses: Losses) {
  return async (task: LossTask, threads: number): Promise<Solution<"loss"> | null> => {
    if (!isKnown(root, losses, task)) return null;
    root.setThreads(threads);
    const x = tensorOf(root, task.x, true);
    const y = task.y && tensorOf(root, task.y, true);
    const compute = losses.loss[task.loss]!;
    const rest = argumentsOf(task, y, losses)!;
    const gradient = (side: Tensor): ArrayLike<number> => {
      const data: Float32Array | Uint16Array | Int32Array = side.grad!.data();
      return data instanceof Uint16Array ? fromBfloat16(data) : data;
    };
    let value = 0;
    return {
      freshBytes: task.x.data.byteLength + (task.y?.data.byteLength ?? 0),
      call: () => {
        x.zeroGrad();
        y?.zeroGrad();
        const result = compute(x, ...rest);
        result.backward();
        value = result.item();
        result.dispose();
      },
      output: () => ({ value, dx: gradient(x), dy: y ? gradient(y) : null }),
    };
  };
}
