/** From hidden states to queries, latents, keys and values. Each step is on the tape where its inputs are. */
import { deliver, packed, summed } from "../../algebra/device.js";
import { columns, matmul, reshape } from "../../algebra/views.js";
import type { Steps } from "../../async.js";
import { type Op, recordSteps } from "../../autograd.js";
import { allocate, allocateFloats, type Dense, drop, floats, hold, wrap } from "../../dense.js";
import { normOp } from "../norm.js";
import { ropeOp } from "../rope.js";
import type { Shape } from "./config.js";
import type { Weights } from "./weights.js";

export const times = (a: Dense, b: Dense) => recordSteps(matmul, [a, b], null);
export const shaped = (x: Dense, ...shape: number[]) => recordSteps(reshape, [x], { shape });
export const columnsOf = (x: Dense, start: number, end: number) => recordSteps(columns, [x], { start, end });

/** Row i of x stands at position number i mod their count. */
const turning = ({ frequencies, interleaved }: Shape, positions: Int32Array, heads: number, skip: number) => ({
  positions,
  heads,
  frequencies,
  interleaved,
  skip,
});

/** x itself, or what the up projection of a low-rank query reads: RMSNorm(x W_DQ). [T, D] → [T, D | r_q] */
export function* queryInput(shape: Shape, { downQuery, queryNorm }: Weights, x: Dense): Steps<Dense> {
  if (!downQuery || !queryNorm) return x;
  return yield* recordSteps(normOp, [yield* times(x, downQuery), queryNorm], { eps: shape.eps });
}

/** [q^N | RoPE(q^R)] of as many heads as `up` has columns for: [T, ·] → [T · heads, d_n + d_r] */
export function* queries(shape: Shape, up: Dense, u: Dense, positions: Int32Array): Steps<Dense> {
  const width = shape.nope + shape.rope;
  const heads = (up.shape[1] as number) / width;
  const q = yield* shaped(yield* times(u, up), (u.shape[0] as number) * heads, width);
  return yield* recordSteps(ropeOp, [q], turning(shape, positions, heads, shape.nope));
}

/** What the cache keeps of a token: the latent, normalised, and the rotated key part that all heads share. */
export interface Latents {
  /** z [T, r] */
  readonly latent: Dense;
  /** κ [T, d_r] */
  readonly rope: Dense;
}

export function* latents(shape: Shape, weights: Weights, x: Dense, positions: Int32Array): Steps<Latents> {
  const both = yield* times(x, weights.downLatent);
  const parts = function* (): Steps<Latents> {
    const c = yield* columnsOf(both, 0, shape.latent);
    const k = yield* columnsOf(both, shape.latent, shape.latent + shape.rope);
    return {
      latent: yield* recordSteps(normOp, [c, weights.latentNorm], { eps: shape.eps }),
      rope: yield* recordSteps(ropeOp, [k], turning(shape, positions, 1, 0)),
    };
  };
  return yield* held(both, parts());
}

/** What the steps give; the memory of x, which more than one of them reads, stays until they are done. */
export function* held<T>(x: Dense, steps: Steps<T>): Steps<T> {
  hold(x);
  try {
    return yield* steps;
  } finally {
    drop(x);
  }
}

/** k_h = [z W_UK_h | κ]: [T, heads · d_n] and [T, d_r] → [T · heads, d_n + d_r]; ∂κ is the sum over heads. */
export const joinKeys: Op<readonly [own: Dense, rope: Dense], { heads: number }, null> = {
  name: "joinKeys",
  forward: ([own, rope], { heads }) => {
    if (own.device !== "cpu") return { out: joinedOn(own, rope, heads), saved: null };
    const [tokens, shared] = rope.shape as [number, number];
    const nope = (own.shape[1] as number) / heads;
    const [a, b] = [floats(own), floats(rope)];
    const out = allocateFloats("joinKeys", tokens * heads, nope + shared);
    for (let row = 0, at = 0; row < tokens * heads; row++, at += nope + shared) {
      out.set(a.subarray(row * nope, (row + 1) * nope), at);
      const token = Math.floor(row / heads);
      out.set(b.subarray(token * shared, (token + 1) * shared), at + nope);
    }
    return { out: wrap(out, [tokens * heads, nope + shared]), saved: null };
  },
  backward: (gradient, [own, rope], _, { heads }) => {
    if (own.device !== "cpu") return partedOn(gradient, own, rope, heads);
    const [tokens, shared] = rope.shape as [number, number];
    const nope = (own.shape[1] as number) / heads;
    const g = floats(gradient);
    const [da, db] = [allocateFloats("joinKeys", own.size), allocateFloats("joinKeys", rope.size)];
    for (let row = 0, at = 0; row < tokens * heads; row++, at += nope + shared) {
      da.set(g.subarray(at, at + nope), row * nope);
      const to = Math.floor(row / heads) * shared;
      for (let k = 0; k < shared; k++) (db[to + k] as number) += g[at + nope + k] as number;
    }
    return [wrap(da, own.shape), wrap(db, rope.shape)];
  },
};

/** Both parts of keys [T · heads, d_n + d_r], as [T, heads, ·]. */
function partsOf(keys: Dense, tokens: number, heads: number, nope: number): [own: Dense, rope: Dense] {
  const width = keys.size / (tokens * heads);
  const strides = [heads * width, width, 1];
  const own = keys.view([tokens, heads, nope], strides);
  return [own, keys.view([tokens, heads, width - nope], strides, keys.offset + nope)];
}

function joinedOn(own: Dense, rope: Dense, heads: number): Dense {
  const [tokens, shared] = rope.shape as [number, number];
  const nope = (own.shape[1] as number) / heads;
  const out = allocate("joinKeys", [tokens * heads, nope + shared], "float32", own.device);
  const [left, right] = partsOf(out, tokens, heads, nope);
  const [row, step] = own.strides as [number, number];
  deliver("joinKeys", own.view([tokens, heads, nope], [row, nope * step, step]), left);
  const [token, along] = rope.strides as [number, number];
  deliver("joinKeys", rope.view([tokens, heads, shared], [token, 0, along]), right);
  return out;
}

function partedOn(gradient: Dense, own: Dense, rope: Dense, heads: number): [Dense, Dense] {
  const tokens = rope.shape[0] as number;
  const [left, right] = partsOf(gradient, tokens, heads, (own.shape[1] as number) / heads);
  return [
    packed(left).view(own.shape),
    summed("joinKeys", right, [tokens, 1, rope.shape[1] as number]).view(rope.shape),
  ];
}

/** Positions first, first + 1, … */
export const positionsFrom = (first: number, count: number) => Int32Array.from({ length: count }, (_, i) => first + i);
