/**
 * Elementwise work on whole tensors, float32 in and out: the CPU's loops here and in loops.ts, and on a GPU the kernels of
 * device.ts. An operation says its name and need not know which.
 */
import { allocate, allocateFloats, type Dense, floats, rowMajor, wrap } from "../dense.js";
import { broadcast, eachBlock, type Plan } from "./broadcast.js";
import { assigned, combined, summed } from "./device.js";
import { type Binary, LOOPS } from "./loops.js";

/** All elements of two tensors that broadcast; the result is row-major. A number (`filled`) meets a tensor on any device. */
export function combine(fn: string, op: Binary, a: Dense, b: Dense): Dense {
  if (a.device !== "cpu" || b.device !== "cpu") return combined(fn, op, a, b);
  const loop = LOOPS[op];
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
  if (gradient.device !== "cpu") return summed("sumTo", gradient, shape);
  const target = allocate("sumTo", shape);
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

const FUNCTIONS = {
  negate: (out: Float32Array, values: Float32Array) => {
    for (let i = 0; i < out.length; i++) out[i] = -values[i];
  },
  exp: (out: Float32Array, values: Float32Array) => {
    for (let i = 0; i < out.length; i++) out[i] = Math.exp(values[i]);
  },
  log: (out: Float32Array, values: Float32Array) => {
    for (let i = 0; i < out.length; i++) out[i] = Math.log(values[i]);
  },
};

/** A function of each element, row-major. */
export function mapped(fn: string, op: keyof typeof FUNCTIONS, x: Dense): Dense {
  if (x.device !== "cpu") return assigned(fn, op, x);
  const out = allocate(fn, x.shape);
  FUNCTIONS[op](out.storage.data as Float32Array, floats(x));
  return out;
}

/** Σx / divisor, shape [] */
export function total(fn: string, x: Dense, divisor: number): Dense {
  if (x.device !== "cpu") return summed(fn, x, [], divisor);
  const values = floats(x);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return filled(sum / divisor, []);
}

/** The only element over `divisor`, everywhere. */
export function shared(fn: string, one: Dense, divisor: number, shape: readonly number[]): Dense {
  if (one.device === "cpu") return filled(floats(one)[0] / divisor, shape);
  return repeated(combined(fn, "div", one.view([]), filled(divisor, [])), shape);
}

/** One stored element, repeated by strides of 0. */
function repeated(one: Dense, shape: readonly number[]): Dense {
  return one.view(
    shape,
    rowMajor(shape).map(() => 0),
  );
}

/** Every element the same number. */
export function filled(value: number, shape: readonly number[]): Dense {
  return repeated(wrap(Float32Array.of(value), []), shape);
}
