import { describe, expect, test } from "vitest";
import { LatentCache, MultiHeadLatentAttention } from "../../lib/attention/index.js";
import { sizeOf } from "../../lib/dense.js";
import { tensor } from "../../lib/index.js";
import { onePerDevice, places, runOn } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { PLAIN, stateTensor, statesFor, tensorsOf, weightsFor } from "./layer-cases.js";

const weights = tensorsOf(weightsFor(PLAIN, 1));
const layer = new MultiHeadLatentAttention(PLAIN, weights);
const x = (tokens: number, ...lead: number[]) => stateTensor(statesFor(PLAIN, tokens, 1), ...lead);
const NAME = "MultiHeadLatentAttention";

const of =
  (config: object, given: object = {}) =>
  () =>
    new MultiHeadLatentAttention({ ...PLAIN, ...config } as never, { ...weights, ...given } as never);
const yarn = (options: object) => of({ yarn: { factor: 2, originalLength: 8, ...options } });

const CONSTRUCTION: readonly Refusal[] = [
  [
    "no config",
    () => new MultiHeadLatentAttention(undefined as never, weights),
    "ERR_ARGUMENT",
    `${NAME}: config must be an object, got undefined`,
  ],
  [
    "an unknown width",
    of({ width: 3 }),
    "ERR_ARGUMENT",
    `${NAME}: there is no option "width"; known are modelDim, heads, queryRank, latentDim, nopeDim, ropeDim, valueDim, ropeBase, ropeInterleaved, yarn, normEps`,
  ],
  ["no heads", of({ heads: 0 }), "ERR_ARGUMENT", `${NAME}: config.heads must be an integer of at least 1, got 0`],
  ["an odd rope", of({ ropeDim: 3 }), "ERR_ARGUMENT", `${NAME}: config.ropeDim must be even, got 3`],
  [
    "a base of 1",
    of({ ropeBase: 1 }),
    "ERR_ARGUMENT",
    `${NAME}: config.ropeBase must be a finite number above 1, got 1`,
  ],
  [
    "a negative eps",
    of({ normEps: -1 }),
    "ERR_ARGUMENT",
    `${NAME}: config.normEps must be a finite number of at least 0, got -1`,
  ],
  [
    "pairs of another kind",
    of({ ropeInterleaved: "half" }),
    "ERR_ARGUMENT",
    `${NAME}: config.ropeInterleaved must be true or false, got "half"`,
  ],
  [
    "yarn without a factor",
    yarn({ factor: undefined }),
    "ERR_ARGUMENT",
    `${NAME}: config.yarn.factor must be a finite number of at least 1, got undefined`,
  ],
  [
    "yarn with betas the wrong way round",
    yarn({ betaSlow: 4, betaFast: 3 }),
    "ERR_ARGUMENT",
    `${NAME}: config.yarn.betaFast must be a finite number of at least 4, got 3`,
  ],
  [
    "an unknown weight",
    of({}, { bias: 1 }),
    "ERR_ARGUMENT",
    `${NAME}: weights: there is no option "bias"; known are downQuery, queryNorm, upQuery, downLatent, latentNorm, upKey, upValue, output`,
  ],
  [
    "a weight too many",
    of({}, { downQuery: tensor([[1]]) }),
    "ERR_ARGUMENT",
    `${NAME}: weights.downQuery must be left out where queryRank is 0, got an object`,
  ],
  [
    "a weight too few",
    of({}, { upKey: undefined }),
    "ERR_ARGUMENT",
    `${NAME}: weights.upKey must be a tensor or have data (a typed array) and shape, got undefined`,
  ],
  [
    "a weight of another shape",
    of({}, { latentNorm: tensor([1, 2]) }),
    "ERR_SHAPE",
    `${NAME}: weights.latentNorm must have shape [16], got [2]`,
  ],
  [
    "weights of integers",
    of({}, { latentNorm: tensor(new Int32Array(16)) }),
    "ERR_DTYPE",
    `${NAME}: weights.latentNorm must be float32, float16 or bfloat16, got "int32"`,
  ],
  [
    "low-rank queries without their weights",
    of({ queryRank: 4 }),
    "ERR_ARGUMENT",
    `${NAME}: weights.downQuery must be a tensor or have data (a typed array) and shape, got undefined`,
  ],
];
test.each(CONSTRUCTION)("a layer is refused %s", (...refusal) => expectRefused(refusal));

const cache = () => layer.newCache({ pages: 2, pageSize: 4 });
const other = new LatentCache({ pages: 1, latentDim: 8, ropeDim: 4 });
const CALLS: readonly Refusal[] = [
  [
    "forward of a matrix",
    () => layer.forward(x(2)),
    "ERR_SHAPE",
    `${NAME}.forward: x must have shape [B, S, 24], got [2, 24]`,
  ],
  [
    "forward of another width",
    () => layer.forward(tensor(new Float32Array(6), [1, 2, 3])),
    "ERR_SHAPE",
    `${NAME}.forward: x must have shape [B, S, 24], got [1, 2, 3]`,
  ],
  [
    "a prompt with three dimensions",
    () => layer.prefill(x(2, 1, 2), cache(), 1),
    "ERR_SHAPE",
    `${NAME}.prefill: x must have shape [T, 24], got [1, 2, 24]`,
  ],
  [
    "a cache of other widths",
    () => layer.prefill(x(2), other, 1),
    "ERR_SHAPE",
    `${NAME}.prefill: cache must have 16 + 4 columns, as newCache gives it, got 8 + 4`,
  ],
  [
    "no cache",
    () => layer.prefill(x(2), {} as never, 1),
    "ERR_ARGUMENT",
    `${NAME}.prefill: cache must be a LatentCache, got an object`,
  ],
  [
    "a sequence that is no integer",
    () => layer.prefill(x(2), cache(), 0.5),
    "ERR_ARGUMENT",
    `${NAME}.prefill: sequences[0] must be an integer, got 0.5`,
  ],
  [
    "a step of a matrix",
    () => layer.decode(x(2), cache(), [1, 2]),
    "ERR_SHAPE",
    `${NAME}.decode: x must have shape [B, Sq, 24], got [2, 24]`,
  ],
  [
    "too few sequences",
    () => layer.decode(x(2, 2, 1), cache(), [1]),
    "ERR_SHAPE",
    `${NAME}.decode: sequences must have 2 entries, one per sequence of x, got 1`,
  ],
  [
    "a sequence twice",
    () => layer.decode(x(2, 2, 1), cache(), [1, 1]),
    "ERR_ARGUMENT",
    `${NAME}.decode: sequences[1] must differ from those before it, got 1`,
  ],
  [
    "sequences of another kind",
    () => layer.decode(x(1, 1, 1), cache(), 1 as never),
    "ERR_ARGUMENT",
    `${NAME}.decode: sequences must be an array of ids, got 1`,
  ],
  [
    "sharded steps of several tokens",
    () => layer.decodeSharded(x(2, 1, 2), [cache()], [1]),
    "ERR_SHAPE",
    `${NAME}.decodeSharded: x must have shape [B, 1, 24], got [1, 2, 24]`,
  ],
  [
    "no caches",
    () => layer.decodeSharded(x(1, 1, 1), [], [1]),
    "ERR_ARGUMENT",
    `${NAME}.decodeSharded: caches must be an array of caches, got an array of length 0`,
  ],
  [
    "an aborted step",
    () => layer.decodeAsync(x(1, 1, 1), cache(), [1], { signal: AbortSignal.abort() }),
    "ERR_ABORTED",
    `${NAME}.decodeAsync: aborted by its signal`,
  ],
  [
    "an asynchronous prompt of another shape",
    () => layer.prefillAsync(x(2, 1, 2), cache(), 1),
    "ERR_SHAPE",
    `${NAME}.prefillAsync: x must have shape [T, 24], got [1, 2, 24]`,
  ],
];
test.each(CALLS)("is refused: %s", (...refusal) => expectRefused(refusal));

test("a full cache is an error and leaves all sequences as they were", () => {
  const held = cache();
  layer.prefill(x(3), held, 1);
  expect(() => layer.prefill(x(9), held, 2)).toThrow(/ERR_MEMORY|free pages/);
  expect([held.length(1), held.has(2)]).toEqual([3, false]);
  // the first of the two sequences would fit, the second does not
  expect(() => layer.decode(x(8, 2, 4), held, [1, 2])).toThrow(/free pages/);
  expect([held.length(1), held.has(2)]).toEqual([3, false]);
  layer.decode(x(1, 1, 1), held, [1]);
  expect(held.length(1)).toBe(4);
});

test("tokens that were not dealt out in turn are found", () => {
  const [a, b] = [cache(), cache()];
  layer.prefill(x(2), a, 1);
  expect(() => layer.decodeSharded(x(1, 1, 1), [a, b], [1])).toThrow(
    `${NAME}.decodeSharded: sequences[0] must have 1, 1 tokens in the caches, as 2 dealt out in turn, got "2, 0"`,
  );
  expect([a.length(1), b.has(1)]).toEqual([2, false]);
});

test("a prompt that is aborted on the way takes its tokens off the cache", async () => {
  const wide = { modelDim: 256, heads: 8, queryRank: 0, latentDim: 256, nopeDim: 128, ropeDim: 64, valueDim: 128 };
  const large = new MultiHeadLatentAttention(wide, tensorsOf(weightsFor(wide, 2)));
  const held = large.newCache({ pages: 64 });
  const states = stateTensor(statesFor(wide, 1500, 3));
  large.prefill(stateTensor(statesFor(wide, 10, 4)), held, 1);
  const stop = new AbortController();
  const running = large.prefillAsync(states, held, 1, { signal: stop.signal });
  while (held.length(1) === 10) await new Promise((resolve) => setTimeout(resolve, 1));
  stop.abort();
  await expect(running).rejects.toMatchObject({ code: "ERR_ABORTED" });
  expect(held.length(1)).toBe(10);
});

test("nothing in, nothing out", () => {
  const held = cache();
  expect(layer.forward(tensor(new Float32Array(0), [2, 0, 24])).shape).toEqual([2, 0, 24]);
  expect(layer.prefill(tensor(new Float32Array(0), [0, 24]), held, 1).shape).toEqual([0, 24]);
  expect(layer.decode(tensor(new Float32Array(0), [0, 3, 24]), held, []).shape).toEqual([0, 3, 24]);
  expect(held.has(1)).toBe(false);
});

describe.skipIf(!places().includes("cuda"))("a tensor on a GPU", () => {
  runOn(onePerDevice().at(-1) as string);
  const there = (shape: readonly number[]) => tensor(new Float32Array(sizeOf(shape)), shape, { device: "cuda" });
  const words = (fn: string, arg: string) => `${fn}: ${arg} must be on cpu like weights.upQuery, got cuda:0`;
  const elsewhere = () => layer.newCache({ pages: 1, device: "cuda" });
  test.each<Refusal>([
    [
      "a weight apart from the others",
      () => of({}, { latentNorm: there([16]) })(),
      "ERR_DEVICE",
      `${NAME}: weights.latentNorm must be on cpu like weights.upQuery, got cuda:0`,
    ],
    [
      "states apart from the weights",
      () => layer.forward(there([1, 2, 24])),
      "ERR_DEVICE",
      `${NAME}.forward: x must be on cpu like weights.upQuery, got cuda:0`,
    ],
    ["prefill", () => layer.prefill(there([2, 24]), cache(), 1), "ERR_DEVICE", words(`${NAME}.prefill`, "x")],
    ["decode", () => layer.decode(there([1, 2, 24]), cache(), [1]), "ERR_DEVICE", words(`${NAME}.decode`, "x")],
    [
      "a cache apart from the weights",
      () => layer.decode(tensor(new Float32Array(48), [1, 2, 24]), elsewhere(), [1]),
      "ERR_DEVICE",
      words(`${NAME}.decode`, "cache"),
    ],
    [
      "a part of the caches",
      () => layer.decodeSharded(tensor(new Float32Array(24), [1, 1, 24]), [cache(), elsewhere()], [1]),
      "ERR_DEVICE",
      words(`${NAME}.decodeSharded`, "caches[1]"),
    ],
  ])("is refused: %s", (...refusal) => expectRefused(refusal));
});
