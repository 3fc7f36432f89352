/** The products of the absorbed form: each head has a matrix of its own. */
import { products } from "../../algebra/device.js";
import { readable } from "../../algebra/views.js";
import type { Steps } from "../../async.js";
import { allocate, allocateFloats, type Dense, wrap } from "../../dense.js";
import { native } from "../../native.js";

/** a_h = q^N_h W_UK_hᵀ for q [n, heads, ≥ d] (its first d columns) and w [c, heads · d] → [n, heads, c] */
export function* absorbed(q: Dense, w: Dense): Steps<Dense> {
  const [n, heads, width] = q.shape as [number, number, number];
  const [c, all] = w.shape as [number, number];
  const d = all / heads;
  if (q.device !== "cpu") {
    const [row, column] = w.strides as [number, number];
    return yield* onDevice(ofHeads(q, d), w.view([heads, d, c], [d * column, column, row]), [n, heads, c]);
  }
  const [x] = readable(q.view([n, heads * width]));
  const [weights, rowStride, columnStride] = readable(w);
  const out = allocateFloats("decode", n, heads, c);
  const left = [x, heads * width, 1, width] as const;
  const right = [weights, columnStride, rowStride, d * columnStride] as const;
  if (n > 0)
    yield (threads, job) => native().attention.headProducts(threads, job, ...left, ...right, heads, n, d, c, out);
  return wrap(out, [n, heads, c]);
}

/** v_h = o_h W_UV_h for o [n, heads, c] and w [c, heads · d] → [n, heads · d] */
export function* valuesOf(o: Dense, w: Dense): Steps<Dense> {
  const [n, heads, c] = o.shape as [number, number, number];
  const d = (w.shape[1] as number) / heads;
  if (o.device !== "cpu") {
    const [row, column] = w.strides as [number, number];
    const values = yield* onDevice(ofHeads(o, c), w.view([heads, c, d], [d * column, row, column]), [n, heads, d]);
    return values.view([n, heads * d]);
  }
  const [x] = readable(o.view([n, heads * c]));
  const [weights, rowStride, columnStride] = readable(w);
  const out = allocateFloats("decode", n, heads * d);
  const left = [x, heads * c, 1, c] as const;
  const right = [weights, rowStride, columnStride, d * columnStride] as const;
  if (n > 0)
    yield (threads, job) => native().attention.headProducts(threads, job, ...left, ...right, heads, n, c, d, out);
  return wrap(out, [n, heads * d]);
}

/** The first `columns` of each head, head by head: [heads, n, columns] */
function ofHeads(x: Dense, columns: number): Dense {
  const [n, heads] = x.shape as [number, number, number];
  const [row, head, column] = x.strides as [number, number, number];
  return x.view([heads, n, columns], [head, row, column]);
}

/** x_h w_h, laid side by side: [heads, n, ·] and [heads, ·, ·] → [n, heads, ·] */
function* onDevice(x: Dense, w: Dense, shape: readonly [n: number, heads: number, columns: number]): Steps<Dense> {
  const out = allocate("decode", shape, "float32", x.device);
  const [n, heads, columns] = shape;
  if (n > 0) yield products(x, w, out.view([heads, n, columns], [columns, heads * columns, 1]));
  return out;
}
