/** The absorbed form: queries go into the latent's space, so that the cache is read as it is, once for all heads. */
import type { Steps } from "../../async.js";
import * as check from "../../check.js";
import type { Dense } from "../../dense.js";
import { tensorOf } from "../../tensor.js";
import type { LatentCache } from "../cache.js";
import { latentDecodeSteps } from "../decode.js";
import type { Attended } from "../types.js";
import type { Shape } from "./config.js";
import { absorbed, valuesOf } from "./heads.js";
import { gathered, sideBySide, sliced } from "./parts.js";
import { type Latents, latents, queries, queryInput } from "./project.js";
import type { Weights } from "./weights.js";
import { type CacheRows, lengthOf, orUndone, positionsOf, written } from "./writing.js";

/** What one place keeps of each token and computes from it; the whole of a layer is the place that has everything. */
export interface Share {
  /** projections: the latent's in the basis that `columns` counts in, the query's of the place's own heads */
  readonly weights: Weights;
  /** n: values it gives */
  readonly own: number;
  /** columns of the latent that it scores with, its own ones first; undefined: all as they are */
  readonly columns: readonly number[] | undefined;
  /** W_UK [columns, heads · d_n] and W_UV [n, heads · d_v] of its heads */
  readonly key: Dense;
  readonly value: Dense;
}

/** Columns of the cache's second part: scored with, but no values. */
export const ropeColumns = (shape: Shape, { own, columns }: Share): number =>
  (columns ? columns.length - own : 0) + shape.rope;

/** New tokens, seen from the sequences they belong to. */
export interface Tokens {
  /** [B · Sq, D] */
  readonly x: Dense;
  readonly each: number;
  readonly sequences: readonly number[];
}

export interface Decoded {
  /** [B · Sq, heads · d_v] */
  readonly values: Dense;
  /** takes the tokens off the cache again */
  undo(): void;
}

/** Writes the tokens into the cache, then attends to all that is in it. A failure leaves the cache as it was. */
export function* decodeValues(shape: Shape, share: Share, tokens: Tokens, cache: LatentCache): Steps<Decoded> {
  const { x, each, sequences } = tokens;
  const positions = positionsOf(
    sequences.map((id) => lengthOf(cache, id)),
    each,
  );
  const rows = rowsFor(share, yield* latents(shape, share.weights, x, positions));
  const query = yield* absorbedQuery(shape, share, tokens, positions);
  const undo = written(cache, sequences, each, rows);
  const attended = function* (): Steps<Dense> {
    const { output, lse } = yield* latentDecodeSteps(query, cache, sequences, { scale: shape.scale, causal: true });
    const values = yield* shareValues(share, output);
    for (const read of [query.latent, query.rope, output, lse]) read.dispose();
    return values;
  };
  return { values: yield* orUndone(undo, attended()), undo };
}

/** [a | q^R] of each head, a = q^N W_UKᵀ: [B, Sq, H, n] and [B, Sq, H, the rest] */
export function* absorbedQuery(shape: Shape, share: Share, { x, each }: Tokens, positions: Int32Array) {
  const q = yield* queries(shape, share.weights.upQuery, yield* queryInput(shape, share.weights, x), positions);
  const [tokens, width] = [x.shape[0] as number, shape.nope + shape.rope];
  const heads = (q.shape[0] as number) / tokens;
  const a = yield* absorbed(q.view([tokens, heads, width]), share.key);
  const scored = a.shape[2] as number;
  const lead = [tokens / each, each, heads] as const;
  const flat = a.view([tokens * heads, scored]);
  const turned = sliced(q, shape.nope, width);
  const rest = scored > share.own ? sideBySide(sliced(flat, share.own, scored), turned) : turned;
  return { latent: folded(sliced(flat, 0, share.own), lead), rope: folded(rest, lead) };
}

/** o [B, Sq, H, n] → [B · Sq, H · d_v] */
export function shareValues({ value }: Share, output: Attended["output"]): Steps<Dense> {
  const [b, s, heads, n] = output.shape as [number, number, number, number];
  return valuesOf(check.input("decode", "output", output).view([b * s, heads, n]), value);
}

/** What the place's cache keeps of new tokens. */
export function rowsFor({ columns, own }: Share, { latent, rope }: Latents): CacheRows {
  if (!columns) return { latent, rope };
  const picked = (list: readonly number[]) => gathered(latent, list);
  const extra = columns.slice(own);
  return {
    latent: picked(columns.slice(0, own)),
    rope: extra.length > 0 ? sideBySide(picked(extra), rope) : rope,
  };
}

/** Rows [B · Sq · H, columns], whatever lies between them, as [B, Sq, H, columns]. */
function folded(x: Dense, [b, s, h]: readonly [number, number, number]) {
  const [row, column] = x.strides as [number, number];
  return tensorOf(x.view([b, s, h, x.shape[1] as number], [row * s * h, row * h, row, column]));
}
