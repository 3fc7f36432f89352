/** The products of the absorbed form: each head has a matrix of its own. */
import { readable } from "../../algebra/views.js";
import type { Steps } from "../../async.js";
import { allocateFloats, type Dense, wrap } from "../../dense.js";
import { native } from "../../native.js";

/** a_h = q^N_h W_UK_hᵀ for q [n, heads, ≥ d] (its first d columns) and w [c, heads · d] → [n, heads, c] */
export function* absorbed(q: Dense, w: Dense): Steps<Dense> {
  const [n, heads, width] = q.shape as [number, number, number];
  const [c, all] = w.shape as [number, number];
  const d = all / heads;
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
  const [x] = readable(o.view([n, heads * c]));
  const [weights, rowStride, columnStride] = readable(w);
  const out = allocateFloats("decode", n, heads * d);
  const left = [x, heads * c, 1, c] as const;
  const right = [weights, rowStride, columnStride, d * columnStride] as const;
  if (n > 0)
    yield (threads, job) => native().attention.headProducts(threads, job, ...left, ...right, heads, n, c, d, out);
  return wrap(out, [n, heads * d]);
}
