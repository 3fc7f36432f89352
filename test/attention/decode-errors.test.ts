import { describe, test } from "vitest";
import { LatentCache, latentDecode, mergePartials } from "../../lib/attention/index.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { any, zeros } from "./refused.js";

const [q, k] = [zeros(2, 3, 4, 5), zeros(2, 6, 2, 5)];
const cache = new LatentCache({ pages: 3, pageSize: 2, latentDim: 4, ropeDim: 2 });
cache.append(1, zeros(3, 4), zeros(3, 2));
const disposed = new LatentCache({ pages: 1, pageSize: 1, latentDim: 1, ropeDim: 1 });
disposed.dispose();
const query = { latent: zeros(1, 2, 3, 4), rope: zeros(1, 2, 3, 2) };
const decode =
  (more: object = {}, sequences: readonly number[] = [1], asked: object = {}, of: unknown = cache) =>
  () =>
    latentDecode({ ...query, ...asked }, any(of), sequences, { scale: 1, ...more });

const DECODE: readonly Refusal[] = [
  [
    "no scale",
    () => latentDecode(query, cache, [1], any({})),
    "ERR_ARGUMENT",
    "latentDecode: scale must be a finite number, got undefined",
  ],
  [
    "no query",
    () => latentDecode(any(null), cache, [1], { scale: 1 }),
    "ERR_ARGUMENT",
    "latentDecode: query must be { latent, rope }, got null",
  ],
  ["no cache", decode({}, [1], {}, {}), "ERR_ARGUMENT", "latentDecode: cache must be a LatentCache, got an object"],
  ["a disposed cache", decode({}, [1], {}, disposed), "ERR_DISPOSED", "latentDecode: cache was disposed"],
  [
    "a matrix",
    decode({}, [1], { latent: zeros(3, 4) }),
    "ERR_SHAPE",
    "latentDecode: query.latent must have shape [B, Sq, H, latentDim], got [3, 4]",
  ],
  [
    "other columns",
    decode({}, [1], { latent: zeros(1, 2, 3, 5) }),
    "ERR_SHAPE",
    "latentDecode: query.latent must have 4 columns like the cache, got 5",
  ],
  [
    "other rope columns",
    decode({}, [1], { rope: zeros(1, 2, 3, 4) }),
    "ERR_SHAPE",
    "latentDecode: query.rope must have 2 columns like the cache, got 4",
  ],
  [
    "other heads",
    decode({}, [1], { rope: zeros(1, 2, 1, 2) }),
    "ERR_SHAPE",
    "latentDecode: query.rope must have 3 heads like query.latent, got 1",
  ],
  [
    "too many sequences",
    decode({}, [1, 1]),
    "ERR_SHAPE",
    "latentDecode: sequences must have 1 entries, one per sequence of query.latent, got 2",
  ],
  [
    "an unknown sequence",
    decode({}, [7]),
    "ERR_ARGUMENT",
    "latentDecode: sequences[0] must be the id of a sequence in the cache, got 7",
  ],
  [
    "a typed array of sequences",
    decode({}, any(Int32Array.of(1))),
    "ERR_ARGUMENT",
    "latentDecode: sequences must be an array of ids, got a Int32Array",
  ],
  [
    "a split of 0",
    decode({ splitSize: 0 }),
    "ERR_ARGUMENT",
    `latentDecode: splitSize must be an integer from 1 to ${2 ** 31 - 1}, got 0`,
  ],
  [
    "an unknown option",
    decode({ window: 3 }),
    "ERR_ARGUMENT",
    'latentDecode: there is no option "window"; known are scale, causal, batchInvariant, splitSize, threads, out',
  ],
  [
    "a place for results that is none",
    decode({ out: 5 }),
    "ERR_ARGUMENT",
    "latentDecode: out must be { output, lse }, got 5",
  ],
  [
    "half a place for results",
    decode({ out: { output: zeros(1, 2, 3, 4) } }),
    "ERR_ARGUMENT",
    "latentDecode: out.lse must be a tensor or have data (a typed array) and shape, got undefined",
  ],
  [
    "results of another shape",
    decode({ out: { output: zeros(1, 2, 3, 4), lse: zeros(1, 2, 4) } }),
    "ERR_SHAPE",
    "latentDecode: out.lse must have shape [1, 2, 3], got [1, 2, 4]",
  ],
  [
    "results upon the query",
    decode({ out: { output: query.latent, lse: zeros(1, 2, 3) } }),
    "ERR_ARGUMENT",
    "latentDecode: out.output must not share memory with an input",
  ],
];

const MERGE: readonly Refusal[] = [
  ["no parts", () => mergePartials([], []), "ERR_SHAPE", "mergePartials: outputs must have at least one entry, got 0"],
  [
    "no list",
    () => mergePartials(any(q), []),
    "ERR_ARGUMENT",
    "mergePartials: outputs must be an array of tensors, got an object",
  ],
  [
    "fewer lses",
    () => mergePartials([q, q], [zeros(2, 3, 4)]),
    "ERR_SHAPE",
    "mergePartials: lses must have 2 entries like outputs, got 1",
  ],
  [
    "other shapes",
    () => mergePartials([q, k], [zeros(2, 3, 4), zeros(2, 3, 4)]),
    "ERR_SHAPE",
    "mergePartials: outputs[1] must have shape [2, 3, 4, 5], got [2, 6, 2, 5]",
  ],
  [
    "other rows",
    () => mergePartials([q], [zeros(2, 3)]),
    "ERR_SHAPE",
    "mergePartials: lses[0] must have shape [2, 3, 4], got [2, 3]",
  ],
];

describe.each([
  ["latentDecode", DECODE],
  ["mergePartials", MERGE],
] as const)("%s refuses", (_, refusals) => {
  test.each(refusals)("%s", async (...refusal) => {
    await expectRefused(refusal);
  });
});
