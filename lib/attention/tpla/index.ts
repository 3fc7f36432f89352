/** Latent attention cut along the latent: each place keeps a slice of every token and softmaxes by itself. */
import { later, now, type Steps } from "../../async.js";
import { product } from "../../algebra/views.js";
import * as check from "../../check.js";
import { allocate, type Dense, hold } from "../../dense.js";
import { WarpweftError } from "../../error.js";
import { tensorOf } from "../../tensor.js";
import type { AsyncOptions, Input, ProcessGroup, Tensor } from "../../types.js";
import type { SliceBasis } from "../basis/index.js";
import { LatentCache } from "../cache.js";
import { cacheOf, flat, sequencesOf, statesOf } from "../layer/arguments.js";
import { type Shape, shapeOf } from "../layer/config.js";
import { type Decoded, decodeValues, ropeColumns, rowsFor, type Share } from "../layer/decode.js";
import type { NewCacheOptions } from "../layer/index.js";
import { rowsOf } from "../layer/parts.js";
import { type Context, contextIn, prefillValues } from "../layer/prefill.js";
import { held, latents, positionsFrom, queryInput } from "../layer/project.js";
import type { LatentConfig, LatentWeights } from "../layer/types.js";
import { bareWeights, type Weights, weightsOf } from "../layer/weights.js";
import { lengthOf, orUndone, written } from "../layer/writing.js";
import { allReduced, gatheredContext, reducedHeads } from "./collective.js";
import { type Checked, type Heads, type Place, partOf, placedOn, placeOf } from "./place.js";
import { orthogonal, shareOf, turnedWeights, watched } from "./weights.js";

export type { Place } from "./place.js";

const NAME = "TensorParallelLatentAttention";

/** A result, and what takes its tokens off the cache again. */
interface Undoable {
  readonly y: Dense;
  undo(): void;
}

/**
 * One place's share of a latent-attention layer: slice j of g of the latent, and a shard of the heads (TPLA).
 *
 * The latent is turned by the basis's U, which changes nothing (the gain goes into W_UK and W_UV, the root mean square is that of the
 * whole latent), and each place keeps latentDim/g of its columns and the turned key part that all heads share. Its heads score
 * with those columns alone and give the values of those columns; the sum over places is the layer:
 *
 *     y = Σ_j Σ_h softmax_t(σ (q^N_h W_UK,j_hᵀ · z'_t,j + q^R_h · κ_t)) (z'_j W_UV,j_h) W_O_h
 *
 * It is an approximation unless g = 1: the score of a token lacks what the other slices hold, and no rescaling of the rest (μ = 1) is
 * right for all. Exact are a basis with one slice, scores whose missing part is the same for all tokens, and completion where the latents
 * have no more directions than a slice has columns. With slice j serving the heads of shard j alone (slice = headShard, headShards
 * = slices; as many places) it is grouped latent attention (GLA).
 *
 * The constructor turns and copies what the basis changes and reads the rest of the weights as they are at each call, so a place belongs
 * to the weights it was made of: one that an optimizer has changed since is an error. Runs where they are, on a GPU too. No gradient.
 * Source: Tang et al. 2025 (arXiv 2508.15881, ASPLOS '26); completion and shared columns of `fitBasis` are this package's.
 */
export class TensorParallelLatentAttention {
  readonly #shape: Shape;
  readonly #place: Checked;
  /** the whole layer in the basis, for prefill */
  readonly #whole: Weights;
  readonly #share: Share;
  readonly #unchanged: (fn: string) => void;

  /**
   * @param config, weights of `MultiHeadLatentAttention`. @param basis of `fitBasis`.
   * @param place slice: which of the basis's. headShard of headShards: which heads; default all. group: all places of one result.
   * @throws WarpweftError ERR_ARGUMENT for a place outside the grid, a basis that does not fit or is not orthogonal; otherwise as
   * `MultiHeadLatentAttention`.
   *
   * Time O(latent²·(modelDim + heads·(nope + value))); memory a copy of downLatent, upKey and upValue, and of upKey's part.
   */
  constructor(config: LatentConfig, weights: LatentWeights, basis: SliceBasis, place: Place) {
    const shape = shapeOf(NAME, config);
    const given = bareWeights(weightsOf(NAME, shape, weights));
    this.#shape = shape;
    this.#unchanged = watched(given);
    const found = placeOf(NAME, shape, basis, place);
    now(NAME, orthogonal(NAME, found.basis));
    this.#place = placedOn(NAME, found, given.upQuery.device);
    this.#whole = now(NAME, turnedWeights(shape, given, this.#place.basis));
    this.#share = now(NAME, shareOf(shape, this.#whole, this.#place));
    for (const x of [...Object.values(this.#whole), this.#share.key, this.#share.value]) if (x) hold(x);
  }

  /**
   * A prompt: exact latent attention, its heads dealt out over all places, while each caches its slice. So no approximation enters
   * the prompt's hidden states; only tokens that are decoded later read the slices.
   *
   * @param x [T, modelDim], the same on every place. @param cache of this place's `newCache`. @param sequence an id.
   * @returns [T, modelDim]: this place's part of the sum over all slices × headShards.
   * @throws WarpweftError ERR_ARGUMENT with a group (only the Async form exists then), or for a sequence that is not empty where a place
   * holds but a slice of it: `decode` takes any number of tokens, or give a group. Otherwise as of `MultiHeadLatentAttention`.
   */
  prefill(x: Input, cache: LatentCache, sequence: number): Tensor {
    const fn = `${NAME}.prefill`;
    this.#alone(fn);
    return tensorOf(now(fn, this.#prefill(fn, x, cache, sequence)).y);
  }
  /**
   * `prefill` off the event loop. In a group: the finished result on every place; heads are dealt out by rank, and a sequence that
   * is not empty is put together from all slices first (one gather, length·latent numbers).
   */
  async prefillAsync(x: Input, cache: LatentCache, sequence: number, options?: AsyncOptions): Promise<Tensor> {
    const fn = `${NAME}.prefillAsync`;
    const { group } = this.#place;
    if (!group) return tensorOf((await later(fn, this.#prefill(fn, x, cache, sequence), options)).y);
    const held = this.#cache(fn, cache);
    const [id] = sequencesOf(fn, [sequence], 1) as [number];
    const known = lengthOf(held, id) > 0;
    const context = known
      ? await gatheredContext(fn, group, held, id, this.#place, this.#shape.rope)
      : contextIn(held, id, 0);
    const heads = partOf([0, this.#shape.heads], group.rank, group.size);
    const part = await later(fn, this.#prefill(fn, x, cache, sequence, { heads, context }), options);
    return summed(group, part);
  }

  /**
   * New tokens of some sequences, as `MultiHeadLatentAttention.decode` takes them: the absorbed form over this place's slice.
   *
   * @param x [B, Sq, modelDim], the same on every place. @param sequences [B] ids, all different.
   * @returns [B, Sq, modelDim]: this place's part of the sum over places.
   * @throws WarpweftError ERR_ARGUMENT with a group: only the Async form exists then. Otherwise as of `MultiHeadLatentAttention`.
   */
  decode(x: Input, cache: LatentCache, sequences: readonly number[]): Tensor {
    const fn = `${NAME}.decode`;
    this.#alone(fn);
    const decoded = now(fn, this.#decode(fn, x, cache, sequences));
    return this.#projected(fn, x, now(fn, orUndone(decoded.undo, this.#output(decoded.values, this.#place.heads))));
  }
  /**
   * `decode` off the event loop. In a group: the finished result on every place. The values of each head are summed over the places and
   * dealt out by heads before W_O (a reduce-scatter of B·Sq·heads·valueDim numbers), of which each place then reads its part alone; the
   * second sum is that of the outputs, B·Sq·modelDim numbers.
   */
  async decodeAsync(
    x: Input,
    cache: LatentCache,
    sequences: readonly number[],
    options?: AsyncOptions,
  ): Promise<Tensor> {
    const fn = `${NAME}.decodeAsync`;
    const { group, heads } = this.#place;
    const { values, undo } = await later(fn, this.#decode(fn, x, cache, sequences), options);
    try {
      const own = group ? await reducedHeads(group, this.#shape.heads, this.#place, values) : { values, heads };
      const y = this.#projected(fn, x, await later(fn, this.#output(own.values, own.heads), options));
      return group ? await allReduced(group, y) : y;
    } catch (error) {
      undo();
      throw error;
    }
  }

  /** A cache for this place: latentDim / slices columns, shared ones and ropeDim. @param options as of `MultiHeadLatentAttention`. */
  newCache(options: NewCacheOptions): LatentCache {
    const { device } = this.#whole.upQuery;
    const widths = { latentDim: this.#share.own, ropeDim: ropeColumns(this.#shape, this.#share) };
    return new LatentCache({ device, ...options, ...widths });
  }

  #alone(fn: string): void {
    if (!this.#place.group) return;
    const words = `a place of a group must wait for the others, so ${fn}Async is the only form there is`;
    throw new WarpweftError("ERR_ARGUMENT", `${fn}: ${words}`);
  }

  #cache(fn: string, value: LatentCache): LatentCache {
    return cacheOf(fn, "cache", value, [this.#share.own, ropeColumns(this.#shape, this.#share)], this.#whole);
  }

  /** In a group: `given` says which heads, and the tokens before. */
  *#prefill(
    fn: string,
    x: Input,
    cache: LatentCache,
    sequence: number,
    given?: { heads: Heads; context: Context },
  ): Steps<Undoable> {
    const shape = this.#shape;
    this.#unchanged(fn);
    const rows = flat(statesOf(fn, x, ["T"], this.#shape, this.#whole));
    const to = this.#cache(fn, cache);
    const [id] = sequencesOf(fn, [sequence], 1) as [number];
    const tokens = rows.shape[0] as number;
    if (tokens === 0) return { y: rows, undo: nothing };
    const length = lengthOf(to, id);
    if (length > 0 && !given && this.#place.slices > 1) {
      const wanted =
        "start a sequence, as a place without a group holds but a slice of one (decode takes any number of tokens)";
      check.fail("ERR_ARGUMENT", fn, "sequence", wanted, `one of ${length} tokens`);
    }
    const positions = positionsFrom(length, tokens);
    const [whole, share] = [this.#whole, this.#share];
    const heads = given?.heads ?? this.#place.prefillHeads;
    const body = function* (): Steps<Undoable> {
      const own = yield* latents(shape, whole, rows, positions);
      const u = yield* queryInput(shape, whole, rows);
      const undo = written(to, [id], tokens, rowsFor(share, own));
      const prompt = { u, own, positions, context: given?.context ?? contextIn(to, id, length) };
      return { y: yield* orUndone(undo, held(u, prefillValues(shape, whole, prompt, heads))), undo };
    };
    return yield* held(rows, body());
  }

  *#decode(fn: string, x: Input, cache: LatentCache, sequences: readonly number[]): Steps<Decoded> {
    this.#unchanged(fn);
    const tokens = statesOf(fn, x, ["B", "Sq"], this.#shape, this.#whole);
    const [b, each] = tokens.shape as [number, number];
    const ids = sequencesOf(fn, sequences, b);
    const to = this.#cache(fn, cache);
    const [first, last] = this.#place.heads;
    const none = [0, (last - first) * this.#shape.value];
    if (tokens.size === 0) return { values: allocate(fn, none, "float32", tokens.device), undo: nothing };
    const rows = flat(tokens);
    return yield* held(rows, decodeValues(this.#shape, this.#share, { x: rows, each, sequences: ids }, to));
  }

  /** Σ_h values_h W_O_h over those heads: [N, D] */
  #output(values: Dense, [first, last]: Heads): Steps<Dense> {
    const { value } = this.#shape;
    return product(values, rowsOf(this.#whole.output, first * value, last * value));
  }

  #projected(fn: string, x: Input, y: Dense): Tensor {
    return tensorOf(y.view(statesOf(fn, x, ["B", "Sq"], this.#shape, this.#whole).shape));
  }
}

const nothing = () => {};

async function summed(group: ProcessGroup, { y, undo }: Undoable): Promise<Tensor> {
  try {
    return await allReduced(group, tensorOf(y));
  } catch (error) {
    undo();
    throw error;
  }
}
