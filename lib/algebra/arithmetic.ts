/** The elementwise operations of a tensor, with their gradients. Inputs are float tensors, results float32. */
import type { Op } from "../autograd.js";
import { type Dense, floats } from "../dense.js";
import { combine, filled, mapped, negated, sumTo } from "./elementwise.js";
import * as loops from "./loops.js";

type Two = readonly [Dense, Dense];
type One = readonly [Dense];

/** a + b; ∂a = g, ∂b = g */
export const add: Op<Two, null, null> = {
  name: "add",
  forward: ([a, b]) => ({ out: combine("add", loops.add, a, b), saved: null }),
  backward: (g, [a, b]) => [a.requiresGrad ? sumTo(g, a.shape) : null, b.requiresGrad ? sumTo(g, b.shape) : null],
};

/** a − b; ∂a = g, ∂b = −g */
export const sub: Op<Two, null, null> = {
  name: "sub",
  forward: ([a, b]) => ({ out: combine("sub", loops.sub, a, b), saved: null }),
  backward: (g, [a, b]) => [
    a.requiresGrad ? sumTo(g, a.shape) : null,
    b.requiresGrad ? negated(sumTo(g, b.shape)) : null,
  ],
};

/** a · b; ∂a = g · b, ∂b = g · a */
export const mul: Op<Two, null, null> = {
  name: "mul",
  forward: ([a, b]) => ({ out: combine("mul", loops.mul, a, b), saved: null }),
  backward: (g, [a, b]) => [
    a.requiresGrad ? sumTo(combine("mul", loops.mul, g, b), a.shape) : null,
    b.requiresGrad ? sumTo(combine("mul", loops.mul, g, a), b.shape) : null,
  ],
};

/** a / b; ∂a = g / b, ∂b = −(g / b) · (a / b) */
export const div: Op<Two, null, Dense> = {
  name: "div",
  forward: ([a, b]) => {
    const out = combine("div", loops.div, a, b);
    return { out, saved: out };
  },
  backward: (g, [a, b], quotient) => {
    const scaled = combine("div", loops.div, g, b);
    const turned = () => negated(sumTo(combine("div", loops.mul, scaled, quotient), b.shape));
    return [a.requiresGrad ? sumTo(scaled, a.shape) : null, b.requiresGrad ? turned() : null];
  },
};

/** eˣ; ∂x = g · eˣ */
export const exp: Op<One, null, Dense> = {
  name: "exp",
  forward: ([x]) => {
    const out = mapped(x, (y, v) => {
      for (let i = 0; i < y.length; i++) y[i] = Math.exp(v[i]);
    });
    return { out, saved: out };
  },
  backward: (g, _, y) => [combine("exp", loops.mul, g, y)],
};

/** ln x; ∂x = g / x */
export const log: Op<One, null, null> = {
  name: "log",
  forward: ([x]) => ({
    out: mapped(x, (y, v) => {
      for (let i = 0; i < y.length; i++) y[i] = Math.log(v[i]);
    }),
    saved: null,
  }),
  backward: (g, [x]) => [combine("log", loops.div, g, x)],
};

/** max(x, 0); ∂x = g where x > 0, else 0. NaN stays NaN. */
export const relu: Op<One, null, null> = {
  name: "relu",
  forward: ([x]) => ({ out: combine("relu", loops.where, x, x), saved: null }),
  backward: (g, [x]) => [combine("relu", loops.where, g, x)],
};

/** The dtype changes, the gradient does not: it is float32 on both sides. */
export const convert: Op<One, { to: (x: Dense) => Dense }, null> = {
  name: "to",
  forward: ([x], { to }) => ({ out: to(x), saved: null }),
  backward: (g) => [g],
};

/** x / max(|x|, 1e-12) by rows; ∂x = (g − (g·y) y) / |x|, or g / 1e-12 for a row that short, or 0 for a row of zeros. */
export const normalize: Op<One, null, { y: Float32Array; norms: Float64Array }> = {
  name: "normalize",
  forward: ([x]) => {
    const [rows, columns] = x.shape as [number, number];
    const norms = new Float64Array(rows);
    const out = mapped(x, (y, v) => {
      for (let i = 0; i < rows; i++) norms[i] = normalizeRow(y, v, i * columns, columns);
    });
    return { out, saved: { y: out.storage.data as Float32Array, norms } };
  },
  backward: (g, [x], { y, norms }) => {
    const columns = x.shape[1];
    const dx = mapped(g, (out, values) => {
      for (let i = 0; i < norms.length; i++) unnormalizeRow(out, values, y, i * columns, columns, norms[i]);
    });
    return [dx];
  },
};

const SHORTEST = 1e-12;

/** Returns the row's norm. */
function normalizeRow(y: Float32Array, v: Float32Array, start: number, n: number): number {
  let squares = 0;
  for (let k = start; k < start + n; k++) squares += v[k] * v[k];
  const norm = Math.sqrt(squares);
  const scale = 1 / Math.max(norm, SHORTEST);
  for (let k = start; k < start + n; k++) y[k] = v[k] * scale;
  return norm;
}

function unnormalizeRow(dx: Float32Array, g: Float32Array, y: Float32Array, start: number, n: number, norm: number) {
  if (norm === 0) return;
  let along = 0;
  if (norm > SHORTEST) for (let k = start; k < start + n; k++) along += g[k] * y[k];
  const scale = 1 / Math.max(norm, SHORTEST);
  for (let k = start; k < start + n; k++) dx[k] = (g[k] - along * y[k]) * scale;
}

/** Σx, shape []; ∂x = g everywhere. `mean` divides both by the number of elements. */
export const sum: Op<One, { mean: boolean }, null> = {
  name: "sum",
  forward: ([x], { mean }) => ({
    out: filled(total(floats(x)) / divisor(x, mean), []),
    saved: null,
  }),
  backward: (g, [x], _, { mean }) => [filled(floats(g)[0] / divisor(x, mean), x.shape)],
};

function divisor(x: Dense, mean: boolean): number {
  return mean && x.size > 0 ? x.size : 1;
}

function total(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}
