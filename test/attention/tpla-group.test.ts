import { describe, expect, test } from "vitest";
import type { LatentCache, Place, SliceBasis, TensorParallelLatentAttention } from "../../lib/attention/index.js";
import { tensor } from "../../lib/index.js";
import type { ProcessGroup, Tensor } from "../../lib/types.js";
import { localGroup } from "../support/group.js";
import { here, onePerDevice, runOn } from "../support/places.js";
import { stateTensor, statesFor, weightsFor } from "./layer-cases.js";
import { layerOracle, type Result } from "./oracles/layer.js";
import { tplaOracle } from "./oracles/tpla.js";
import { agrees, cutOf, fitted, grid, placesOf } from "./tpla-cases.js";

const CONFIG = { modelDim: 24, heads: 5, queryRank: 6, latentDim: 16, nopeDim: 6, ropeDim: 4, valueDim: 5 };
const w = weightsFor(CONFIG, 8);
const x = statesFor(CONFIG, 14, 8);
const part = (start: number, end: number) => stateTensor(x.slice(start, end));
const step = (start: number, end: number) => stateTensor(x.slice(start, end), 1, end - start);
const tail = ({ y, terms }: Result, tokens: number): Result => ({
  y: y.slice(-24 * tokens),
  terms: terms.slice(-24 * tokens),
});

function grouped(basis: SliceBasis, places: readonly Place[], change?: (ranks: ProcessGroup[]) => void) {
  const { ranks, wires } = localGroup(places.length);
  change?.(ranks);
  const layers = placesOf(
    CONFIG,
    w,
    basis,
    places.map((place, i) => ({ ...place, group: ranks[i] as ProcessGroup })),
  );
  return { layers, wires, caches: layers.map((layer) => layer.newCache({ pages: 4, pageSize: 8 })) };
}

async function every(
  { layers, caches }: { layers: TensorParallelLatentAttention[]; caches: LatentCache[] },
  run: (layer: TensorParallelLatentAttention, cache: LatentCache) => Promise<Tensor>,
): Promise<Tensor> {
  const [first, ...rest] = await Promise.all(layers.map((layer, i) => run(layer, caches[i] as LatentCache)));
  for (const other of rest) expect([...other.data()]).toEqual([...(first as Tensor).data()]); // the same on every rank
  return first as Tensor;
}

describe.each(onePerDevice())("on %s", (place) => {
  runOn(place);

  describe.each([
    [1, 1],
    [2, 1],
    [4, 1],
    [2, 2],
    [2, 3],
  ] as const)("a group of %d slices × %d head shards", (slices, shards) => {
    const inBasis = () => {
      const basis = fitted(CONFIG, w, "pca", slices, { sharedColumns: 2 });
      const group = grouped(basis, grid(slices, shards));
      const oracle = (f: (v: number) => number, count: number) =>
        tplaOracle(CONFIG, w, x.slice(0, count), cutOf(basis), f);
      return { group, oracle };
    };

    test("decodes what its slices give, finished on every rank", async () => {
      const { group, oracle } = inBasis();
      const y = await every(group, (layer, cache) => layer.decodeAsync(step(0, 9), cache, [3]));
      expect([y.shape, y.device]).toEqual([[1, 9, 24], here()]);
      agrees("first", y, (f) => oracle(f, 9));
      const next = await every(group, (layer, cache) => layer.decodeAsync(step(9, 10), cache, [3]));
      agrees("next", next, (f) => tail(oracle(f, 10), 1));
      // per-head values before the output projection, padded to as many heads for each rank, then the outputs
      const each = Math.ceil(5 / (slices * shards)) * slices * shards;
      expect(group.wires.slice(0, 2)).toEqual([
        { name: "reduceScatter", size: each * 9 * 5 },
        { name: "allReduce", size: 9 * 24 },
      ]);
    });

    test("has exact prompts, in pieces too, and decodes from the slices that they left", async () => {
      const { group, oracle } = inBasis();
      const first = await every(group, (layer, cache) => layer.prefillAsync(part(0, 6), cache, 2));
      agrees("first", first, (f) => layerOracle(CONFIG, w, x.slice(0, 6), f));
      const second = await every(group, (layer, cache) => layer.prefillAsync(part(6, 11), cache, 2));
      agrees("second", second, (f) => layerOracle(CONFIG, w, x.slice(0, 11), f, { from: 6 }));
      const rest = await every(group, (layer, cache) => layer.decodeAsync(step(11, 14), cache, [2]));
      agrees("rest", rest, (f) => tail(oracle(f, 14), 3));
      expect(group.caches.map((cache) => cache.length(2))).toEqual(group.layers.map(() => 14));
    });
  });

  test("a group of slice i with shard i alone is grouped latent attention", async () => {
    const basis = fitted(CONFIG, w, "identity", 2);
    const group = grouped(
      basis,
      [0, 1].map((i) => ({ slice: i, headShard: i, headShards: 2 })),
    );
    const prompt = await every(group, (layer, cache) => layer.prefillAsync(part(0, 4), cache, 1));
    agrees("a prompt is exact all the same", prompt, (f) => layerOracle(CONFIG, w, x.slice(0, 4), f));
    const headsOf = (j: number) => (j === 0 ? [0, 1] : [2, 3, 4]);
    const rest = await every(group, (layer, cache) => layer.decodeAsync(step(4, 9), cache, [1]));
    agrees("what follows", rest, (f) => tail(tplaOracle(CONFIG, w, x.slice(0, 9), { ...cutOf(basis), headsOf }, f), 5));
  });
});

describe("what goes wrong in a group", () => {
  const basis = fitted(CONFIG, w, "hadamard", 2);

  test("a place of a group has no synchronous form", () => {
    const { layers, caches } = grouped(basis, grid(2, 1));
    const [layer, cache] = [layers[0] as TensorParallelLatentAttention, caches[0] as LatentCache];
    const words = (fn: string) =>
      `TensorParallelLatentAttention.${fn}: a place of a group must wait for the others, so TensorParallelLatentAttention.${fn}Async is the only form there is`;
    expect(() => layer.decode(step(0, 1), cache, [1])).toThrow(words("decode"));
    expect(() => layer.prefill(part(0, 1), cache, 1)).toThrow(words("prefill"));
    expect(cache.has(1)).toBe(false);
  });

  test.each(["reduceScatter", "allReduce"] as const)(
    "a peer that dies in %s leaves the cache as it was",
    async (name) => {
      const broken = grouped(basis, [{ slice: 0 }], ([rank]) => {
        (rank as { [K in typeof name]: unknown })[name] = async () => {
          throw new Error("a peer died");
        };
      });
      const [layer, cache] = [broken.layers[0] as TensorParallelLatentAttention, broken.caches[0] as LatentCache];
      await expect(layer.decodeAsync(step(0, 2), cache, [1])).rejects.toThrow("a peer died");
      expect(cache.has(1)).toBe(false);
      if (name === "reduceScatter") return;
      await expect(layer.prefillAsync(part(0, 2), cache, 1)).rejects.toThrow("a peer died");
      expect(cache.has(1)).toBe(false);
    },
  );

  test("a group without one of the slices cannot put a sequence together", async () => {
    const { layers, caches } = grouped(basis, [{ slice: 0 }]);
    const [layer, cache] = [layers[0] as TensorParallelLatentAttention, caches[0] as LatentCache];
    await layer.prefillAsync(part(0, 2), cache, 1);
    await expect(layer.prefillAsync(part(2, 4), cache, 1)).rejects.toThrow(
      'TensorParallelLatentAttention.prefillAsync: place.group must have a place with slice 1, got "0"',
    );
    expect(cache.length(1)).toBe(2);
  });

  test("tensors of a group may come stacked instead of joined", async () => {
    const stacked = grouped(basis, grid(2, 1), (ranks) => {
      for (const rank of ranks as { -readonly [K in keyof ProcessGroup]: ProcessGroup[K] }[]) {
        const joined = rank.allGather;
        rank.allGather = async (t) => tensor((await joined(t)).data(), [2, ...t.shape]);
      }
    });
    await every(stacked, (layer, cache) => layer.prefillAsync(part(0, 5), cache, 1));
    const y = await every(stacked, (layer, cache) => layer.prefillAsync(part(5, 8), cache, 1));
    agrees("second", y, (f) => layerOracle(CONFIG, w, x.slice(0, 8), f, { from: 5 }));
  });
});
