import type { Input, RunOptions, Tensor } from "../types.js";

/** How scores become weights. This release knows "softmax". */
export type Normalizer =
  | "softmax"
  | "sigmoid"
  | "softplus"
  | { name: "sigmoid"; bias: number }
  | { name: "softplus"; reweight: number };

/** docs/reference/attention.md says in which order these act on a score. */
export interface AttentionOptions extends Pick<RunOptions, "threads"> {
  /** default 1/√Dk */
  scale?: number;
  /** bottom-right aligned: the last query sees all keys; default false */
  causal?: boolean;
  /** keys i − left … i + right, inclusive; n means [n, causal ? 0 : n]; default all */
  window?: number | readonly [left: number, right: number];
  /** keys that every query sees; default 0 */
  prefix?: number;
  /** [B]; beyond them is padding: output 0, lse −∞ */
  queryLengths?: Int32Array;
  /** [B]; keys and values beyond them are never read */
  keyLengths?: Int32Array;
  /** [H] ALiBi slopes, or [B | 1, H | 1, Sq, Sk]; gets no gradient */
  bias?: Tensor;
  /** default "softmax" */
  normalizer?: Normalizer;
  /** scores become softcap · tanh(s / softcap); default none */
  softcap?: number;
  /** query head → key head; default groups of equal size */
  keyHeads?: Int32Array;
  /** query head → value head; default groups of equal size */
  valueHeads?: Int32Array;
  /** [B, Sq, H]; not in this release */
  headGates?: Tensor;
  /** the same bits for a row whatever else is in the batch; default false */
  batchInvariant?: boolean;
}

export interface Attended {
  /** float32 */
  output: Tensor;
  /** natural logarithm of Σ e^score; −∞ where nothing is seen */
  lse: Tensor;
}

export type CacheType = "float32" | "bfloat16" | "float16" | "fp8";

export interface LatentCacheOptions {
  pages: number;
  /** rows of a page, a power of two; default 64 */
  pageSize?: number;
  latentDim: number;
  ropeDim: number;
  /** default "float32" */
  dtype?: CacheType;
  /** default "cpu" */
  device?: "cpu" | "cuda" | `cuda:${number}`;
}

export interface LatentDecodeOptions extends Pick<RunOptions, "threads"> {
  /** that of the layer, (nope + rope)^−½ with YaRN's factor: never that of the latent width */
  scale: number;
  /** query i of Sq sees rows up to length − Sq + i; default false */
  causal?: boolean;
  /** the same bits for a row whatever else is in the batch; default false */
  batchInvariant?: boolean;
  /** cached rows that are summed up together before parts are joined; default by the shape, 1024 with batchInvariant */
  splitSize?: number;
  /** float32 tensors for the results, those of the step before say: they are written to and returned */
  out?: Attended;
}

export interface LatentQuery {
  /** [B, Sq, H, latentDim] */
  latent: Input;
  /** [B, Sq, H, ropeDim] */
  rope: Input;
}
