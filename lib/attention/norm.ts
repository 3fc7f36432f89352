/** Rows over their root mean square. */
import { zeros } from "../algebra/device.js";
import { reshaped } from "../algebra/views.js";
import { type Steps, twins } from "../async.js";
import { type Forward, type Gradients, type Op, recordSteps } from "../autograd.js";
import * as check from "../check.js";
import { converted } from "../convert.js";
import { allocate, type Dense, matrix, memory } from "../dense.js";
import { WarpweftError } from "../error.js";
import { type Floats, native } from "../native.js";
import { tensorOf } from "../tensor.js";
import type { Async, Input, Tensor } from "../types.js";

export interface NormOptions {
  /** added to the mean square; default 1e-6 */
  eps?: number;
  threads?: number;
}

type Pair = readonly [x: Dense, gain: Dense];
interface Wanted {
  readonly gradient?: Dense;
  readonly out: Dense | null;
  readonly gain: Dense | null;
}

const singles = (x: Dense | null | undefined): Floats | null => (x ? (memory(x) as Floats) : null);

function* normed([x, gain]: Pair, eps: number, wanted: Wanted): Steps<void> {
  if (x.size === 0) return;
  const d = x.shape.at(-1) as number;
  const rows = matrix(x.shape.length === 2 ? x : reshaped(x, [x.size / d, d]));
  const scale = singles(converted("rmsNorm", gain, "float32")) as Floats;
  const rest = [eps, singles(wanted.gradient), singles(wanted.out), singles(wanted.gain)] as const;
  yield (threads, job) => native().attention.rmsNorm(threads, job, ...rows, d, scale, ...rest);
}

const like = (x: Dense): Dense => allocate("rmsNorm", x.shape, "float32", x.device);
/** Without rows nothing is added to a gradient of the gain. */
const cleared = (x: Dense): Dense => (x.device === "cpu" ? like(x) : zeros("rmsNorm", x.shape, x.device));

/** y = x / ρ ∘ γ, ρ = √(mean x² + eps); ∂x = g∘γ / ρ − x · mean(g∘γ∘x) / ρ³, ∂γ = Σ_rows g ∘ x / ρ. */
export const normOp: Op<Pair, { eps: number }, null> = {
  name: "rmsNorm",
  *forward(inputs, { eps }): Steps<Forward<null>> {
    const out = like(inputs[0]);
    yield* normed(inputs, eps, { out, gain: null });
    return { out, saved: null };
  },
  *backward(gradient, inputs, _, { eps }): Steps<Gradients<Pair>> {
    const [x, gain] = inputs;
    const dx = x.requiresGrad ? like(x) : null;
    const dGain = gain.requiresGrad ? cleared(gain) : null;
    yield* normed(inputs, eps, { gradient, out: dx, gain: dGain });
    return [dx, dGain];
  },
};

function* normSteps(x: Input, gain: Input, options?: NormOptions): Steps<Tensor> {
  const fn = "rmsNorm";
  const given = check.options(fn, options, ["eps", "threads"]);
  const rows = check.ofDType(fn, "x", check.input(fn, "x", x), check.FLOATS);
  const width = rows.shape.at(-1);
  if (width === undefined) check.fail("ERR_SHAPE", fn, "x", "have at least one dimension", "shape []");
  const scale = check.ofDType(fn, "gain", check.input(fn, "gain", gain), check.FLOATS);
  check.sameDevice(fn, "gain", scale, "x", rows);
  if (scale.shape.length !== 1 || scale.size !== width)
    throw new WarpweftError(
      "ERR_SHAPE",
      `${fn}: gain must have shape [${width}], a number per column of x, got [${scale.shape.join(", ")}]`,
    );
  const eps = check.number(fn, "eps", given.eps ?? 1e-6, { min: 0 });
  return tensorOf(yield* recordSteps(normOp, [rows, scale], { eps }, given.threads));
}

const [normNow, normLater] = twins("rmsNorm", normSteps);

/**
 * Each row over its root mean square, times a gain per column: y = x / √(mean x² + eps) ∘ gain. Differentiable in both.
 *
 * @param x [..., D], float32, float16 or bfloat16.
 * @param gain [D].
 * @param options eps: default 1e-6. threads: default `threads()`.
 * @returns float32, of x's shape. A row of zeros stays zeros; with eps 0 it is NaN.
 * @throws WarpweftError ERR_SHAPE for a gain that is not [D]; ERR_DTYPE for integers; ERR_ARGUMENT for a negative eps, an
 * unknown option; ERR_DEVICE for tensors that do not lie in one place; ERR_DISPOSED.
 *
 * Sums are float64 in an order that the shape alone decides. Time O(elements); nothing is saved for the way back.
 * Source: Zhang and Sennrich 2019 (arXiv 1910.07467); DeepSeek-V3, inference/model.py.
 */
export function rmsNorm(x: Input, gain: Input, options?: NormOptions): Tensor {
  return normNow(x, gain, options);
}
/** `rmsNorm` off the event loop. */
export const rmsNormAsync: Async<typeof rmsNorm> = normLater;
