/** Optimizers. They change parameters in place and raise their version, so that a backward through an older value throws. */
import { adaptOn, descendOn, zeros } from "./algebra/device.js";
import * as check from "./check.js";
import { allocate, type Dense, elements, hold } from "./dense.js";
import { WarpweftError } from "./error.js";
import { setGrad } from "./gradients.js";
import type { Tensor } from "./types.js";

export interface Optimizer {
  /** One update of every parameter that has a gradient. */
  step(): void;
  /** Forgets the gradients of all parameters. */
  zeroGrad(): void;
}
export interface SgdOptions {
  learningRate: number;
  /** 0 */
  momentum?: number;
  /** 0; added to the gradient */
  weightDecay?: number;
}
export interface AdamWOptions {
  learningRate: number;
  /** [0.9, 0.999] */
  betas?: readonly [number, number];
  /** 1e-8 */
  eps?: number;
  /** 0.01; decoupled from the gradient */
  weightDecay?: number;
}

/**
 * Stochastic gradient descent: v ← momentum · v + g + weightDecay · w; w ← w − learningRate · v.
 *
 * @param parameters contiguous float32 leaves with `requiresGrad`.
 * @throws WarpweftError ERR_ARGUMENT, ERR_DTYPE, ERR_DISPOSED. Time O(elements); memory one more copy with momentum.
 */
export function sgd(parameters: readonly Tensor[], options: SgdOptions): Optimizer {
  const given = check.options("sgd", options, ["learningRate", "momentum", "weightDecay"]);
  const rate = check.number("sgd", "learningRate", given.learningRate, { min: 0 });
  const momentum = check.number("sgd", "momentum", given.momentum ?? 0, { min: 0, max: 1, below: true });
  const decay = check.number("sgd", "weightDecay", given.weightDecay ?? 0, { min: 0 });
  return optimizer("sgd", parameters, (x) => {
    const v = momentum > 0 ? state("sgd", x) : null;
    return (w, g) => {
      if (w.device !== "cpu") descendOn(w, g, v, rate, momentum, decay);
      else if (v) heavyBall(values(w), values(g), values(v), rate, momentum, decay);
      else descend(values(w), values(g), rate, decay);
    };
  });
}

function descend(w: Float32Array, g: Float32Array, rate: number, decay: number): void {
  for (let i = 0; i < w.length; i++) w[i] -= rate * (g[i] + decay * w[i]);
}

function heavyBall(w: Float32Array, g: Float32Array, v: Float32Array, rate: number, momentum: number, decay: number) {
  for (let i = 0; i < w.length; i++) {
    const by = momentum * v[i] + g[i] + decay * w[i];
    v[i] = by;
    w[i] -= rate * by;
  }
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2019): m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²;
 * w ← w − learningRate · (weightDecay · w + m̂ / (√v̂ + eps)), m̂ and v̂ corrected for their start at 0.
 *
 * @param parameters contiguous float32 leaves with `requiresGrad`.
 * @throws WarpweftError ERR_ARGUMENT, ERR_DTYPE, ERR_DISPOSED. Time O(elements); memory two more copies.
 */
export function adamW(parameters: readonly Tensor[], options: AdamWOptions): Optimizer {
  const given = check.options("adamW", options, ["learningRate", "betas", "eps", "weightDecay"]);
  const rate = check.number("adamW", "learningRate", given.learningRate, { min: 0 });
  const betas = given.betas ?? [0.9, 0.999];
  if (!Array.isArray(betas) || betas.length !== 2)
    check.fail("ERR_ARGUMENT", "adamW", "betas", "be two numbers", betas);
  const range = { min: 0, max: 1, below: true };
  const [beta1, beta2] = betas.map((beta, i) => check.number("adamW", `betas[${i}]`, beta, range));
  const eps = check.number("adamW", "eps", given.eps ?? 1e-8, { min: 0 });
  const decay = check.number("adamW", "weightDecay", given.weightDecay ?? 0.01, { min: 0 });
  return optimizer("adamW", parameters, (x) => {
    const [m, v] = [state("adamW", x), state("adamW", x)];
    let t = 0;
    return (w, g) => {
      t++;
      const [c1, c2] = [1 - beta1 ** t, 1 - beta2 ** t];
      const scalars = [beta1, beta2, rate / c1, 1 / Math.sqrt(c2), eps, 1 - rate * decay] as const;
      if (w.device !== "cpu") adaptOn(w, g, m, v, ...scalars);
      else adapt(values(w), values(g), values(m), values(v), ...scalars);
    };
  });
}

function adapt(
  w: Float32Array,
  g: Float32Array,
  m: Float32Array,
  v: Float32Array,
  beta1: number,
  beta2: number,
  step: number,
  scale: number,
  eps: number,
  keep: number,
): void {
  const [rest1, rest2] = [1 - beta1, 1 - beta2];
  const even = w.length - (w.length % 2);
  let i = 0;
  // Two at a time: a root and a division take long, and two of each overlap.
  for (; i < even; i += 2) {
    const g0 = g[i];
    const g1 = g[i + 1];
    const m0 = beta1 * m[i] + rest1 * g0;
    const m1 = beta1 * m[i + 1] + rest1 * g1;
    const v0 = beta2 * v[i] + rest2 * g0 * g0;
    const v1 = beta2 * v[i + 1] + rest2 * g1 * g1;
    const w0 = keep * w[i] - (step * m0) / (Math.sqrt(v0) * scale + eps);
    const w1 = keep * w[i + 1] - (step * m1) / (Math.sqrt(v1) * scale + eps);
    m[i] = m0;
    m[i + 1] = m1;
    v[i] = v0;
    v[i + 1] = v1;
    w[i] = w0;
    w[i + 1] = w1;
  }
  for (; i < w.length; i++) {
    m[i] = beta1 * m[i] + rest1 * g[i];
    const vi = beta2 * v[i] + rest2 * g[i] * g[i];
    v[i] = vi;
    w[i] = keep * w[i] - (step * m[i]) / (Math.sqrt(vi) * scale + eps);
  }
}

type Update = (w: Dense, g: Dense) => void;

/** What all optimizers share; `create` makes one parameter's update with the state that it keeps. */
function optimizer(fn: string, parameters: readonly Tensor[], create: (x: Dense) => Update): Optimizer {
  if (!Array.isArray(parameters)) check.fail("ERR_ARGUMENT", fn, "parameters", "be an array of tensors", parameters);
  const held = parameters.map((value, i) => parameter(fn, `parameters[${i}]`, value));
  for (const x of held) hold(x); // for as long as steps may come, so until both are collected
  const updates = held.map(create);
  return {
    step() {
      for (const [i, x] of held.entries()) {
        if (!x.grad) continue;
        check.attached(fn, `parameters[${i}]`, x);
        updates[i](x, x.grad);
        x.storage.version++;
      }
    },
    zeroGrad() {
      for (const x of held) setGrad(x, null);
    },
  };
}

/** Zeros beside a parameter, where it is. */
function state(fn: string, x: Dense): Dense {
  return x.device === "cpu" ? allocate(fn, x.shape) : zeros(fn, x.shape, x.device);
}

const values = (x: Dense) => elements(x) as Float32Array;

function parameter(fn: string, arg: string, value: Tensor): Dense {
  const x = check.ofDType(fn, arg, check.input(fn, arg, value), ["float32"]);
  const wrong = x.origin
    ? "the result of an operation"
    : !x.requiresGrad
      ? "a tensor without it"
      : x.contiguous
        ? undefined
        : "a strided view";
  if (wrong === undefined) return x;
  throw new WarpweftError("ERR_ARGUMENT", `${fn}: ${arg} must be a contiguous leaf with requiresGrad, got ${wrong}`);
}
