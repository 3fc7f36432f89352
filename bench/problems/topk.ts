import { sampledScores } from "../reference/metrics.js";
import { sampledRows } from "../reference/rows.js";
import { normalMatrix } from "./data.js";
import type { Metric, Outputs, Problem, StorageType, TopKTask, Verdict } from "./types.js";

const K = 10;
export const BASE = 100_000;
export const COLUMNS = 128;
const LIMIT = 1e-5; // relative to the best value: values that topK returns are re-evaluated, by the documentation

export const topKReference = ({ metric, queries, base }: TopKTask): Float64Array =>
  sampledScores(metric, queries, base);

/** A list is right when its members are distinct, their true scores are the k best, and its values are their scores. */
export function checkTopK(task: TopKTask, output: Outputs["topK"], expected: Float64Array, rows: number): Verdict {
  const { metric, base, k } = task;
  const larger = metric === "inner" ? -1 : 1;
  let error = 0;
  const judge = (off: number): void => {
    error = off <= error ? error : off;
  };
  sampledRows(task.queries.rows).forEach((i, r) => {
    if (i >= rows) return;
    const scores = expected.subarray(r * base.rows, (r + 1) * base.rows);
    const best = Float64Array.from(scores, (s) => larger * s).sort();
    const found = Array.from({ length: k }, (_, c) => Number(output.indices[i * k + c]));
    if (new Set(found).size !== k) judge(Number.NaN);
    const size = Math.abs(best[0]!);
    found.forEach((j, c) => {
      judge(Math.abs(larger * (scores[j] ?? Number.NaN) - best[c]!) / size);
      judge(Math.abs(output.values[i * k + c]! - scores[j]!) / size);
    });
  });
  return { error, limit: LIMIT };
}

interface Options {
  metric: Metric;
  dtype?: StorageType;
  peers?: readonly string[];
  queries: number;
  k?: number;
  headline?: boolean;
}

function topK({ metric, dtype = "float32", peers = [], queries, k = K, headline = false }: Options): Problem<"topK"> {
  return {
    id: `topk-${metric}-${dtype}${k === K ? "" : `-k${k}`}`,
    title: `topK ${metric} k=${k} of ${queries.toLocaleString("en")} × ${BASE.toLocaleString("en")} × ${COLUMNS} ${dtype}`,
    kind: "topK",
    shape: [queries, BASE, COLUMNS],
    dtype,
    flops: 2 * queries * BASE * COLUMNS,
    headline,
    peers,
    task: () => ({
      kind: "topK",
      metric,
      queries: normalMatrix(queries, COLUMNS, 31, dtype),
      base: normalMatrix(BASE, COLUMNS, 32, dtype),
      k,
    }),
    reference: topKReference,
    check: checkTopK,
  };
}

export const searchQueries = (quick: boolean): number => (quick ? 2000 : 10_000);

export function topKProblems(quick: boolean): Problem<"topK">[] {
  const queries = searchQueries(quick);
  const all = [
    topK({ metric: "inner", peers: ["onnxruntime-node", "numkong", "tfjs-wasm"], queries, headline: true }),
    topK({ metric: "sqeuclidean", peers: ["onnxruntime-node", "usearch", "ml-distance"], queries }),
    topK({ metric: "inner", k: 100, peers: ["onnxruntime-node"], queries }),
    topK({ metric: "sqeuclidean", k: 100, queries }),
    topK({ metric: "inner", dtype: "bfloat16", peers: ["numkong"], queries }),
    topK({ metric: "sqeuclidean", dtype: "bfloat16", queries }),
  ];
  return quick ? all.filter(({ id }) => id.startsWith("topk-inner") || id === "topk-sqeuclidean-float32") : all;
}
