// onnxruntime-node: the graph a Node user would build. The whole score matrix of a chunk exists in memory.
import { values } from "../problems/data.js";
import {
  type CommonMetric,
  type Contender,
  isCommon,
  type Matrix,
  type PairwiseTask,
  type RetrievalTask,
  type Solution,
  type TopKTask,
} from "../problems/types.js";
import { load } from "./import.js";
import { pairwiseGraph, topKGraph } from "./onnx-graphs.js";
import { onnxModel } from "./onnx-model.js";
import { reused } from "./output.js";
import { averageRanking } from "./ranking.js";

interface OrtTensor {
  readonly data: Float32Array | BigInt64Array;
}
interface OrtSession {
  run(feeds: Record<string, OrtTensor>, fetches?: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
}
interface Ort {
  Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => OrtTensor;
  InferenceSession: { create(model: Uint8Array, options: object): Promise<OrtSession> };
}

const CHUNK = 1000; // query rows at a time: its matrix of scores is 400 MB for a base of 100,000

const options = (threads: number): object => ({
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: "sequential",
});

function pairwise(ort: Ort) {
  return async ({ metric, x, y }: PairwiseTask, threads: number): Promise<Solution<"pairwise"> | null> => {
    if (x.dtype !== "float32" || !isCommon(metric)) return null;
    const session = await ort.InferenceSession.create(onnxModel(pairwiseGraph(metric)), options(threads));
    const feeds = {
      x: new ort.Tensor("float32", values(x), [x.rows, x.columns]),
      y: new ort.Tensor("float32", values(y), [y.rows, y.columns]),
    };
    const out = reused(new Float32Array(x.rows * y.rows));
    const fetches = { scores: new ort.Tensor("float32", out, [x.rows, y.rows]) };
    return {
      call: async () => {
        await session.run(feeds, fetches);
      },
      output: () => ({ values: out }),
    };
  };
}

interface Lists {
  values: Float32Array;
  indices: BigInt64Array;
}

async function searcher(
  ort: Ort,
  metric: CommonMetric,
  queries: Matrix,
  base: Matrix,
  k: number,
  threads: number,
): Promise<{ search(): Promise<void>; found: Lists }> {
  const session = await ort.InferenceSession.create(onnxModel(topKGraph(metric, base, k)), options(threads));
  const found: Lists = {
    values: reused(new Float32Array(queries.rows * k)),
    indices: reused(new BigInt64Array(queries.rows * k)),
  };
  const x = values(queries);
  const search = async (): Promise<void> => {
    for (let row = 0; row < queries.rows; row += CHUNK) {
      const rows = Math.min(CHUNK, queries.rows - row);
      const part = x.subarray(row * queries.columns, (row + rows) * queries.columns);
      const result = await session.run({ x: new ort.Tensor("float32", part, [rows, queries.columns]) });
      found.values.set(result.values!.data as Float32Array, row * k);
      found.indices.set(result.indices!.data as BigInt64Array, row * k);
    }
  };
  return { search, found };
}

function topK(ort: Ort) {
  return async ({ metric, queries, base, k }: TopKTask, threads: number): Promise<Solution<"topK"> | null> => {
    if (queries.dtype !== "float32" || !isCommon(metric) || metric === "cosine") return null;
    const { search, found } = await searcher(ort, metric, queries, base, k, threads);
    return { call: search, output: () => found };
  };
}

/** Lists as deep as the largest class, then plain counting. */
function retrieval(ort: Ort) {
  return async (task: RetrievalTask, threads: number): Promise<Solution<"retrieval">> => {
    const sizes = new Map<number, number>();
    for (const label of task.referenceLabels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
    const depth = Math.max(...sizes.values());
    const { search, found } = await searcher(ort, "inner", unit(task.queries), unit(task.references), depth, threads);
    let result = { recallAt1: 0, mapAtR: 0 };
    return {
      call: async () => {
        await search();
        result = averageRanking(task, (query, rank) => Number(found.indices[query * depth + rank]), sizes);
      },
      output: () => result,
    };
  };
}

function unit(matrix: Matrix): Matrix {
  const data = Float32Array.from(values(matrix));
  for (let row = 0; row < matrix.rows; ++row) {
    const view = data.subarray(row * matrix.columns, (row + 1) * matrix.columns);
    const norm = Math.sqrt(view.reduce((sum, v) => sum + v * v, 0));
    view.forEach((v, c) => {
      view[c] = v / norm;
    });
  }
  return { ...matrix, data };
}

export const onnxruntime: Contender = {
  name: "onnxruntime-node",
  package: "onnxruntime-node",
  how: `Gemm and TopK in one graph, ${CHUNK.toLocaleString("en")} query rows at a time; a search packs its base once, before the clock starts`,
  maxThreads: Number.POSITIVE_INFINITY,
  load: async () => {
    const ort = await load<Ort>("onnxruntime-node");
    return { pairwise: pairwise(ort), topK: topK(ort), retrieval: retrieval(ort) };
  },
};
