import { describe, expect, test } from "vitest";
import { fitBasis, type SliceBasis, TensorParallelLatentAttention } from "../../lib/attention/index.js";
import { tensor } from "../../lib/index.js";
import { sgd } from "../../lib/optim.js";
import { onePerDevice, places, runOn } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { PLAIN, stateTensor, statesFor, tensorsOf, weightsFor } from "./layer-cases.js";

const NAME = "TensorParallelLatentAttention";
const weights = tensorsOf(weightsFor(PLAIN, 1));
const basis = fitBasis({ kind: "hadamard", slices: 2, latentDim: 16 });
const of =
  (change: Partial<Record<keyof SliceBasis, unknown>>, place: object = { slice: 0 }) =>
  () =>
    new TensorParallelLatentAttention(PLAIN, weights, { ...basis, ...change } as never, place as never);
const at = (place: object) => of({}, place);
const stretched = tensor(Array.from({ length: 16 }, (_, i) => Array.from({ length: 16 }, (_, k) => (i === k ? 2 : 0))));

const REFUSALS: readonly Refusal[] = [
  [
    "no basis",
    () => new TensorParallelLatentAttention(PLAIN, weights, undefined as never, { slice: 0 }),
    "ERR_ARGUMENT",
    `${NAME}: basis must be what fitBasis gives, got undefined`,
  ],
  [
    "a basis of another width",
    of({ matrix: tensor([[1]]) }),
    "ERR_SHAPE",
    `${NAME}: basis.matrix must have shape [16, 16], got [1, 1]`,
  ],
  [
    "a basis that stretches",
    of({ matrix: stretched }),
    "ERR_ARGUMENT",
    `${NAME}: basis.matrix must be orthogonal, got one whose UᵀU is off the identity by 3.00`,
  ],
  [
    "slices that do not fit",
    of({ slices: 3 }),
    "ERR_ARGUMENT",
    `${NAME}: basis.slices must divide the latent width 16, got 3`,
  ],
  [
    "too many shared columns",
    of({ sharedColumns: 17 }),
    "ERR_ARGUMENT",
    `${NAME}: basis.sharedColumns must be an integer from 0 to 16, got 17`,
  ],
  [
    "completion for fewer slices",
    of({ completion: [stretched] }),
    "ERR_ARGUMENT",
    `${NAME}: basis.completion must be 2 tensors, one per slice, got an array of length 1`,
  ],
  [
    "completion of another shape",
    of({ completion: [stretched, stretched] }),
    "ERR_SHAPE",
    `${NAME}: basis.completion[0] must have shape [16, 8], got [16, 16]`,
  ],
  [
    "no place",
    () => new TensorParallelLatentAttention(PLAIN, weights, basis, undefined as never),
    "ERR_ARGUMENT",
    `${NAME}: place must be an object, got undefined`,
  ],
  ["a slice outside", at({ slice: 2 }), "ERR_ARGUMENT", `${NAME}: place.slice must be an integer from 0 to 1, got 2`],
  ["no slice", at({}), "ERR_ARGUMENT", `${NAME}: place.slice must be an integer from 0 to 1, got undefined`],
  [
    "more shards than heads",
    at({ slice: 0, headShards: 4 }),
    "ERR_ARGUMENT",
    `${NAME}: place.headShards must be an integer from 1 to 3, got 4`,
  ],
  [
    "a shard outside",
    at({ slice: 0, headShard: 2, headShards: 2 }),
    "ERR_ARGUMENT",
    `${NAME}: place.headShard must be an integer from 0 to 1, got 2`,
  ],
  [
    "an unknown field",
    at({ slice: 0, rank: 1 }),
    "ERR_ARGUMENT",
    `${NAME}: place: there is no option "rank"; known are slice, headShard, headShards, group`,
  ],
  [
    "a group that is none",
    at({ slice: 0, group: { rank: 0, size: 1 } }),
    "ERR_ARGUMENT",
    `${NAME}: place.group must be a process group, got an object`,
  ],
  [
    "a weight of another shape",
    () => new TensorParallelLatentAttention(PLAIN, { ...weights, upKey: tensor([[1]]) }, basis, { slice: 0 }),
    "ERR_SHAPE",
    `${NAME}: weights.upKey must have shape [16, 18], got [1, 1]`,
  ],
];
test.each(REFUSALS)("refuses %s", (...refusal) => expectRefused(refusal));

const layer = new TensorParallelLatentAttention(PLAIN, weights, basis, { slice: 1 });
const x = (tokens: number, ...lead: number[]) => stateTensor(statesFor(PLAIN, tokens, 1), ...lead);
const cache = () => layer.newCache({ pages: 2, pageSize: 4 });

const CALLS: readonly Refusal[] = [
  [
    "a prompt with three dimensions",
    () => layer.prefill(x(2, 1, 2), cache(), 1),
    "ERR_SHAPE",
    `${NAME}.prefill: x must have shape [T, 24], got [1, 2, 24]`,
  ],
  [
    "a step of a matrix",
    () => layer.decode(x(2), cache(), [1, 2]),
    "ERR_SHAPE",
    `${NAME}.decode: x must have shape [B, Sq, 24], got [2, 24]`,
  ],
  [
    "the cache of a whole layer",
    () => layer.decode(x(1, 1, 1), wide(), [1]),
    "ERR_SHAPE",
    `${NAME}.decode: cache must have 8 + 4 columns, as newCache gives it, got 16 + 4`,
  ],
  [
    "a sequence twice",
    () => layer.decode(x(2, 2, 1), cache(), [1, 1]),
    "ERR_ARGUMENT",
    `${NAME}.decode: sequences[1] must differ from those before it, got 1`,
  ],
  [
    "an aborted prompt",
    () => layer.prefillAsync(x(2), cache(), 1, { signal: AbortSignal.abort() }),
    "ERR_ABORTED",
    `${NAME}.prefillAsync: aborted by its signal`,
  ],
];
const wide = () =>
  new TensorParallelLatentAttention(PLAIN, weights, fitBasis({ kind: "identity", slices: 1, latentDim: 16 }), {
    slice: 0,
  }).newCache({ pages: 1 });
test.each(CALLS)("is refused: %s", (...refusal) => expectRefused(refusal));

test("more of a prompt where only a slice of it is held", () => {
  const held = cache();
  layer.prefill(x(3), held, 1);
  expect(() => layer.prefill(x(2), held, 1)).toThrow(
    `${NAME}.prefill: sequence must start a sequence, as a place without a group holds but a slice of one (decode takes any number of tokens), got "one of 3 tokens"`,
  );
  expect(held.length(1)).toBe(3);
});

test("a full cache is an error and leaves all sequences as they were", () => {
  const held = cache();
  layer.prefill(x(3), held, 1);
  expect(() => layer.decode(x(8, 2, 4), held, [1, 2])).toThrow(/free pages/);
  expect([held.length(1), held.has(2)]).toEqual([3, false]);
});

test("nothing in, nothing out", () => {
  const held = cache();
  expect(layer.prefill(tensor(new Float32Array(0), [0, 24]), held, 1).shape).toEqual([0, 24]);
  expect(layer.decode(tensor(new Float32Array(0), [0, 3, 24]), held, []).shape).toEqual([0, 3, 24]);
});

test("weights that an optimizer changed are noticed", async () => {
  const mine = tensorsOf(weightsFor(PLAIN, 2), true);
  const place = new TensorParallelLatentAttention(PLAIN, mine, basis, { slice: 0 });
  const held = place.newCache({ pages: 1 });
  expect(place.decode(x(3, 1, 3), held, [1]).requiresGrad).toBe(false);
  mine.output.sum().backward();
  sgd([mine.output], { learningRate: 0.1 }).step();
  const words = (fn: string) =>
    `${NAME}.${fn}: weights.output was changed by an optimizer since the place was made of it; make a new one`;
  expect(() => place.decode(x(1, 1, 1), held, [1])).toThrow(words("decode"));
  await expect(place.prefillAsync(x(2), held, 2)).rejects.toThrow(words("prefillAsync"));
  expect([held.length(1), held.has(2)]).toEqual([3, false]);
});

describe.skipIf(!places().includes("cuda"))("a tensor on a GPU", () => {
  runOn(onePerDevice().at(-1) as string);
  const there = (...shape: number[]) =>
    tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape, { device: "cuda" });
  const words = (fn: string, arg: string) => `${NAME}.${fn}: ${arg} must be on cpu like weights.upQuery, got cuda:0`;
  const host = tensor(new Float32Array(24), [1, 1, 24]);
  const elsewhere = () => layer.newCache({ pages: 1, device: "cuda" });
  test.each<Refusal>([
    ["states of a prompt", () => layer.prefill(there(2, 24), cache(), 1), "ERR_DEVICE", words("prefill", "x")],
    ["states of tokens", () => layer.decode(there(1, 2, 24), cache(), [1]), "ERR_DEVICE", words("decode", "x")],
    ["a cache", () => layer.decode(host, elsewhere(), [1]), "ERR_DEVICE", words("decode", "cache")],
  ])("is refused: %s", (...refusal) => expectRefused(refusal));
});
