// ml-distance: plain JavaScript, one pair a call.
import { values } from "../problems/data.js";
import type { Contender, Metric, PairwiseTask, Solution, TopKTask } from "../problems/types.js";
import { EXPONENT } from "../reference/metrics.js";
import { load } from "./import.js";
import { selectLargest } from "./ranking.js";

type Pair = (a: Float32Array, b: Float32Array) => number;
interface MlDistance {
  distance: {
    squaredEuclidean: Pair;
    manhattan: Pair;
    chebyshev: Pair;
    minkowski(a: Float32Array, b: Float32Array, p: number): number;
  };
  similarity: { cosine: Pair };
}

const PAIRWISE_ROWS = 16;
const POWER_ROWS = 1; // of minkowski, which is fifty times slower
const TOPK_ROWS = 8;

const rowsOf = (data: Float32Array, rows: number, columns: number): Float32Array[] =>
  Array.from({ length: rows }, (_, i) => data.subarray(i * columns, (i + 1) * columns));

function pairOf({ distance, similarity }: MlDistance, metric: Metric): Pair | null {
  const pairs: { readonly [M in Metric]?: Pair } = {
    sqeuclidean: distance.squaredEuclidean,
    cosine: (p, q) => 1 - similarity.cosine(p, q),
    cityblock: distance.manhattan,
    chebyshev: distance.chebyshev,
    minkowski: (p, q) => distance.minkowski(p, q, EXPONENT),
  };
  return pairs[metric] ?? null;
}

function pairwise(library: MlDistance) {
  return async ({ metric, x, y }: PairwiseTask): Promise<Solution<"pairwise"> | null> => {
    const pair = pairOf(library, metric);
    if (x.dtype !== "float32" || !pair) return null;
    const rows = Math.min(metric === "minkowski" ? POWER_ROWS : PAIRWISE_ROWS, x.rows);
    const a = rowsOf(values(x), rows, x.columns);
    const b = rowsOf(values(y), y.rows, y.columns);
    const out = new Float32Array(rows * y.rows);
    return {
      rows,
      call: () => {
        for (let at = 0; at < out.length; ++at) out[at] = pair(a[Math.floor(at / y.rows)]!, b[at % y.rows]!);
      },
      output: () => ({ values: out }),
    };
  };
}

function topK(library: MlDistance) {
  return async ({ metric, queries, base, k }: TopKTask): Promise<Solution<"topK"> | null> => {
    if (queries.dtype !== "float32" || metric !== "sqeuclidean") return null;
    const rows = Math.min(TOPK_ROWS, queries.rows);
    const a = rowsOf(values(queries), rows, queries.columns);
    const b = rowsOf(values(base), base.rows, base.columns);
    const nearness = new Float32Array(base.rows);
    const found = new Float32Array(rows * k);
    const indices = new Int32Array(rows * k);
    return {
      rows,
      call: () => {
        a.forEach((p, i) => {
          b.forEach((q, j) => {
            nearness[j] = -library.distance.squaredEuclidean(p, q);
          });
          selectLargest(nearness, 0, base.rows, k, i, found, indices);
        });
      },
      output: () => ({ values: found.map((v) => -v), indices }),
    };
  };
}

export const mlDistance: Contender = {
  name: "ml-distance",
  package: "ml-distance",
  how: "one JavaScript call a pair",
  maxThreads: 1,
  load: async () => {
    const library = await load<MlDistance>("ml-distance");
    return { pairwise: pairwise(library), topK: topK(library) };
  },
};
