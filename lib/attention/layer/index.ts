/** Multi-head latent attention, as DeepSeek-V2 and V3 have it. */
import { later, now, type Steps } from "../../async.js";
import * as check from "../../check.js";
import { moved } from "../../algebra/device.js";
import { allocate, type Dense, wrap } from "../../dense.js";
import { tensorOf } from "../../tensor.js";
import type { AsyncOptions, Device, Input, Tensor } from "../../types.js";
import { LatentCache } from "../cache.js";
import type { CacheType } from "../types.js";
import { cacheOf, flat, sequencesOf, statesOf } from "./arguments.js";
import { type Shape, shapeOf } from "./config.js";
import { decodeValues, type Share } from "./decode.js";
import { forwardSteps } from "./forward.js";
import { contextIn, prefillValues } from "./prefill.js";
import { held, latents, positionsFrom, queryInput, times } from "./project.js";
import { shardedSteps } from "./sharded.js";
import type { LatentConfig, LatentWeights } from "./types.js";
import { bareWeights, type Weights, weightsOf } from "./weights.js";
import { lengthOf, orUndone, written } from "./writing.js";

const NAME = "MultiHeadLatentAttention";

export interface NewCacheOptions {
  pages: number;
  /** a power of two; default 64 */
  pageSize?: number;
  /** default "float32" */
  dtype?: CacheType;
  /** default: where the weights are */
  device?: Device;
}

/**
 * One layer of multi-head latent attention, without the norm before it and the residual round it:
 *
 *     u = RMSNorm(x W_DQ)          or x where queryRank is 0
 *     [q^N | q^R]_h = u W_UQ_h,    q^R turned by RoPE
 *     [c | k^R] = x W_DKV,         z = RMSNorm(c), κ = RoPE(k^R)              what the cache keeps
 *     s_h,t = σ (q^N_h · z_t W_UK_h + q^R_h · κ_t)
 *     y = Σ_h softmax(s_h) (z W_UV_h) W_O_h
 *
 * σ = (nopeDim + ropeDim)^−½, with YaRN times (0.1 · mscale · ln factor + 1)². The latent is normalised and κ turned before they are
 * cached. Weights are read at each call, so a training step is seen by the next one; 16-bit weights are converted each time.
 *
 * Source: DeepSeek-V2 (arXiv 2405.04434), DeepSeek-V3 (arXiv 2412.19437) and its inference/model.py, whose wkv_b is upKey and upValue
 * side by side, head by head.
 */
export class MultiHeadLatentAttention {
  readonly #shape: Shape;
  readonly #weights: LatentWeights;

  /**
   * @param config widths, and how positions turn.
   * @param weights as `LatentWeights` says, float32, bfloat16 or float16.
   * @throws WarpweftError ERR_ARGUMENT for a width that is missing or out of range, a weight too many; ERR_SHAPE for a weight that does
   * not fit; ERR_DTYPE, ERR_DEVICE, ERR_DISPOSED.
   */
  constructor(config: LatentConfig, weights: LatentWeights) {
    this.#shape = shapeOf(NAME, config);
    weightsOf(NAME, this.#shape, weights);
    this.#weights = weights;
  }

  /**
   * Without a cache, for training: causal, positions from 0. Differentiable in x and all weights. Runs where they all are, on a GPU too.
   *
   * @param x [B, S, modelDim], float32, float16 or bfloat16.
   * @returns [B, S, modelDim] float32.
   * @throws WarpweftError ERR_SHAPE, ERR_DTYPE, ERR_DEVICE, ERR_DISPOSED.
   *
   * Time O(B·S·weights + B·S²·heads·(nope + rope + value)); memory O(B·S·heads·(nope + rope + value)).
   */
  forward(x: Input): Tensor {
    const fn = `${NAME}.forward`;
    const weights = weightsOf(fn, this.#shape, this.#weights);
    return tensorOf(now(fn, forwardSteps(this.#shape, weights, statesOf(fn, x, ["B", "S"], this.#shape, weights))));
  }

  /**
   * A prompt, or more of one: writes the tokens into the cache and attends to all of the sequence. Keys and values of each head are
   * formed (the materialised form), a group of heads and 1024 cached tokens at a time, and merged by their log-sum-exp. The tokens of
   * this call are met as they are, earlier ones as the cache keeps them. Runs where the weights are, like `decode`. No gradient.
   *
   * @param x [T, modelDim].
   * @param cache of `newCache`. @param sequence an id; one that the cache does not know starts.
   * @returns [T, modelDim] float32.
   * @throws WarpweftError ERR_SHAPE for an x or a cache of other widths; ERR_MEMORY where the cache is full; ERR_DTYPE, ERR_DEVICE,
   * ERR_ARGUMENT, ERR_DISPOSED. The cache is then as it was.
   *
   * Time O(T·weights + T·(T/2 + cached)·heads·(nope + rope + value) + cached·latent·heads·(nope + value)); workspace 64 MB, or what one
   * head takes of the prompt, beside T·(queryRank + latent + rope).
   */
  prefill(x: Input, cache: LatentCache, sequence: number): Tensor {
    return now(`${NAME}.prefill`, this.#prefill(`${NAME}.prefill`, x, cache, sequence));
  }
  /** `prefill` off the event loop. One call at a time may write a sequence; one that is aborted takes its tokens off the cache. */
  async prefillAsync(x: Input, cache: LatentCache, sequence: number, options?: AsyncOptions): Promise<Tensor> {
    const fn = `${NAME}.prefillAsync`;
    return later(fn, this.#prefill(fn, x, cache, sequence), options);
  }

  /**
   * New tokens of some sequences: writes them into the cache, then attends to all of each sequence in the latent's own space (the
   * absorbed form), so that a cached row is read once for all heads. Several tokens a sequence see one another causally. No gradient.
   *
   * @param x [B, Sq, modelDim], one row of tokens per sequence.
   * @param sequences [B] ids, all different; those that the cache does not know start.
   * @returns [B, Sq, modelDim] float32.
   * @throws WarpweftError as `prefill`; the cache is then as it was.
   *
   * Time O(B·Sq·weights + Σ length·Sq·heads·(2 latent + rope)).
   */
  decode(x: Input, cache: LatentCache, sequences: readonly number[]): Tensor {
    return now(`${NAME}.decode`, this.#decode(`${NAME}.decode`, x, cache, sequences));
  }
  /** `decode` off the event loop. One call at a time may write a sequence; one that is aborted takes its tokens off the cache. */
  async decodeAsync(
    x: Input,
    cache: LatentCache,
    sequences: readonly number[],
    options?: AsyncOptions,
  ): Promise<Tensor> {
    const fn = `${NAME}.decodeAsync`;
    return later(fn, this.#decode(fn, x, cache, sequences), options);
  }

  /**
   * `decode` with the tokens of each sequence dealt out to several caches, as decode context parallelism (DCP) has it: token t is in
   * caches[t mod their number]. Each cache is attended to by itself, and the parts are merged by their log-sum-exp: exact, with
   * 1/caches of the rows in each. Here all of them are in one process; in a group, what goes over the wire is the query, the output
   * of `latentDecode` and its lse.
   *
   * @param x [B, 1, modelDim]: one token a sequence.
   * @returns [B, 1, modelDim] float32.
   * @throws WarpweftError as `decode`, and ERR_ARGUMENT where the lengths in the caches are not those of tokens dealt out in turn.
   */
  decodeSharded(x: Input, caches: readonly LatentCache[], sequences: readonly number[]): Tensor {
    const fn = `${NAME}.decodeSharded`;
    const weights = this.#bare(fn);
    const tokens = statesOf(fn, x, ["B", "1"], this.#shape, weights);
    const ids = sequencesOf(fn, sequences, tokens.shape[0] as number);
    if (!Array.isArray(caches) || caches.length === 0)
      check.fail("ERR_ARGUMENT", fn, "caches", "be an array of caches", caches);
    const parts = caches.map((cache, i) => this.#cache(fn, `caches[${i}]`, cache, weights));
    if (tokens.size === 0) return empty(fn, tokens);
    const news = { x: flat(tokens), each: 1, sequences: ids };
    const y = now(fn, held(news.x, shardedSteps(fn, this.#shape, this.#share(weights), news, parts)));
    return tensorOf(y.view(tokens.shape));
  }

  /**
   * The latents of tokens as a cache keeps them but without the gain: RMSNorm(x W_DKV) with a gain of 1. What `fitBasis` wants.
   *
   * @param x [T, modelDim]. @returns [T, latentDim] float32. No gradient.
   */
  latents(x: Input): Tensor {
    const fn = `${NAME}.latents`;
    const given = this.#bare(fn);
    const rows = flat(statesOf(fn, x, ["T"], this.#shape, given));
    const ones = wrap(new Float32Array(this.#shape.latent).fill(1), [this.#shape.latent]);
    const weights = { ...given, latentNorm: rows.device === "cpu" ? ones : moved(fn, ones, rows.device) };
    const { latent } = now(fn, latents(this.#shape, weights, rows, new Int32Array(1)));
    return tensorOf(latent);
  }

  /**
   * A cache for this layer. @param options pages: how many; pageSize: tokens of each, default 64; dtype: default "float32"; device:
   * default that of the weights.
   */
  newCache(options: NewCacheOptions): LatentCache {
    const { latent, rope } = this.#shape;
    return new LatentCache({ device: this.#weights.upQuery.device, ...options, latentDim: latent, ropeDim: rope });
  }

  #bare(fn: string): Weights {
    return bareWeights(weightsOf(fn, this.#shape, this.#weights));
  }

  #cache(fn: string, arg: string, value: LatentCache, weights: Weights): LatentCache {
    return cacheOf(fn, arg, value, [this.#shape.latent, this.#shape.rope], weights);
  }

  #share(weights: Weights): Share {
    return { weights, own: this.#shape.latent, columns: undefined, key: weights.upKey, value: weights.upValue };
  }

  *#prefill(fn: string, x: Input, cache: LatentCache, sequence: number): Steps<Tensor> {
    const shape = this.#shape;
    const weights = this.#bare(fn);
    const rows = flat(statesOf(fn, x, ["T"], this.#shape, weights));
    const to = this.#cache(fn, "cache", cache, weights);
    const [id] = sequencesOf(fn, [sequence], 1) as [number];
    const tokens = rows.shape[0] as number;
    if (tokens === 0) return empty(fn, rows);
    const length = lengthOf(to, id);
    const positions = positionsFrom(length, tokens);
    const body = function* (): Steps<Dense> {
      const own = yield* latents(shape, weights, rows, positions);
      const u = yield* queryInput(shape, weights, rows);
      const undo = written(to, [id], tokens, own);
      const prompt = { u, own, positions, context: contextIn(to, id, length) };
      return yield* orUndone(undo, held(u, prefillValues(shape, weights, prompt, [0, shape.heads])));
    };
    return tensorOf(yield* held(rows, body()));
  }

  *#decode(fn: string, x: Input, cache: LatentCache, sequences: readonly number[]): Steps<Tensor> {
    const weights = this.#bare(fn);
    const tokens = statesOf(fn, x, ["B", "Sq"], this.#shape, weights);
    const [b, each] = tokens.shape as [number, number];
    const ids = sequencesOf(fn, sequences, b);
    const to = this.#cache(fn, "cache", cache, weights);
    if (tokens.size === 0) return empty(fn, tokens);
    const news = { x: flat(tokens), each, sequences: ids };
    const decoded = decodeValues(this.#shape, this.#share(weights), news, to);
    const { values, undo } = yield* held(news.x, decoded);
    const y = yield* orUndone(undo, times(values, weights.output));
    return tensorOf(y.view(tokens.shape));
  }
}

/** Of no tokens. */
const empty = (fn: string, { shape, device }: Dense): Tensor => tensorOf(allocate(fn, shape, "float32", device));
