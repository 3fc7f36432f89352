/**
 * What the addon does for attention: a part of lib/native.ts, types alone. Arrays are contiguous. Calls run where their arrays are, but for
 * lengths, pages and maps of heads, which are in host memory.
 */
import type { Memory } from "./device-array.js";
import type { Done, Floats, Matrix, Run } from "./native.js";

/** data, dtype */
type Rows = [data: Memory, dtype: number];

/** The head that forward and backward share. */
export type AttentionArguments = [
  ...q: Rows,
  ...k: Rows,
  ...v: Rows,
  batches: number,
  queries: number,
  keys: number,
  heads: number,
  keyHeads: number,
  valueHeads: number,
  keyColumns: number,
  valueColumns: number,
  queryLengths: Int32Array | null,
  keyLengths: Int32Array | null,
  keyHeadOf: Int32Array,
  valueHeadOf: Int32Array,
  scale: number,
  softcap: number,
  /** −1: no limit */
  left: number,
  right: number,
  prefix: number,
  /** 0 none, 1 slopes [H], 2 full [batches, heads, Sq, Sk] */
  bias: number,
  biasBatches: number,
  biasHeads: number,
  biasData: Floats | null,
  batchInvariant: boolean,
];

/** storage: 0 float32, 1 float16, 2 bfloat16, 3 e4m3 codes; `slots` rows of `rowBytes` */
export type CacheArguments = [data: Memory, storage: number, slots: number, latentColumns: number, ropeColumns: number];

export interface AttentionNative {
  /** out [B, Sq, H, Dv], lse [B, Sq, H], state [B, Sq, H, 2], which the backward pass wants */
  forward(...a: [...run: Run, ...head: AttentionArguments, out: Floats, lse: Floats, state: Floats | null]): Done;
  /** grad like out; dq, dk, dv like q, k, v */
  backward(
    ...a: [
      ...run: Run,
      ...head: AttentionArguments,
      out: Floats,
      state: Floats,
      grad: Floats,
      dq: Floats | null,
      dk: Floats | null,
      dv: Floats | null,
    ]
  ): Done;
  /** outputs [P, rows, columns], lses [P, rows] → out [rows, columns], lse [rows] */
  mergePartials(
    ...a: [
      ...run: Run,
      parts: number,
      rows: number,
      columns: number,
      outputs: Floats,
      lses: Floats,
      out: Floats,
      lse: Floats,
    ]
  ): Done;
  rowBytes(storage: number, latentColumns: number, ropeColumns: number, onDevice: boolean): number;
  /** Row t of both goes to slots[t]. */
  append(...a: [...run: Run, ...cache: CacheArguments, ...latent: Matrix, ...rope: Matrix, slots: Int32Array]): Done;
  read(
    ...a: [...run: Run, ...cache: CacheArguments, count: number, slots: Int32Array, latent: Floats, rope: Floats]
  ): Done;
  /** pages [B, pagesARow], of which only those are read that lengths [B] reach; split 0: by the shape */
  decode(
    ...a: [
      ...run: Run,
      ...cache: CacheArguments,
      ...latent: Rows,
      ...rope: Rows,
      batches: number,
      queries: number,
      heads: number,
      pagesARow: number,
      pageShift: number,
      pages: Int32Array,
      lengths: Int32Array,
      scale: number,
      causal: boolean,
      batchInvariant: boolean,
      split: number,
      out: Floats,
      lse: Floats,
    ]
  ): Done;
}
