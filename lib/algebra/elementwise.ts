/** Elementwise work on whole tensors, float32 in and out. */
import { allocateFloats, type Dense, floats, rowMajor, sizeOf, wrap } from "../dense.js";
import { broadcast, eachBlock, type Plan } from "./broadcast.js";
import type { Loop } from "./loops.js";

/** `loop` over all elements of two tensors that broadcast; the result is row-major. */
export function combine(fn: string, loop: Loop, a: Dense, b: Dense): Dense {
  const [x, y] = [readable(a), readable(b)];
  const plan = broadcast(fn, x, y);
  const out = allocateFloats(fn, ...plan.shape);
  const left = { data: x.storage.data as Float32Array, row: plan.a[0], step: plan.a[1] };
  const right = { data: y.storage.data as Float32Array, row: plan.b[0], step: plan.b[1] };
  eachBlock(plan, x.offset, y.offset, (ai, bi, o) => loop(out, o, plan.rows, plan.n, left, ai, right, bi));
  return wrap(out, plan.shape);
}

/** The tensor itself if it is float32 in any layout, else a converted copy. */
function readable(x: Dense): Dense {
  return x.dtype === "float32" ? x : wrap(floats(x), x.shape);
}

/** Sums a gradient over the dimensions that broadcasting repeated. Sums are float64, in row order. */
export function sumTo(gradient: Dense, shape: readonly number[]): Dense {
  if (gradient.shape.length === shape.length && gradient.shape.every((n, axis) => n === shape[axis])) return gradient;
  const target = wrap(new Float32Array(sizeOf(shape)), shape);
  const sums = new Float64Array(target.size);
  const plan = broadcast("sumTo", gradient, target);
  const values = gradient.storage.data as Float32Array;
  eachBlock(plan, gradient.offset, 0, (gi, ti) => addRows(sums, ti, values, gi, plan));
  (target.storage.data as Float32Array).set(sums);
  return target;
}

function addRows(sums: Float64Array, ti: number, values: Float32Array, gi: number, { rows, n, a, b }: Plan): void {
  const [gs, ts] = [a[1], b[1]];
  for (let r = 0; r < rows; r++) {
    let [p, q] = [gi + r * a[0], ti + r * b[0]];
    for (let i = 0; i < n; i++, p += gs, q += ts) sums[q] += values[p];
  }
}

/** out[i] = −a[i] */
export function negated(x: Dense): Dense {
  return mapped(x, (out, values) => {
    for (let i = 0; i < out.length; i++) out[i] = -values[i];
  });
}

/** A loop over one tensor's elements in row-major order. */
export function mapped(x: Dense, loop: (out: Float32Array, values: Float32Array) => void): Dense {
  const out = new Float32Array(x.size);
  loop(out, floats(x));
  return wrap(out, x.shape);
}

/** Every element the same: one stored, repeated by strides of 0. */
export function filled(value: number, shape: readonly number[]): Dense {
  const one = wrap(Float32Array.of(value), []);
  return one.view(
    shape,
    rowMajor(shape).map(() => 0),
  );
}
