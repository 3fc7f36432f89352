import { sampledRows, score } from "../reference/rows.js";
import { normalMatrix, values } from "./data.js";
import type { Metric, Outputs, Problem, StorageType, TopKTask, Verdict } from "./types.js";

const K = 10;
const BASE = 100_000;
const COLUMNS = 128;
const LIMIT = 1e-5; // relative to the best value: values that topK returns are re-evaluated, by the documentation

/** float64 scores of the sampled queries against the whole base. */
function reference({ metric, queries, base }: TopKTask): Float64Array {
  const [x, y] = [values(queries), values(base)];
  const rows = sampledRows(queries.rows);
  const out = new Float64Array(rows.length * base.rows);
  rows.forEach((i, r) => {
    for (let j = 0; j < base.rows; ++j) out[r * base.rows + j] = score(metric, x, i, y, j, base.columns);
  });
  return out;
}

/** A list is right when its members are distinct, their true scores are the k best, and its values are their scores. */
function check(task: TopKTask, output: Outputs["topK"], expected: Float64Array, rows: number): Verdict {
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

function topK(
  metric: Metric,
  dtype: StorageType,
  peers: readonly string[],
  queries: number,
  headline: boolean,
): Problem<"topK"> {
  return {
    id: `topk-${metric}-${dtype}`,
    title: `topK ${metric} k=${K} of ${queries.toLocaleString("en")} × ${BASE.toLocaleString("en")} × ${COLUMNS} ${dtype}`,
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
      k: K,
    }),
    reference,
    check,
  };
}

export function topKProblems(quick: boolean): Problem<"topK">[] {
  const queries = quick ? 2000 : 10_000;
  return [
    topK("inner", "float32", ["onnxruntime-node", "numkong", "tfjs-wasm"], queries, true),
    topK("sqeuclidean", "float32", ["onnxruntime-node", "usearch", "ml-distance"], queries, false),
    topK("inner", "bfloat16", ["numkong"], queries, false),
  ];
}
