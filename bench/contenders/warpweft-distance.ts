// warpweft/distance. What the installed build does not have is unsupported, not an error.
import type {
  BackwardTask,
  Metric,
  PairwiseTask,
  RadiusTask,
  ReduceTask,
  Solution,
  TopKTask,
} from "../problems/types.js";
import { CURVATURE, EXPONENT } from "../reference/metrics.js";
import { type Root, type Tensor, tensorOf } from "./warpweft-api.js";

type MetricOption = string | { readonly name: string; readonly curvature?: number; readonly p?: number };
interface Common {
  readonly metric: MetricOption;
  readonly threads: number;
}
type Prepared = object;
type Statistics = Readonly<Record<"rows" | "columns", { readonly min: Tensor }>>;

/** Functions that came later may be missing. */
export interface Distance {
  pairwise(x: Tensor, y: Tensor, options: Common & { out?: Tensor }): Tensor;
  topK(queries: Tensor, base: Tensor | Prepared, options: Common & { k: number }): { values: Tensor; indices: Tensor };
  reduceRows(x: Tensor, y: Tensor, options: Common & { reduce: "min" }): Tensor;
  rowStatistics?(x: Tensor, y: Tensor, options: Common & { rows: ["min"]; columns: ["min"] }): Statistics;
  radius?(
    queries: Tensor,
    base: Tensor,
    options: Common & { radius: number },
  ): { offsets: Int32Array; indices: Int32Array; values: Float32Array };
  prepare?(base: Tensor, options: Common & { dtype: string; scale?: number }): Prepared;
}

function optionOf(metric: Metric): MetricOption {
  if (metric === "poincare") return { name: metric, curvature: CURVATURE };
  return metric === "minkowski" ? { name: metric, p: EXPONENT } : metric;
}

/** Whether this build takes a call at all: tried on two rows, which every metric has. */
function takes(call: () => unknown): boolean {
  try {
    call();
    return true;
  } catch (reason) {
    if ((reason as { code?: string }).code === "ERR_ARGUMENT") return false;
    throw reason;
  }
}

const twoRows = (root: Root): Tensor => root.tensor(Float32Array.of(0.1, 0.5, 0.3, 0.2), [2, 2]);

export function pairwise(root: Root, distance: Distance, reuse: boolean) {
  return async ({ metric: name, x, y }: PairwiseTask, threads: number): Promise<Solution<"pairwise"> | null> => {
    const metric = optionOf(name);
    const tiny = twoRows(root);
    if (!takes(() => distance.pairwise(tiny, tiny, { metric, threads }))) return null;
    const [a, b] = [tensorOf(root, x), tensorOf(root, y)];
    // A result of the package's own, with its pages in memory.
    const column = (rows: number) => root.tensor(new Float32Array(rows), [rows, 1]);
    const out = reuse ? distance.pairwise(column(x.rows), column(y.rows), { metric: "inner", threads }) : undefined;
    const options = { metric, threads, ...(out && { out }) };
    let result = out;
    return {
      freshBytes: reuse ? 0 : 4 * x.rows * y.rows,
      call: () => {
        result = distance.pairwise(a, b, options);
      },
      output: () => ({ values: result!.data() }),
    };
  };
}

export function topK(root: Root, distance: Distance) {
  return async (task: TopKTask, threads: number): Promise<Solution<"topK"> | null> => {
    const { queries, base, k, prepared } = task;
    const metric = optionOf(task.metric);
    const prepare = (rows: Tensor): Tensor | Prepared =>
      prepared ? distance.prepare!(rows, { metric, threads, ...prepared }) : rows;
    const tiny = twoRows(root);
    if (prepared && !distance.prepare) return null;
    if (!takes(() => distance.topK(tiny, prepare(tiny), { metric, k: 1, threads }))) return null;
    const [a, b] = [tensorOf(root, queries), prepare(tensorOf(root, base))];
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

export function reduce(root: Root, distance: Distance) {
  return async (task: ReduceTask, threads: number): Promise<Solution<"reduce"> | null> => {
    const { x, y, columns } = task;
    const metric = optionOf(task.metric);
    const { reduceRows, rowStatistics } = distance;
    if (columns && !rowStatistics) return null;
    const [a, b] = [tensorOf(root, x), tensorOf(root, y)];
    let [down, across]: [Tensor, Tensor | null] = [a, null];
    return {
      freshBytes: 4 * (x.rows + (columns ? y.rows : 0)),
      call: columns
        ? () => {
            const all = rowStatistics!(a, b, { metric, rows: ["min"], columns: ["min"], threads });
            [down, across] = [all.rows.min, all.columns.min];
          }
        : () => {
            down = reduceRows(a, b, { metric, reduce: "min", threads });
          },
      output: () => ({ rows: down.data(), columns: across?.data() ?? null }),
    };
  };
}

export function radius(root: Root, distance: Distance) {
  return async (task: RadiusTask, threads: number): Promise<Solution<"radius"> | null> => {
    const find = distance.radius;
    if (!find) return null;
    const [a, b] = [tensorOf(root, task.queries), tensorOf(root, task.base)];
    const options = { metric: optionOf(task.metric), radius: task.radius, threads };
    let found = find(a, a, { ...options, radius: 0 });
    return {
      call: () => {
        found = find(a, b, options);
      },
      output: () => found,
    };
  };
}

/** The matrix is made once and kept; the clock runs over the gradients alone. */
export function backward(root: Root, distance: Distance) {
  return async (task: BackwardTask, threads: number): Promise<Solution<"backward"> | null> => {
    root.setThreads(threads);
    const [x, y] = [tensorOf(root, task.x, true), tensorOf(root, task.y, true)];
    const upstream = root.tensor(task.upstream, [task.x.rows, task.y.rows]);
    const matrix = distance.pairwise(x, y, { metric: optionOf(task.metric), threads });
    return {
      freshBytes: 4 * (task.x.data.length + task.y.data.length),
      call: () => {
        x.zeroGrad();
        y.zeroGrad();
        matrix.backward(upstream, { retainGraph: true });
      },
      output: () => ({ dx: x.grad!.data(), dy: y.grad!.data() }),
    };
  };
}
