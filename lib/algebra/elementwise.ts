/**
 * The loops over elements, one plain loop per operation: no function is called per element. Operands are read with a
 * start and a step (0 repeats one element), which covers same shapes, bias rows, scalars and strided views at once.
 */
import { allocateFloats, type Dense, floats, rowMajor, sizeOf, wrap } from "../dense.js";
import { broadcast, eachRow, type Plan } from "./broadcast.js";

export type Loop = (
  out: Float32Array,
  o: number,
  n: number,
  a: Float32Array,
  ai: number,
  as: number,
  b: Float32Array,
  bi: number,
  bs: number,
) => void;

/** a + b */
export const add: Loop = (out, o, n, a, ai, as, b, bi, bs) => {
  for (let i = 0; i < n; i++, ai += as, bi += bs) out[o + i] = a[ai] + b[bi];
};
/** a − b */
export const sub: Loop = (out, o, n, a, ai, as, b, bi, bs) => {
  for (let i = 0; i < n; i++, ai += as, bi += bs) out[o + i] = a[ai] - b[bi];
};
/** a · b */
export const mul: Loop = (out, o, n, a, ai, as, b, bi, bs) => {
  for (let i = 0; i < n; i++, ai += as, bi += bs) out[o + i] = a[ai] * b[bi];
};
/** a / b */
export const div: Loop = (out, o, n, a, ai, as, b, bi, bs) => {
  for (let i = 0; i < n; i++, ai += as, bi += bs) out[o + i] = a[ai] / b[bi];
};
/** a where b > 0, else 0: a gradient through relu, b its input. NaN in b lets a pass. */
export const where: Loop = (out, o, n, a, ai, as, b, bi, bs) => {
  for (let i = 0; i < n; i++, ai += as, bi += bs) out[o + i] = b[bi] <= 0 ? 0 : a[ai];
};

/** `loop` over all elements of two tensors that broadcast; float32, row-major. */
export function combine(fn: string, loop: Loop, a: Dense, b: Dense): Dense {
  const [x, y] = [readable(a), readable(b)];
  const plan = broadcast(fn, x, y);
  const out = allocateFloats(fn, ...plan.shape);
  const [left, right] = [x.storage.data as Float32Array, y.storage.data as Float32Array];
  const n = plan.lengths.at(-1) as number;
  const [as, bs] = [plan.a.at(-1) as number, plan.b.at(-1) as number];
  eachRow(plan, x.offset, y.offset, (ai, bi, o) => loop(out, o, n, left, ai, as, right, bi, bs));
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
  const plan: Plan = broadcast("sumTo", gradient, target);
  const values = gradient.storage.data as Float32Array;
  const n = plan.lengths.at(-1) as number;
  const [gs, ts] = [plan.a.at(-1) as number, plan.b.at(-1) as number];
  eachRow(plan, gradient.offset, 0, (gi, ti) => addRow(sums, ti, ts, values, gi, gs, n));
  (target.storage.data as Float32Array).set(sums);
  return target;
}

function addRow(sums: Float64Array, ti: number, ts: number, values: Float32Array, gi: number, gs: number, n: number) {
  for (let i = 0; i < n; i++, ti += ts, gi += gs) sums[ti] = sums[ti] + values[gi];
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
