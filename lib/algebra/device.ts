/** Arithmetic on tensors that are on a GPU. Each function only enqueues kernels, but for those that say that they wait. */
import type { Kernel } from "../async.js";
import { fromNumbers } from "../convert.js";
import { allocate, Dense, elements, floats, rowMajor, wrap } from "../dense.js";
import type { DeviceArray } from "../device-array.js";
import { DTYPES } from "../dtype.js";
import { translated } from "../error.js";
import { type AlgebraNative, native, type Strided } from "../native.js";
import type { Device, DType, NumericArray } from "../types.js";
import { type Axis, axesOf, broadcast } from "./broadcast.js";

/** In the order of native code. */
const OPERATIONS = ["copy", "negate", "exp", "log", "add", "sub", "mul", "div", "where"] as const;
type Operation = (typeof OPERATIONS)[number];
/** A kernel walks that many dimensions, and the rest is walked here. */
const MAX_AXES = 8;

/** A row-major copy on another device, or on the same one. Waits where the elements leave a GPU. */
export function moved(fn: string, x: Dense, device: Device): Dense {
  if (x.device === device && device !== "cpu") return packed(x);
  const data = elements(x);
  if (device === "cpu") return wrap(x.device === "cpu" ? data.slice() : data, x.shape, x.dtype);
  const out = allocate(fn, x.shape, x.dtype, device);
  fill(fn, out, data);
  return out;
}

/** Into a tensor that fills its memory's part without gaps. */
export function fill(fn: string, x: Dense, data: NumericArray): void {
  enqueue(fn, () => native().gpu.copyIn(part(x), data));
}

/** A row-major copy where it is. */
export function packed(x: Dense): Dense {
  return assigned("copy", "copy", x, x.dtype);
}

/** sum += part */
export function accumulate(sum: Dense, part: Dense): void {
  const axes = axesOf(broadcast("add", sum, part)).map(({ length, a, b }) => ({ length, a, b, out: a }));
  walk("add", "add", axes, [sum, part, sum]);
}

/** The elements in another dtype, rounded to nearest even. Waits for an integer dtype, which takes only what it holds exactly. */
export function convertedOn(fn: string, x: Dense, dtype: DType): Dense {
  if (DTYPES[dtype].float) return assigned(fn, "copy", x, dtype);
  const source = DTYPES[x.dtype].float ? floats(x) : elements(x);
  return moved(fn, wrap(fromNumbers(fn, "data", source, dtype), x.shape, dtype), x.device);
}

/** `result`, float32, into `out`, rounded once to its dtype. */
export function deliver(fn: string, result: Dense, out: Dense): void {
  assign(fn, "copy", result, out);
}

/** Columns [start, end) of a matrix of zeros. */
export function spread(g: Dense, shape: readonly number[], start: number): Dense {
  const out = zeros("columns", shape, g.device);
  assign("columns", "copy", g, out.view(g.shape, out.strides, start));
  return out;
}

export function zeros(fn: string, shape: readonly number[], device: Device): Dense {
  const out = allocate(fn, shape, "float32", device);
  enqueue(fn, () => native().gpu.zero(part(out)));
  return out;
}

/** op(a, b) of tensors that broadcast. One of them may be a number that repeats: a tensor of one stored element on the CPU. */
export function combined(fn: string, op: Operation, a: Dense, b: Dense): Dense {
  const plan = broadcast(fn, a, b);
  const out = allocate(fn, plan.shape, "float32", placeOf(a, b));
  walk(fn, op, rowMajorAxes(axesOf(plan)), [a, b, out]);
  return out;
}

/** op(x), row-major. */
export function assigned(fn: string, op: Operation, x: Dense, dtype: DType = "float32"): Dense {
  const out = allocate(fn, x.shape, dtype, x.device);
  assign(fn, op, x, out);
  return out;
}

/** Sums of all elements that meet in one of `shape`, over `divisor`. Float64, in an order that the shape alone decides. */
export function summed(fn: string, x: Dense, shape: readonly number[], divisor = 1): Dense {
  const source = x.dtype === "float32" ? x : assigned(fn, "copy", x);
  const target = allocate(fn, shape, "float32", x.device);
  const axes = axesOf(broadcast(fn, source, target));
  const [kept, along] = [axes.filter(({ b }) => b !== 0), axes.filter(({ b }) => b === 0)];
  if (kept.length > MAX_AXES || along.length > MAX_AXES)
    return summed(fn, lastSummed(fn, source, shape), shape, divisor);
  const steps = (list: readonly Axis[]) => Float64Array.from(list, ({ a }) => a);
  const lengths = (list: readonly Axis[]) => Float64Array.from(list, ({ length }) => length);
  const list = (of: readonly Axis[]) => [of.length, lengths(of), steps(of)] as const;
  enqueue(fn, ({ sum }) => sum(1, undefined, from(source), ...list(kept), ...list(along), divisor, part(target)));
  return target;
}

/** Summed over the last repeated dimension alone, so that fewer are left. */
function lastSummed(fn: string, x: Dense, shape: readonly number[]): Dense {
  const wanted = [...x.shape.map(() => 1), ...shape].slice(-x.shape.length);
  const axis = x.shape.findLastIndex((length, i) => length !== wanted[i]);
  return summed(
    fn,
    x,
    x.shape.map((length, i) => (i === axis ? 1 : length)),
  );
}

/** x / max(|x|, 1e-12) by rows, and the norms' float64 bytes. */
export function normalized(x: Dense): { y: Dense; norms: Dense } {
  const [rows, columns] = x.shape as [number, number];
  const source = x.dtype === "float32" && x.contiguous ? x : assigned("normalize", "copy", x);
  const y = allocate("normalize", x.shape, "float32", x.device);
  const norms = allocate("normalize", [rows * Float64Array.BYTES_PER_ELEMENT], "uint8", x.device);
  enqueue("normalize", ({ normalize }) => normalize(1, undefined, rows, columns, part(source), part(y), part(norms)));
  return { y, norms };
}

export function unnormalized(g: Dense, y: Dense, norms: Dense): Dense {
  const [rows, columns] = y.shape as [number, number];
  const dx = allocate("normalize", y.shape, "float32", y.device);
  enqueue("normalize", ({ normalizeBackward }) =>
    normalizeBackward(1, undefined, rows, columns, part(g), part(y), part(norms), part(dx)),
  );
  return dx;
}

/** A step of `sgd` in place; `v` is its momentum. */
export function descendOn(w: Dense, g: Dense, v: Dense | null, rate: number, momentum: number, decay: number): void {
  enqueue("sgd", ({ sgd }) => sgd(1, undefined, w.size, part(w), part(g), v && part(v), rate, momentum, decay));
}

/** A step of `adamW` in place, its numbers as lib/optim.ts names them. */
export function adaptOn(
  ...[w, g, m, v, beta1, beta2, ...rest]: [
    ...state: [w: Dense, g: Dense, m: Dense, v: Dense],
    ...betas: [number, number],
    ...rest: [step: number, scale: number, eps: number, keep: number],
  ]
): void {
  const betas = [beta1, 1 - beta1, beta2, 1 - beta2] as const;
  enqueue("adamW", ({ adamW }) => adamW(1, undefined, w.size, part(w), part(g), part(m), part(v), ...betas, ...rest));
}

/** out_i = a_i b_i of [I, M, K], [I, K, N] and [I, M, N], in any layout but that neighbours in a row of `out` are neighbours. */
export function products(a: Dense, b: Dense, out: Dense): Kernel {
  const [count, m, k] = a.shape as [number, number, number];
  const [left, right] = [a, b].map((x) => [...strided(x, 1), x.strides[0] as number] as const) as [Several, Several];
  const [next, stride] = out.strides as [number, number, number];
  const sizes = [count, m, out.shape[2] as number, k, stride, next] as const;
  return (threads, job) => native().algebra.products(threads, job, ...left, ...right, ...sizes, from(out));
}
type Several = readonly [...of: Strided, next: number];

/** How native code takes an operand of the matrix product, whose rows are an axis of it. */
export function strided(x: Dense, axis = 0): Strided {
  const [rowStride, columnStride] = x.strides.slice(axis) as [number, number];
  return [from(x), DTYPES[x.dtype].code, rowStride, columnStride];
}

/** The memory of a tensor that fills it, or its part of it, without gaps. */
export function part(x: Dense): DeviceArray {
  return (x.storage.data as DeviceArray).subarray(x.offset, x.offset + x.size);
}

function enqueue(fn: string, call: (algebra: AlgebraNative) => void): void {
  try {
    call(native().algebra);
  } catch (error) {
    throw translated(error, fn);
  }
}

/** The memory from the first element on. */
function from(x: Dense): DeviceArray {
  return x.size === 0 ? part(x) : (x.storage.data as DeviceArray).subarray(x.offset);
}

/** out = op(x) for tensors of one shape in any layout. */
function assign(fn: string, op: Operation, x: Dense, out: Dense): void {
  const axes = axesOf(broadcast(fn, x, out)).map(({ length, a, b }) => ({ length, a, b: 0, out: b }));
  walk(fn, op, axes, [x, null, out]);
}

interface Walked extends Axis {
  readonly out: number;
}

function rowMajorAxes(axes: readonly Axis[]): Walked[] {
  const steps = rowMajor(axes.map(({ length }) => length));
  return axes.map((axis, i) => ({ ...axis, out: steps[i] }));
}

function walk(fn: string, op: Operation, axes: readonly Walked[], [a, b, out]: [Dense, Dense | null, Dense]): void {
  if (axes.length > MAX_AXES) {
    const [{ length, ...step }, ...rest] = axes;
    const further = (x: Dense, by: number) => new Dense(x.storage, x.shape, x.dtype, x.strides, x.offset + by);
    for (let i = 0; i < length; i++)
      walk(fn, op, rest, [further(a, i * step.a), b && further(b, i * step.b), further(out, i * step.out)]);
    return;
  }
  const lengths = Float64Array.from(axes, ({ length }) => length);
  const operand = (x: Dense | null, key: "a" | "b" | "out") => {
    if (!x || x.device === "cpu") return [false, x ? floats(x.view([], []))[0] : 0] as const;
    return [true, from(x), DTYPES[x.dtype].code, Float64Array.from(axes, (axis) => axis[key])] as const;
  };
  enqueue(fn, ({ elementwise }) =>
    elementwise(
      1,
      undefined,
      OPERATIONS.indexOf(op),
      axes.length,
      lengths,
      ...operand(a, "a"),
      ...operand(b, "b"),
      ...operand(out, "out"),
    ),
  );
}

function placeOf(a: Dense, b: Dense): Device {
  return a.device === "cpu" ? b.device : a.device;
}
