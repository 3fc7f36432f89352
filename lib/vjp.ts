/** Values with a pullback, for people who bring their own loop. */
import { later, now, type Steps } from "./async.js";
import { flow, withTape } from "./autograd.js";
import * as check from "./check.js";
import { type Dense, drop, insideOf } from "./dense.js";
import { WarpweftError } from "./error.js";
import { seed } from "./gradients.js";
import { tensorOf } from "./tensor.js";
import type { AsyncOptions, Tensor } from "./types.js";

type Pulled<In extends readonly Tensor[]> = { readonly [K in keyof In]: Tensor | null };
export interface Vjp<In extends readonly Tensor[]> extends Disposable {
  readonly value: Tensor;
  /** May be called any number of times. `gradient` defaults to 1 for a value of one element. No `.grad` is touched. */
  pullback(gradient?: Tensor): Pulled<In>;
  pullbackAsync(gradient?: Tensor, options?: AsyncOptions): Promise<Pulled<In>>;
}

/**
 * The value of `f` and a function from its gradient to the gradients of `inputs` (null for those it does not depend
 * on). The inputs need not have `requiresGrad`, and their `.grad` stays as it is. What the pullback needs is kept until
 * it is disposed.
 *
 * @throws WarpweftError ERR_ARGUMENT if `f` returns no tensor, ERR_DTYPE for an input of integers; from the pullback
 * ERR_DISPOSED after `dispose`, ERR_SHAPE for a gradient of another shape than the value.
 */
export function vjp<In extends readonly Tensor[]>(f: (...inputs: In) => Tensor, inputs: In): Vjp<In> {
  const leaves = inputs.map((value, i) => leaf(check.input("vjp", `inputs[${i}]`, value), i));
  const handles = leaves.map((x) => tensorOf(x)) as unknown as In;
  const result: unknown = withTape(false, () => f(...handles));
  const root = insideOf(result);
  if (!root) return check.fail("ERR_ARGUMENT", "vjp", "f", "return a tensor", result);
  let graph: Dense | null = root;
  const pull = (gradient?: Tensor) => {
    if (!graph) throw new WarpweftError("ERR_DISPOSED", "pullback: it was disposed");
    return pulled(graph, leaves, gradient) as Steps<Pulled<In>>;
  };
  return {
    value: tensorOf(root.view(root.shape, root.strides)),
    pullback: (gradient) => now("pullback", pull(gradient)),
    pullbackAsync: async (gradient, options) => later("pullbackAsync", pull(gradient), options),
    [Symbol.dispose]: () => {
      graph = null;
    },
  };
}

/** The same memory as a leaf of its own, so that nobody else's gradient is touched. */
function leaf(x: Dense, index: number): Dense {
  check.ofDType("vjp", `inputs[${index}]`, x, check.FLOATS);
  const own = x.view(x.shape, x.strides);
  own.requiresGrad = true;
  return own;
}

function* pulled(root: Dense, leaves: readonly Dense[], gradient?: Tensor): Steps<(Tensor | null)[]> {
  const start = seed("pullback", root, gradient);
  const flown = root.requiresGrad ? yield* flow("pullback", root, start, false) : new Map<Dense, Dense>();
  return leaves.map((x) => {
    const found = flown.get(x);
    if (!found) return null;
    const handle = tensorOf(found);
    drop(found); // the handle holds it now
    return handle;
  });
}
