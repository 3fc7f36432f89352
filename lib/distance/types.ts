import type { Input, Labels, RunOptions, Tensor } from "../types.js";
import type { DISTANCES, DistanceParam, ROW_REDUCTIONS } from "./table.js";

type Table = typeof DISTANCES;
export type MetricName = keyof Table;

type Value<P extends DistanceParam> = P extends { kind: "tensor" }
  ? Input
  : P extends { kind: "boolean" }
    ? boolean
    : number;
type Params<N extends MetricName> = Table[N]["params"];
type Needed<P> = { [K in keyof P]: P[K] extends { default: unknown } | { optional: true } ? never : K }[keyof P];
type Settings<P> = { -readonly [K in Needed<P>]: P[K] extends DistanceParam ? Value<P[K]> : never } & {
  -readonly [K in Exclude<keyof P, Needed<P>>]?: P[K] extends DistanceParam ? Value<P[K]> : never;
};
/** Metrics that need nothing given: their name is enough. */
type Plain = { [N in MetricName]: Needed<Params<N>> extends never ? N : never }[MetricName];

/** Distances unless said otherwise; similarities rank larger as closer. Names follow scipy.spatial.distance. docs/reference/distance.md lists them with their parameters. */
export type Metric = Plain | { [N in MetricName]: { name: N } & Settings<Params<N>> }[MetricName];
export type RowReduction = keyof typeof ROW_REDUCTIONS;

export interface MetricOptions extends RunOptions {
  /** default "euclidean" */
  metric?: Metric;
  /** only the first `dims` columns, as Matryoshka embeddings allow; default all */
  dims?: number;
}

export interface TopKOptions extends MetricOptions {
  /** 1 … M */
  k: number;
  /** leaves out base row i for query i; default false */
  excludeSelf?: boolean;
  /** of int8 queries for an int8 base: value = scale · code; default 1 */
  scale?: number;
}

export interface PrepareOptions extends MetricOptions {
  /** what rows are kept in; default "float32", and "int8" for int8 codes */
  dtype?: "float32" | "bfloat16" | "int8";
  /** int8: value = scale · code; for all rows or one each, default max|row|/127 */
  scale?: number | Tensor;
}

/** A base that is searched again and again; what `prepare` makes. */
export interface PreparedBase extends Disposable {
  readonly rows: number;
  readonly columns: number;
  /** what it holds; 0 once disposed */
  readonly bytes: number;
  /** Frees it at once; calls that still run finish. */
  dispose(): void;
}

/** Labelled rows that were prepared, where a `Reference` is searched. */
export interface PreparedReference {
  embeddings: PreparedBase;
  /** one per row */
  labels: Labels;
}

export interface RadiusOptions extends Omit<MetricOptions, "out"> {
  /** how far apart a pair may be, or how similar it must be; compared as float32, as the values are */
  radius: number;
  /** leaves out pair (i, i); default false */
  excludeSelf?: boolean;
  /** most pairs to find, 1 … 2³¹ − 1, which is the default; more are counted and then refused with ERR_MEMORY */
  maxPairs?: number;
}

/** Pairs in compressed rows: those of query i are at offsets[i] … offsets[i + 1] − 1, closest first. */
export interface Pairs {
  /** [N + 1] */
  offsets: Int32Array;
  /** rows of the base; ties go to the lower one */
  indices: Int32Array;
  values: Float32Array;
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
