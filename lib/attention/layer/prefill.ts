/** The materialised form: keys and values of each head are formed, a group of heads at a time, and met by plain attention. */
import { zeros } from "../../algebra/device.js";
import { combine } from "../../algebra/elementwise.js";
import { product } from "../../algebra/views.js";
import type { Steps } from "../../async.js";
import * as check from "../../check.js";
import { allocate, type Dense, discard } from "../../dense.js";
import { tensorOf } from "../../tensor.js";
import { attentionSteps } from "../attention.js";
import type { LatentCache } from "../cache.js";
import { mergeSteps } from "../merge.js";
import type { Attended } from "../types.js";
import type { Shape } from "./config.js";
import { rowsOf, sliced } from "./parts.js";
import { joinKeys, type Latents, queries } from "./project.js";
import type { Weights } from "./weights.js";

/** Floats that the queries, keys and values of a group of heads may take together, unless one head alone takes more. */
const MOST_FLOATS = 2 ** 24;
/** Cached tokens whose keys and values are formed at once. */
const CONTEXT_ROWS = 1024;

/** Tokens that came before. */
export interface Context {
  readonly length: number;
  read(start: number, end: number): Latents;
}

/** The first `length` tokens of a sequence, as the cache keeps them. */
export const contextIn = (cache: LatentCache, id: number, length: number): Context => ({
  length,
  read(start, end) {
    const { latent, rope } = cache.read(id, start, end);
    return { latent: check.input("prefill", "latent", latent), rope: check.input("prefill", "rope", rope) };
  },
});

export interface Prompt {
  /** what the query's up projection reads, [T, ·] */
  readonly u: Dense;
  readonly own: Latents;
  readonly positions: Int32Array;
  readonly context: Context;
}

/**
 * Σ_h softmax(…) V_h W_O_h over heads [first, last): [T, D]. Each new token sees the context and those of the prompt up to itself;
 * the parts are merged by their log-sum-exp. Workspace: what a group of heads takes of the prompt and of 1024 cached tokens.
 */
export function* prefillValues(
  shape: Shape,
  weights: Weights,
  prompt: Prompt,
  [first, last]: readonly [number, number],
): Steps<Dense> {
  const tokens = prompt.u.shape[0] as number;
  const { nope, rope, value, model } = shape;
  const each = tokens * (3 * (nope + rope) + 3 * value) + CONTEXT_ROWS * 2 * (nope + rope + value);
  const group = Math.max(1, Math.floor(MOST_FLOATS / each));
  let sum: Dense | undefined;
  for (let h = first; h < last; h += group) {
    const part = yield* groupOf(shape, weights, prompt, h, Math.min(last, h + group));
    const more = sum && combine("prefill", "add", sum, part);
    if (sum) for (const added of [sum, part]) discard(added);
    sum = more ?? part;
  }
  if (sum) return sum;
  const nothing = [tokens, model];
  return prompt.u.device === "cpu" ? allocate("prefill", nothing) : zeros("prefill", nothing, prompt.u.device);
}

/** Of heads [h, end). */
function* groupOf(shape: Shape, weights: Weights, prompt: Prompt, h: number, end: number): Steps<Dense> {
  const { nope, rope, value, scale } = shape;
  const heads = end - h;
  const [key, values] = [sliced(weights.upKey, h * nope, end * nope), sliced(weights.upValue, h * value, end * value)];
  const up = sliced(weights.upQuery, h * (nope + rope), end * (nope + rope));
  const tokens = prompt.u.shape[0] as number;
  const q = folded(yield* queries(shape, up, prompt.u, prompt.positions), tokens, heads);
  const attend = function* (to: Latents, causal: boolean): Steps<Attended> {
    const rows = to.latent.shape[0] as number;
    const own = yield* product(to.latent, key);
    const { out } = joinKeys.forward([own, to.rope], { heads }, false) as { out: Dense };
    discard(own);
    const [k, v] = [folded(out, rows, heads), folded(yield* product(to.latent, values), rows, heads)];
    const seen = yield* attentionSteps(q, k, v, { scale, causal });
    for (const met of [k, v]) met.dispose();
    return seen;
  };
  let found = yield* attend(prompt.own, true);
  for (let start = 0; start < prompt.context.length; start += CONTEXT_ROWS) {
    const rows = prompt.context.read(start, Math.min(prompt.context.length, start + CONTEXT_ROWS));
    const [before, more] = [found, yield* attend(rows, false)];
    found = yield* mergeSteps([before.output, more.output], [before.lse, more.lse]);
    for (const { output, lse } of [before, more]) for (const merged of [output, lse]) merged.dispose();
  }
  const out = check.input("prefill", "output", found.output);
  const back = rowsOf(weights.output, h * value, end * value);
  const y = yield* product(out.view([tokens, heads * value]), back);
  for (const read of [q, found.output, found.lse]) read.dispose();
  return y;
}

/** [1, T, heads, ·] of a matrix without gaps */
const folded = (x: Dense, tokens: number, heads: number) =>
  tensorOf(x.view([1, tokens, heads, x.size / (tokens * heads)]));
