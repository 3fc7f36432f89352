/** The layer for training: the materialised form, on the tape from end to end. */
import type { Steps } from "../../async.js";
import { recordSteps } from "../../autograd.js";
import * as check from "../../check.js";
import type { Dense } from "../../dense.js";
import { tensorOf } from "../../tensor.js";
import { attentionSteps } from "../attention.js";
import type { Shape } from "./config.js";
import { held, joinKeys, latents, positionsFrom, queries, queryInput, shaped, times } from "./project.js";
import type { Weights } from "./weights.js";

/** x [B, S, D] → the same; causal, positions from 0. */
export function* forwardSteps(shape: Shape, weights: Weights, x: Dense): Steps<Dense> {
  const [b, s, model] = x.shape as [number, number, number];
  const { heads, nope, rope, value, scale } = shape;
  if (x.size === 0) return yield* shaped(x, b, s, model);
  const positions = positionsFrom(0, s);
  const rows = yield* shaped(x, b * s, model);
  const q = yield* queries(shape, weights.upQuery, yield* queryInput(shape, weights, rows), positions);
  const { latent, rope: shared } = yield* latents(shape, weights, rows, positions);
  const up = function* (): Steps<readonly [k: Dense, v: Dense]> {
    const own = yield* times(latent, weights.upKey);
    return [yield* recordSteps(joinKeys, [own, shared] as const, { heads }), yield* times(latent, weights.upValue)];
  };
  const [k, v] = yield* held(latent, up());
  const fold = function* (of: Dense, width: number) {
    return tensorOf(yield* shaped(of, b, s, heads, width));
  };
  const [query, key, values] = [yield* fold(q, nope + rope), yield* fold(k, nope + rope), yield* fold(v, value)];
  const { output } = yield* attentionSteps(query, key, values, { scale, causal: true });
  const joined = yield* shaped(check.input("forward", "output", output), b * s, heads * value);
  return yield* shaped(yield* times(joined, weights.output), b, s, model);
}
