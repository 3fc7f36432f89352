/** Operations that look at the same memory otherwise, and the matrix product, which reads such views as they are. */
import type { Steps } from "../async.js";
import type { Forward, Gradients, Op } from "../autograd.js";
import { allocate, allocateFloats, type Dense, elements, floats, rowMajor, wrap } from "../dense.js";
import { native } from "../native.js";
import { packed, part, spread, strided } from "./device.js";

type One = readonly [Dense];

/** [N, M] → [M, N] */
export const transpose: Op<One, null, null> = {
  name: "transpose",
  forward: ([x]) => ({ out: turned(x), saved: null }),
  backward: (g) => [turned(g)],
};

export function turned(x: Dense): Dense {
  return x.view([...x.shape].reverse(), [...x.strides].reverse());
}

/** A view if the elements lie without gaps, else a copy. */
export const reshape: Op<One, { shape: readonly number[] }, null> = {
  name: "reshape",
  forward: ([x], { shape }) => ({ out: reshaped(x, shape), saved: null }),
  backward: (g, [x]) => [reshaped(g, x.shape)],
};

export function reshaped(x: Dense, shape: readonly number[]): Dense {
  if (x.contiguous) return x.view(shape, rowMajor(shape));
  return x.device === "cpu" ? wrap(elements(x), shape, x.dtype) : packed(x).view(shape);
}

/** Columns [start, end); the gradient is 0 in the others. */
export const columns: Op<One, { start: number; end: number }, null> = {
  name: "columns",
  forward: ([x], { start, end }) => {
    const shape = [x.shape[0], end - start];
    return { out: x.view(shape, x.strides, x.offset + start * x.strides[1]), saved: null };
  },
  backward: (g, [x], _, { start, end }) => {
    if (x.device !== "cpu") return [spread(g, x.shape, start)];
    const [rows, width] = x.shape as [number, number];
    const [dx, values] = [allocateFloats("columns", ...x.shape), floats(g)];
    const n = end - start;
    for (let i = 0; i < rows; i++) dx.set(values.subarray(i * n, (i + 1) * n), i * width + start);
    return [wrap(dx, x.shape)];
  },
};

/** [M, K] · [K, N]; ∂a = g · bᵀ, ∂b = aᵀ · g. Time O(M·K·N). */
export const matmul: Op<readonly [Dense, Dense], null, null> = {
  name: "matmul",
  *forward([a, b]): Steps<Forward<null>> {
    return { out: yield* product(a, b), saved: null };
  },
  *backward(g, [a, b]): Steps<Gradients<readonly [Dense, Dense]>> {
    const da = a.requiresGrad ? yield* product(g, turned(b)) : null;
    const db = b.requiresGrad ? yield* product(turned(a), g) : null;
    return [da, db];
  },
};

export function* product(a: Dense, b: Dense): Steps<Dense> {
  const [m, k] = a.shape as [number, number];
  const n = b.shape[1];
  if (a.device !== "cpu") {
    const [out, left, right] = [allocate("matmul", [m, n], "float32", a.device), strided(a), strided(b)];
    yield (threads, job) => native().algebra.matmul(threads, job, ...left, ...right, m, n, k, part(out));
    return out;
  }
  const out = allocateFloats("matmul", m, n);
  const [left, right] = [readable(a), readable(b)];
  if (m > 0 && n > 0 && k > 0) yield (threads, job) => native().matmul(threads, job, ...left, ...right, m, n, k, out);
  return wrap(out, [m, n]);
}

/** Native code reads any strides that are not negative; what is not float32 is converted first. */
export function readable(x: Dense): [data: Float32Array, rowStride: number, columnStride: number] {
  const [rowStride, columnStride] = x.strides as [number, number];
  if (x.dtype !== "float32" || rowStride < 0 || columnStride < 0) return [floats(x), x.shape[1], 1];
  const data = x.storage.data as Float32Array;
  return [x.offset === 0 ? data : data.subarray(x.offset), rowStride, columnStride];
}
