/** The way into the Poincaré ball. */
import { type Steps, twins } from "../async.js";
import { type Forward, type Gradients, type Op, recordSteps } from "../autograd.js";
import * as check from "../check.js";
import { allocate, type Dense, matrix, memory } from "../dense.js";
import type { DeviceArray } from "../device-array.js";
import { native } from "../native.js";
import { tensorOf } from "../tensor.js";
import type { Async, Input, Tensor } from "../types.js";
import { DISTANCES } from "./table.js";

export interface ExpMapOptions {
  /** c, of a ball of radius 1/√c; default 0.1, as of the metric "poincare" */
  curvature?: number;
  /** rows longer than this are shortened to it first; default: none are */
  clip?: number;
  threads?: number;
}

interface Attrs {
  readonly curvature: number;
  readonly clip: number;
}

function* mapped(x: Dense, { curvature, clip }: Attrs, gradient: Dense | null): Steps<Dense> {
  const out = allocate("expMap0", x.shape, "float32", x.device);
  const floats = (of: Dense) => memory(of) as Float32Array | DeviceArray;
  yield (threads, job) =>
    native().distance.expMap0(
      threads,
      job,
      ...matrix(x),
      x.shape[1] as number,
      curvature,
      clip,
      gradient && floats(gradient),
      floats(out),
    );
  return out;
}

const expMapOp: Op<readonly [Dense], Attrs, null> = {
  name: "expMap0",
  *forward([x], attrs): Steps<Forward<null>> {
    return { out: yield* mapped(x, attrs, null), saved: null };
  },
  *backward(g, [x], _, attrs): Steps<Gradients<readonly [Dense]>> {
    return [yield* mapped(x, attrs, g)];
  },
};

function* expMapSteps(x: Input, options?: ExpMapOptions): Steps<Tensor> {
  const given = check.options("expMap0", options, ["curvature", "clip", "threads"]);
  const rows = check.matrix("expMap0", "x", x);
  const positive = (name: "curvature" | "clip", otherwise: number): number =>
    given[name] === undefined ? otherwise : check.number("expMap0", name, given[name], { min: 0, above: true });
  const attrs = {
    curvature: positive("curvature", DISTANCES.poincare.params.curvature.default),
    clip: positive("clip", Infinity),
  };
  return tensorOf(yield* recordSteps(expMapOp, [rows], attrs, given.threads));
}

const [expMapNow, expMapLater] = twins("expMap0", expMapSteps);

/**
 * The exponential map at the origin of the Poincaré ball: tanh(√c|x|) x/(√c|x|), kept 1e-3 of the radius away from its
 * border. It makes points for the metric "poincare" of any rows.
 *
 * Differentiable; 0 is mapped to 0 with the identity as its derivative. Rows that the border stops have no gradient along
 * themselves.
 *
 * @param x [N, D], float32, float16 or bfloat16.
 * @param options curvature: c > 0, default 0.1. clip: rows longer than it are shortened to it first, by
 * min(1, clip/(|x| + 1e-5)); the authors use 2.3. threads: default `threads()`.
 * @returns [N, D] float32, every row shorter than 1/√c.
 * @throws WarpweftError ERR_SHAPE for another rank; ERR_DTYPE for integers; ERR_ARGUMENT for a curvature or clip that is not
 * above 0, an unknown option; ERR_DISPOSED.
 *
 * Time and memory O(N·D). Source: Ermolov et al. 2022 (htdt/hyp_metric, pmath.py: expmap0 and project).
 */
export function expMap0(x: Input, options?: ExpMapOptions): Tensor {
  return expMapNow(x, options);
}
/** `expMap0` off the event loop. */
export const expMap0Async: Async<typeof expMap0> = expMapLater;
