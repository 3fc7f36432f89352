/** What the addon does for the rows round the attention of a layer: a part of lib/native.ts, types alone. */
import type { Done, Matrix, Run } from "./native.js";

/** Element (h, i, k) stands at data[h · headStride + i · rowStride + k · columnStride]. */
type ByHead = [data: Float32Array, rowStride: number, columnStride: number, headStride: number];

export interface RowsNative {
  /** Forward: out [n, d]. With grad [n, d] the way back: out is dx or null, gainGrad [d] or null. */
  rmsNorm(
    ...a: [
      ...run: Run,
      ...x: Matrix,
      d: number,
      gain: Float32Array,
      eps: number,
      grad: Float32Array | null,
      out: Float32Array | null,
      gainGrad: Float32Array | null,
    ]
  ): Done;
  /** x, out [n, skip + 2 · pairs]; frequencies [pairs]; row i has position number i / heads mod tokens. */
  rope(
    ...a: [
      ...run: Run,
      ...x: Matrix,
      skip: number,
      pairs: number,
      heads: number,
      tokens: number,
      positions: Int32Array,
      frequencies: Float64Array,
      interleaved: boolean,
      back: boolean,
      out: Float32Array,
    ]
  ): Done;
  /** Of each head x [n, a] · w [a, b]; out [n, heads, b] */
  headProducts(
    ...a: [...run: Run, ...x: ByHead, ...w: ByHead, heads: number, n: number, a: number, b: number, out: Float32Array]
  ): Done;
}
