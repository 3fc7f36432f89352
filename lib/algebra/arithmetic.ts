/** The elementwise operations of a tensor, with their gradients. Inputs are float tensors, results float32. */
import type { Op } from "../autograd.js";
import type { Dense } from "../dense.js";
import { combine, mapped, shared, sumTo, total } from "./elementwise.js";

type Two = readonly [Dense, Dense];
type One = readonly [Dense];

/** a + b; ∂a = g, ∂b = g */
export const add: Op<Two, null, null> = {
  name: "add",
  forward: ([a, b]) => ({ out: combine("add", "add", a, b), saved: null }),
  backward: (g, [a, b]) => [a.requiresGrad ? sumTo(g, a.shape) : null, b.requiresGrad ? sumTo(g, b.shape) : null],
};

/** a − b; ∂a = g, ∂b = −g */
export const sub: Op<Two, null, null> = {
  name: "sub",
  forward: ([a, b]) => ({ out: combine("sub", "sub", a, b), saved: null }),
  backward: (g, [a, b]) => [
    a.requiresGrad ? sumTo(g, a.shape) : null,
    b.requiresGrad ? mapped("sub", "negate", sumTo(g, b.shape)) : null,
  ],
};

/** a · b; ∂a = g · b, ∂b = g · a */
export const mul: Op<Two, null, null> = {
  name: "mul",
  forward: ([a, b]) => ({ out: combine("mul", "mul", a, b), saved: null }),
  backward: (g, [a, b]) => [
    a.requiresGrad ? sumTo(combine("mul", "mul", g, b), a.shape) : null,
    b.requiresGrad ? sumTo(combine("mul", "mul", g, a), b.shape) : null,
  ],
};

/** a / b; ∂a = g / b, ∂b = −(g / b) · (a / b) */
export const div: Op<Two, null, Dense> = {
  name: "div",
  forward: ([a, b]) => {
    const out = combine("div", "div", a, b);
    return { out, saved: out };
  },
  backward: (g, [a, b], quotient) => {
    const scaled = combine("div", "div", g, b);
    const turned = () => mapped("div", "negate", sumTo(combine("div", "mul", scaled, quotient), b.shape));
    return [a.requiresGrad ? sumTo(scaled, a.shape) : null, b.requiresGrad ? turned() : null];
  },
};

/** eˣ; ∂x = g · eˣ */
export const exp: Op<One, null, Dense> = {
  name: "exp",
  forward: ([x]) => {
    const out = mapped("exp", "exp", x);
    return { out, saved: out };
  },
  backward: (g, _, y) => [combine("exp", "mul", g, y)],
};

/** ln x; ∂x = g / x */
export const log: Op<One, null, null> = {
  name: "log",
  forward: ([x]) => ({ out: mapped("log", "log", x), saved: null }),
  backward: (g, [x]) => [combine("log", "div", g, x)],
};

/** max(x, 0); ∂x = g where x > 0, else 0. NaN stays NaN. */
export const relu: Op<One, null, null> = {
  name: "relu",
  forward: ([x]) => ({ out: combine("relu", "where", x, x), saved: null }),
  backward: (g, [x]) => [combine("relu", "where", g, x)],
};

/** The dtype changes, the gradient does not: it is float32 on both sides. */
export const convert: Op<One, { to: (x: Dense) => Dense }, null> = {
  name: "to",
  forward: ([x], { to }) => ({ out: to(x), saved: null }),
  backward: (g) => [g],
};

/** Σx, shape []; ∂x = g everywhere. `mean` divides both by the number of elements. */
export const sum: Op<One, { mean: boolean }, null> = {
  name: "sum",
  forward: ([x], { mean }) => ({ out: total("sum", x, divisor(x, mean)), saved: null }),
  backward: (g, [x], _, { mean }) => [shared("sum", g, divisor(x, mean), x.shape)],
};

function divisor(x: Dense, mean: boolean): number {
  return mean && x.size > 0 ? x.size : 1;
}
