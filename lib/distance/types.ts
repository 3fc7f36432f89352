import type { RunOptions, Tensor } from "../types.js";
import type { DISTANCES, ROW_REDUCTIONS } from "./table.js";

/** Distances unless said otherwise; the two similarities (`inner`, `cosineSimilarity`) rank larger as closer. Names follow scipy.spatial.distance. */
export type Metric = keyof typeof DISTANCES;
export type RowReduction = keyof typeof ROW_REDUCTIONS;

export interface MetricOptions extends RunOptions {
  /** default "euclidean" */
  metric?: Metric;
}

export interface TopKOptions extends MetricOptions {
  /** 1 … M */
  k: number;
  /** leaves out base row i for query i; default false */
  excludeSelf?: boolean;
}

export interface ReduceRowsOptions extends MetricOptions {
  reduce: RowReduction;
  /** factor before the exponential of logSumExp, and of nothing else; default 1 */
  scale?: number;
}

export interface Neighbors {
  /** [N, k] float32, closest first */
  values: Tensor;
  /** [N, k] int32; ties go to the lower index; a last slot lost to `excludeSelf` is −1 with value NaN */
  indices: Tensor;
}
