// usearch exactSearch: brute force with a heap for each query.
import { values } from "../problems/data.js";
import { type Contender, isCommon, type Solution, type TopKTask } from "../problems/types.js";
import { load } from "./import.js";

interface Found {
  readonly keys: BigUint64Array;
  readonly distances: Float32Array;
}
interface Usearch {
  exactSearch(
    base: Float32Array,
    queries: Float32Array,
    columns: number,
    k: number,
    metric: string,
    threads: number,
  ): Found;
}

const SHARE = 0.02; // of the queries: it is that much slower
const METRICS = { sqeuclidean: "l2sq", inner: "ip", cosine: "cos" };

function topK(library: Usearch) {
  return async ({ metric, queries, base, k }: TopKTask, threads: number): Promise<Solution<"topK"> | null> => {
    if (queries.dtype !== "float32" || !isCommon(metric) || metric === "inner") return null;
    const rows = Math.ceil(queries.rows * SHARE);
    const few = values(queries).subarray(0, rows * queries.columns);
    let found: Found = { keys: new BigUint64Array(), distances: new Float32Array() };
    return {
      rows,
      call: () => {
        found = library.exactSearch(values(base), few, queries.columns, k, METRICS[metric], threads);
      },
      output: () => ({ values: found.distances, indices: found.keys }),
    };
  };
}

export const usearch: Contender = {
  name: "usearch",
  package: "usearch",
  how: "exactSearch",
  maxThreads: Number.POSITIVE_INFINITY,
  load: async () => ({ topK: topK(await load<Usearch>("usearch")) }),
};
