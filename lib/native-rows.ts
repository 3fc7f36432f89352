/** What the addon does for the rows round the attention of a layer: a part of lib/native.ts, types alone. */
import type { DeviceArray } from "./device-array.js";
import type { Done, Floats, Matrix, Run } from "./native.js";

/** Element (h, i, k) stands at data[h · headStride + i · rowStride + k · columnStride]. */
type ByHead = [data: Float32Array, rowStride: number, columnStride: number, headStride: number];

export interface RowsNative {
  /** Forward: out [n, d]. With grad [n, d] the way back: out is dx or null, gainGrad [d] or null. */
  rmsNorm(
    ...a: [
      ...run: Run,
      ...x: Matrix,
      d: number,
      gain: Floats,
      eps: number,
      grad: Floats | null,
      out: Floats | null,
      gainGrad: Floats | null,
    ]
  ): Done;
  /** x, out [n, skip + 2 · pairs]; frequencies [pairs] and positions in host memory; row i has position number i / heads mod tokens. */
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
      out: Floats,
    ]
  ): Done;
  /** On a device: out [count, d], rows [count] in host memory. */
  embed(...a: [...run: Run, ...table: Matrix, d: number, count: number, rows: Int32Array, out: DeviceArray]): Done;
  /** On a device: grad [count, d], out [tableRows, d]. */
  embedBackward(
    ...a: [
      ...run: Run,
      tableRows: number,
      d: number,
      count: number,
      rows: Int32Array,
      grad: DeviceArray,
      out: DeviceArray,
    ]
  ): Done;
  /** Of each head x [n, a] · w [a, b]; out [n, heads, b] */
  headProducts(
    ...a: [...run: Run, ...x: ByHead, ...w: ByHead, heads: number, n: number, a: number, b: number, out: Float32Array]
  ): Done;
}
