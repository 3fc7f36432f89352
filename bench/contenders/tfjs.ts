// tfjs with its WebAssembly backend: composed operations; in Node more threads change nothing.
import { values } from "../problems/data.js";
import {
  type Contender,
  isCommon,
  type Matrix,
  type PairwiseTask,
  type Solution,
  type TopKTask,
} from "../problems/types.js";
import { load } from "./import.js";
import { lossSolution, stepSolution } from "./tfjs-loss.js";
import type { Tf, TfTensor } from "./tfjs-types.js";

const TOPK_ROWS = 200;

const tensorOf = (tf: Tf, m: Matrix): TfTensor => tf.tensor2d(values(m), [m.rows, m.columns]);

function pairwise(tf: Tf) {
  return async ({ metric, x, y }: PairwiseTask): Promise<Solution<"pairwise"> | null> => {
    // Transposed in a step of its own: the backend's fast product takes no transposed arguments.
    if (x.dtype !== "float32" || !isCommon(metric)) return null;
    const a = tensorOf(tf, x);
    const b = tensorOf(tf, y);
    const compose = (): TfTensor => {
      if (metric === "inner") return tf.matMul(a, b.transpose());
      if (metric === "cosine") {
        const [p, q] = [a, b].map((side) => side.div(tf.norm(side, 2, 1, true))) as [TfTensor, TfTensor];
        return tf.scalar(1).sub(tf.matMul(p, q.transpose()));
      }
      return a.square().sum(1, true).sub(tf.matMul(a, b.transpose()).mul(2)).add(b.square().sum(1, true).transpose());
    };
    let out = new Float32Array();
    return {
      freshBytes: 4 * x.rows * y.rows,
      call: () =>
        tf.tidy(() => {
          out = compose().dataSync() as Float32Array<ArrayBuffer>; // not returned: tidy would walk through its elements
        }),
      output: () => ({ values: out }),
    };
  };
}

function topK(tf: Tf) {
  return async ({ metric, queries, base, k }: TopKTask): Promise<Solution<"topK"> | null> => {
    if (queries.dtype !== "float32" || metric !== "inner") return null;
    const rows = Math.min(TOPK_ROWS, queries.rows);
    const few = tf.tensor2d(values(queries).slice(0, rows * queries.columns), [rows, queries.columns]);
    const all = tensorOf(tf, base);
    let found: { values: ArrayLike<number>; indices: ArrayLike<number> } = { values: [], indices: [] };
    return {
      rows,
      call: () =>
        tf.tidy(() => {
          const best = tf.topk(tf.matMul(few, all.transpose()), k);
          found = { values: best.values.dataSync(), indices: best.indices.dataSync() };
        }),
      output: () => found,
    };
  };
}

export const tfjs: Contender = {
  name: "tfjs-wasm",
  package: "@tensorflow/tfjs-backend-wasm",
  how: "operations of tfjs composed, WebAssembly backend",
  maxThreads: 1,
  load: async () => {
    const tf = await load<Tf>("@tensorflow/tfjs");
    await load("@tensorflow/tfjs-backend-wasm");
    await tf.setBackend("wasm");
    await tf.ready();
    return { pairwise: pairwise(tf), topK: topK(tf), loss: lossSolution(tf), step: stepSolution(tf) };
  },
};
