/** Tokens of a sequence dealt out to several caches. */
import type { Steps } from "../../async.js";
import * as check from "../../check.js";
import type { Dense } from "../../dense.js";
import type { LatentCache } from "../cache.js";
import { latentDecodeSteps } from "../decode.js";
import { mergeSteps } from "../merge.js";
import type { Attended } from "../types.js";
import type { Shape } from "./config.js";
import { absorbedQuery, type Share, shareValues, type Tokens } from "./decode.js";
import { rowsOf } from "./parts.js";
import { latents, times } from "./project.js";
import { lengthOf, orUndone, positionsOf, written } from "./writing.js";

/** One token a sequence: [B, D]. */
export function* shardedSteps(
  fn: string,
  shape: Shape,
  share: Share,
  tokens: Tokens,
  caches: readonly LatentCache[],
): Steps<Dense> {
  const { x, sequences } = tokens;
  const lengths = sequences.map((id, b) =>
    dealtOut(
      fn,
      b,
      caches.map((cache) => lengthOf(cache, id)),
    ),
  );
  const positions = positionsOf(lengths, 1);
  const { latent, rope } = yield* latents(shape, share.weights, x, positions);
  const query = yield* absorbedQuery(shape, share, tokens, positions);
  const undone: (() => void)[] = [];
  const undo = () => {
    for (const take of undone.splice(0)) take();
  };
  const body = function* (): Steps<Dense> {
    for (const [b, id] of sequences.entries()) {
      const to = (lengths[b] as number) % caches.length;
      for (const [i, cache] of caches.entries()) {
        const count = i === to ? 1 : 0; // a sequence is known to every cache, be it without rows
        const rows = { latent: rowsOf(latent, b, b + count), rope: rowsOf(rope, b, b + count) };
        undone.push(written(cache, [id], count, rows));
      }
    }
    const parts: Attended[] = [];
    for (const cache of caches) parts.push(yield* latentDecodeSteps(query, cache, sequences, { scale: shape.scale }));
    const { output } = yield* mergeSteps(
      parts.map((part) => part.output),
      parts.map((part) => part.lse),
    );
    return yield* times(yield* shareValues(share, output), share.weights.output);
  };
  return yield* orUndone(undo, body());
}

/** The length of a sequence whose token t is in cache t mod their number. */
function dealtOut(fn: string, sequence: number, lengths: readonly number[]): number {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const wanted = lengths.map((_, i) => Math.ceil(Math.max(0, total - i) / lengths.length));
  if (wanted.join() !== lengths.join())
    check.fail(
      "ERR_ARGUMENT",
      fn,
      `sequences[${sequence}]`,
      `have ${wanted.join(", ")} tokens in the caches, as ${total} dealt out in turn`,
      lengths.join(", "),
    );
  return total;
}
