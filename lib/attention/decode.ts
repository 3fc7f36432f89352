/** Absorbed queries against a cache: one key for all heads, and the values inside it. */
import { type Steps, twins } from "../async.js";
import * as check from "../check.js";
import { allocate, type Dense, memory } from "../dense.js";
import { type Floats, native } from "../native.js";
import { tensorOf } from "../tensor.js";
import type { Async, Input } from "../types.js";
import { axis, shaped } from "./arguments.js";
import { insideOf, type LatentCache, onCache } from "./cache.js";
import { stored } from "./ops.js";
import type { Attended, LatentDecodeOptions, LatentQuery } from "./types.js";

const OPTIONS = ["scale", "causal", "batchInvariant", "splitSize", "threads", "out"];
const MOST_SPLIT = 2 ** 31 - 1;

export function* latentDecodeSteps(
  query: LatentQuery,
  cache: LatentCache,
  sequences: readonly number[],
  options: LatentDecodeOptions,
): Steps<Attended> {
  const fn = "latentDecode";
  const given = check.options(fn, options, OPTIONS);
  const { head, pages: held } = insideOf(fn, "cache", cache);
  if (typeof query !== "object" || query === null)
    check.fail("ERR_ARGUMENT", fn, "query", "be { latent, rope }", query);
  const part = (arg: string, value: Input, shape: string) => onCache(fn, arg, shaped(fn, arg, value, shape, 4), cache);
  const latent = part("query.latent", query.latent, "[B, Sq, H, latentDim]");
  const rope = part("query.rope", query.rope, "[B, Sq, H, ropeDim]");
  const [batches, queries, heads] = latent.shape as [number, number, number];
  axis(fn, "query.latent", latent, 3, cache.latentDim, "columns like the cache");
  axis(fn, "query.rope", rope, 3, cache.ropeDim, "columns like the cache");
  axis(fn, "query.rope", rope, 0, batches, "sequences like query.latent");
  axis(fn, "query.rope", rope, 1, queries, "tokens like query.latent");
  axis(fn, "query.rope", rope, 2, heads, "heads like query.latent");
  if (!Array.isArray(sequences)) check.fail("ERR_ARGUMENT", fn, "sequences", "be an array of ids", sequences);
  if (sequences.length !== batches)
    check.fail(
      "ERR_SHAPE",
      fn,
      "sequences",
      `have ${batches} entries, one per sequence of query.latent`,
      sequences.length,
    );
  const { pages, width, lengths } = held.table(fn, sequences);
  const scale = check.number(fn, "scale", given.scale);
  const causal = check.boolean(fn, "causal", given.causal ?? false);
  const invariant = check.boolean(fn, "batchInvariant", given.batchInvariant ?? false);
  const range = { min: 1, max: MOST_SPLIT, integer: true };
  const split = given.splitSize === undefined ? 0 : check.number(fn, "splitSize", given.splitSize, range);
  const shape = [batches, queries, heads];
  const room = roomOf(fn, given.out, [...shape, cache.latentDim], [latent, rope]);
  const made = (lengths: readonly number[]) => allocate(fn, lengths, "float32", cache.device);
  const [output, lse] = [room?.output ?? made([...shape, cache.latentDim]), room?.lse ?? made(shape)];
  const results = [memory(output) as Floats, memory(lse) as Floats] as const;
  const asked = [...stored(latent), ...stored(rope), ...(shape as [number, number, number])] as const;
  const table = [width, held.shift, pages, lengths] as const;
  yield (threads, job) =>
    native().attention.decode(threads, job, ...head, ...asked, ...table, scale, causal, invariant, split, ...results);
  for (const result of [output, lse]) result.storage.version++;
  return given.out ?? { output: tensorOf(output), lse: tensorOf(lse) };
}

/** The caller's tensors for the results, if there are any. */
function roomOf(fn: string, out: Attended | undefined, shape: readonly number[], inputs: readonly Dense[]) {
  if (out === undefined) return undefined;
  if (typeof out !== "object" || out === null) check.fail("ERR_ARGUMENT", fn, "out", "be { output, lse }", out);
  for (const part of ["output", "lse"] as const) check.input(fn, `out.${part}`, out[part]);
  const use = { recorded: false, inputs };
  const output = check.out(fn, out.output, shape, ["float32"], use, "out.output");
  const lse = check.out(
    fn,
    out.lse,
    shape.slice(0, -1),
    ["float32"],
    { ...use, inputs: [...inputs, output as Dense] },
    "out.lse",
  );
  return { output, lse };
}

const [latentDecodeNow, latentDecodeLater] = twins("latentDecode", latentDecodeSteps);

/**
 * Absorbed decoding of latent attention: every head's latent query meets the same cached rows, whose latent columns are the values
 * too. Cached rows are read once for all heads. No gradient.
 *
 * @param query latent [B, Sq, H, latentDim], the queries through W_UK, and rope [B, Sq, H, ropeDim]; float32, float16 or bfloat16;
 * where the cache is.
 * @param cache a LatentCache.
 * @param sequences [B] ids; a row of the cache may be read by several.
 * @param options scale: that of the layer. causal: query i of Sq sees rows up to length − Sq + i; default false. batchInvariant: rows
 * are summed up in splits of 1024, so that the bits of a sequence do not depend on the others. splitSize: in splits of so many.
 * out: { output, lse } that are written to and returned, so that a step allocates nothing.
 * threads: default `threads()`; results do not depend on it.
 * @returns output [B, Sq, H, latentDim] float32, for W_UV to read; lse [B, Sq, H], natural logarithm. A sequence of length 0 gives
 * output 0 and lse −∞.
 * @throws WarpweftError ERR_ARGUMENT for an unknown sequence or option, or a number out of range; ERR_SHAPE, also for rows that are too
 * wide for a GPU (from about 600 columns on the smaller chips); ERR_DTYPE; ERR_DEVICE for a query that is elsewhere than the cache;
 * ERR_DISPOSED; ERR_MEMORY. The async form reads the cache until it settles: rows it reads must stay until then.
 *
 * Time Σ length · Sq · H · (2 latentDim + ropeDim) multiply-adds. Memory beyond the result: about 1 MB a thread, and for sequences that
 * are split the sums of each part, at most 32 parts in all (on a GPU some 264) unless batchInvariant or splitSize says otherwise.
 */
export function latentDecode(
  query: LatentQuery,
  cache: LatentCache,
  sequences: readonly number[],
  options: LatentDecodeOptions,
): Attended {
  return latentDecodeNow(query, cache, sequences, options);
}
/** `latentDecode` off the event loop. */
export const latentDecodeAsync: Async<typeof latentDecode> = latentDecodeLater;
