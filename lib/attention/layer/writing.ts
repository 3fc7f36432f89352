/** New tokens into a cache, all or none of them. */
import type { Steps } from "../../async.js";
import type { Dense } from "../../dense.js";
import { tensorOf } from "../../tensor.js";
import type { LatentCache } from "../cache.js";
import { positionsFrom } from "./project.js";

/** Rows of a cache, token by token: [n, latentDim] and [n, ropeDim]. */
export interface CacheRows {
  readonly latent: Dense;
  readonly rope: Dense;
}

/** Tokens of a sequence that are there already; 0 for one that will start. */
export const lengthOf = (cache: LatentCache, id: number): number => (cache.has(id) ? cache.length(id) : 0);

/** Where the next `count` tokens of each sequence stand. */
export function positionsOf(lengths: readonly number[], count: number): Int32Array {
  const positions = new Int32Array(lengths.length * count);
  for (const [b, length] of lengths.entries()) positions.set(positionsFrom(length, count), b * count);
  return positions;
}

/**
 * Appends `count` rows to each sequence and returns what takes them off again. Where one does not fit, none is added.
 * What was added since by somebody else goes with them: one call at a time may write a sequence.
 */
export function written(cache: LatentCache, ids: readonly number[], count: number, rows: CacheRows): () => void {
  const added: (() => void)[] = [];
  const undo = () => {
    for (const take of added.splice(0)) take();
  };
  try {
    for (const [b, id] of ids.entries()) {
      const before = cache.has(id) ? cache.length(id) : undefined;
      cache.append(id, part(rows.latent, b, count), part(rows.rope, b, count));
      added.push(() => (before === undefined ? cache.free(id) : cache.truncate(id, before)));
    }
  } catch (error) {
    undo();
    throw error;
  }
  return undo;
}

/** What the steps give; where they fail, the cache is as it was. */
export function* orUndone<T>(undo: () => void, steps: Steps<T>): Steps<T> {
  try {
    return yield* steps;
  } catch (error) {
    undo();
    throw error;
  }
}

/** Rows of sequence b. */
function part(x: Dense, b: number, count: number) {
  const [stride] = x.strides as [number, number];
  return tensorOf(x.view([count, x.shape[1] as number], x.strides, x.offset + b * count * stride));
}
