/** Rows as probabilities. */
import { type Steps, twins } from "../async.js";
import { type Op, recordSteps } from "../autograd.js";
import * as check from "../check.js";
import { allocate, type Dense, matrix, memory } from "../dense.js";
import { type Floats, native } from "../native.js";
import { tensorOf } from "../tensor.js";
import type { Async, Input, Tensor } from "../types.js";

export interface SoftmaxOptions {
  threads?: number;
}

/** y = e^x / Σ e^x by rows; ∂x = y (g − Σ g·y). */
const softmaxOp: Op<readonly [Dense], null, Dense> = {
  name: "softmax",
  *forward([x]) {
    const out = allocate("softmax", x.shape, "float32", x.device);
    const columns = x.shape[1] as number;
    yield (threads, job) => kernelsFor(x).softmax(threads, job, ...matrix(x), columns, floatsOf(out));
    return { out, saved: out };
  },
  *backward(gradient, _, y) {
    const [rows, columns] = y.shape as [number, number];
    const dx = allocate("softmax", y.shape, "float32", y.device);
    const arrays = [y, gradient, dx].map(floatsOf) as [Floats, Floats, Floats];
    yield (threads, job) => kernelsFor(y).softmaxBackward(threads, job, rows, columns, ...arrays);
    return [dx];
  },
};

const kernelsFor = ({ device }: Dense) => (device === "cpu" ? native() : native().algebra);
/** Of a float32 tensor, where it is. */
const floatsOf = (x: Dense) => memory(x) as Floats;

function* softmaxSteps(x: Input, options?: SoftmaxOptions): Steps<Tensor> {
  const given = check.options("softmax", options, ["threads"]);
  const rows = check.matrix("softmax", "x", x);
  return tensorOf(yield* recordSteps(softmaxOp, [rows], null, given.threads));
}

const [softmaxNow, softmaxLater] = twins("softmax", softmaxSteps);

/**
 * Each row as probabilities: e^x over the row's sum of them. Differentiable.
 *
 * Two passes over a row instead of three (arXiv 2001.04438): exponentials are summed as mantissa and exponent, which needs
 * no maximum first and cannot overflow; on a GPU a warp has a row and finds its maximum. −∞ gives 0, and a row of nothing
 * else is all 0; a NaN or +∞ makes its row NaN.
 *
 * @param x [N, D], float32, float16 or bfloat16.
 * @param options threads: default `threads()`.
 * @returns [N, D] float32.
 * @throws WarpweftError ERR_SHAPE for another rank; ERR_DTYPE for integers; ERR_ARGUMENT for an unknown option;
 * ERR_DISPOSED.
 *
 * Time N·D; memory the result, which is kept for the backward pass.
 */
export function softmax(x: Input, options?: SoftmaxOptions): Tensor {
  return softmaxNow(x, options);
}
/** `softmax` off the event loop. */
export const softmaxAsync: Async<typeof softmax> = softmaxLater;
