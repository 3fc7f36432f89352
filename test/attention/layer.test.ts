import { describe, expect, test } from "vitest";
import { MultiHeadLatentAttention } from "../../lib/attention/index.js";
import { noGrad, setThreads, tensor, threads } from "../../lib/index.js";
import { gradCheck } from "../../lib/testing.js";
import type { Tensor } from "../../lib/types.js";
import { exactly, expectEarned, singly } from "../support/earned.js";
import { here, places, runOn, tensorHere, threadsOn } from "../support/places.js";
import { stored } from "../support/rows.js";
import { LAYERS, PLAIN, stateTensor, statesFor, tensorsOf, weightsFor } from "./layer-cases.js";
import { latentsOf, layerOracle, type Matrix, type PlainWeights } from "./oracles/layer.js";
import { bytes } from "./pieces-cases.js";
import type { LatentConfig } from "../../lib/attention/layer/types.js";

type Options = Parameters<typeof layerOracle>[4];

function agrees(what: string, y: Tensor, config: LatentConfig, w: PlainWeights, x: Matrix, options?: Options): void {
  const exact = layerOracle(config, w, x, exactly, options);
  expectEarned(what, y.data(), exact.y, layerOracle(config, w, x, singly, options).y, exact.terms);
}

const made = (config: LatentConfig, seed: number) => {
  const w = weightsFor(config, seed);
  return { w, layer: new MultiHeadLatentAttention(config, tensorsOf(w)) };
};
/** Rows [start, end) of the states. */
const part = (x: Matrix, start: number, end: number) =>
  tensorHere(Float32Array.from(x.slice(start, end).flat()), [end - start, x[0]?.length ?? 0]);

describe.each(places())("on %s", (place) => {
  runOn(place);

  describe.each(Object.entries(LAYERS))("a layer with %s", (_, config) => {
    test("forward is the formula, sequence by sequence", () => {
      const { w, layer } = made(config, 1);
      const [a, b] = [statesFor(config, 21, 1), statesFor(config, 21, 2)];
      const y = layer.forward(stateTensor([...a, ...b], 2, 21));
      expect([y.shape, y.dtype]).toEqual([[2, 21, config.modelDim], "float32"]);
      expect(y.device).toBe(here());
      const rows = y.reshape([42, config.modelDim]).data() as Float32Array;
      for (const [i, x] of [a, b].entries()) {
        const exact = layerOracle(config, w, x, exactly);
        const mine = rows.subarray(i * exact.y.length, (i + 1) * exact.y.length);
        expectEarned(`sequence ${i}`, mine, exact.y, layerOracle(config, w, x, singly).y, exact.terms);
      }
    });

    test("a prompt gives the formula, at once or in pieces", () => {
      const { w, layer } = made(config, 1);
      const x = statesFor(config, 23, 3);
      const cache = layer.newCache({ pages: 16, pageSize: 4 });
      expect(cache.device).toBe(here());
      agrees("at once", layer.prefill(stateTensor(x), cache, 7), config, w, x);
      expect(cache.length(7)).toBe(23);
      for (const [start, end] of [
        [0, 1],
        [1, 9],
        [9, 9],
        [9, 23],
      ] as const)
        agrees(`[${start}, ${end})`, layer.prefill(part(x, start, end), cache, 8), config, w, x.slice(0, end), {
          from: start,
        });
    });

    test("decoded tokens are the formula, from nothing and after a prompt, one and several at a time", () => {
      const { w, layer } = made(config, 1);
      const [x, other] = [statesFor(config, 12, 4), statesFor(config, 6, 5)];
      const cache = layer.newCache({ pages: 16, pageSize: 4 });
      layer.prefill(part(x, 0, 8), cache, 1);
      const both = layer.decode(stateTensor([...x.slice(8, 11), ...other.slice(0, 3)], 2, 3), cache, [1, 2]);
      expect(both.shape).toEqual([2, 3, config.modelDim]);
      const rows = both.reshape([6, config.modelDim]);
      const one = tensor((rows.data() as Float32Array).slice(0, 3 * config.modelDim));
      const two = tensor((rows.data() as Float32Array).slice(3 * config.modelDim));
      agrees("after a prompt", one, config, w, x.slice(0, 11), { from: 8 });
      agrees("from nothing", two, config, w, other.slice(0, 3));
      agrees("the next", layer.decode(stateTensor(x.slice(11), 1, 1), cache, [1]), config, w, x, { from: 11 });
      expect([cache.length(1), cache.length(2)]).toEqual([12, 3]);
    });

    test("tokens dealt out to caches decode to the formula: sharding by tokens is exact", () => {
      const { w, layer } = made(config, 1);
      const [x, other] = [statesFor(config, 9, 6), statesFor(config, 9, 7)];
      for (const count of [1, 2, 3, 5]) {
        const caches = Array.from({ length: count }, () => layer.newCache({ pages: 8, pageSize: 4 }));
        const found: [number[], number[]] = [[], []];
        for (let t = 0; t < 9; t++) {
          const y = layer.decodeSharded(stateTensor([x[t] as number[], other[t] as number[]], 2, 1), caches, [4, 5]);
          expect(y.shape).toEqual([2, 1, config.modelDim]);
          for (const [b, rows] of found.entries())
            rows.push(...(y.data() as Float32Array).subarray(b * config.modelDim, (b + 1) * config.modelDim));
        }
        agrees(`${count} caches`, tensor(found[0]), config, w, x);
        agrees(`${count} caches`, tensor(found[1]), config, w, other);
        expect(caches.map((cache) => cache.length(4))).toEqual(caches.map((_, i) => Math.ceil((9 - i) / count)));
      }
    });
  });

  test.each(["bfloat16", "float16"] as const)(
    "a cache of %s: what is decoded sees rows as they were rounded",
    (dtype) => {
      const { w, layer } = made(PLAIN, 2);
      const x = statesFor(PLAIN, 14, 8);
      const kept = (value: number) => stored(value, dtype);
      const cache = layer.newCache({ pages: 4, pageSize: 8, dtype });
      agrees("the prompt itself is met as it is", layer.prefill(part(x, 0, 10), cache, 1), PLAIN, w, x.slice(0, 10));
      const y = layer.decode(stateTensor(x.slice(10), 1, 4), cache, [1]);
      // A value half a place off may be rounded either way, so the earned tolerance is that of a place of the storage.
      const { y: exact, terms } = layerOracle(PLAIN, w, x, exactly, { from: 10, kept });
      const unrounded = layerOracle(PLAIN, w, x, exactly, { from: 10 }).y;
      expectEarned(
        "decoded",
        y.data(),
        exact,
        exact.map((v, i) => v + ((unrounded[i] as number) - v) / 8),
        terms,
      );
    },
  );

  test("heads that are formed in two groups, from low-rank queries", () => {
    const wide = { modelDim: 6, heads: 27, queryRank: 5, latentDim: 8, nopeDim: 128, ropeDim: 64, valueDim: 128 };
    const { w, layer } = made(wide, 3);
    const x = statesFor(wide, 5, 9).map((row) => row.map((v) => Math.fround(v / 4)));
    const cache = layer.newCache({ pages: 2, pageSize: 4 });
    agrees("a prompt", layer.prefill(part(x, 0, 3), cache, 1), wide, w, x.slice(0, 3));
    agrees("and more of it", layer.prefill(part(x, 3, 5), cache, 1), wide, w, x, { from: 3 });
  });

  test("states and weights in any layout, or in 16 bits", () => {
    const w = weightsFor(PLAIN, 8);
    const tensors = tensorsOf(w);
    const turned = Object.fromEntries(
      Object.entries(tensors).map(([name, of]) => [name, of.shape.length === 2 ? of.transpose().to(here()) : of]),
    );
    const layer = new MultiHeadLatentAttention(PLAIN, {
      ...tensors,
      upKey: turned.upKey?.transpose() as Tensor,
      upValue: turned.upValue?.transpose() as Tensor,
    });
    const x = statesFor(PLAIN, 7, 14).map((row) => row.map((v) => stored(v, "bfloat16")));
    const across = stateTensor(x).transpose().to(here()).transpose();
    const cache = layer.newCache({ pages: 4, pageSize: 4 });
    agrees("a prompt", layer.prefill(across, cache, 1), PLAIN, w, x);
    agrees("decoded", layer.decode(stateTensor(x, 1, 7).to("bfloat16"), cache, [2]), PLAIN, w, x);
  });

  test("the same bits on any number of threads, at once and later", async () => {
    const { layer } = made(PLAIN, 4);
    const x = statesFor(PLAIN, 40, 10);
    const before = threads();
    const all = (count: number) => {
      setThreads(count);
      const cache = layer.newCache({ pages: 8, pageSize: 16 });
      const states = stateTensor(x, 2, 20);
      return [layer.forward(states), layer.prefill(stateTensor(x), cache, 1), layer.decode(states, cache, [1, 2])].map(
        bytes,
      );
    };
    const one = all(1);
    for (const count of threadsOn(place)) expect(all(count)).toEqual(one);
    setThreads(before);
    const cache = layer.newCache({ pages: 8, pageSize: 16 });
    expect(bytes(await layer.prefillAsync(stateTensor(x), cache, 1))).toBe(one[1]);
    expect(bytes(await layer.decodeAsync(stateTensor(x, 2, 20), cache, [1, 2]))).toBe(one[2]);
  });
});

test("a context of more tokens than are formed at once", () => {
  const { w, layer } = made(PLAIN, 3);
  const x = statesFor(PLAIN, 1040, 9);
  const cache = layer.newCache({ pages: 30 });
  const before = latentsOf(PLAIN, w, x.slice(0, 1030), exactly);
  const rows = (values: Matrix) => tensor(Float32Array.from(values.flat()), [1030, values[0]?.length ?? 0]);
  cache.append(1, rows(before.map(({ z }) => z)), rows(before.map(({ rope }) => rope)));
  agrees("ten more", layer.prefill(part(x, 1030, 1040), cache, 1), PLAIN, w, x, { from: 1030 });
});

test("more heads than are formed at once", () => {
  const config = { modelDim: 6, heads: 16, queryRank: 0, latentDim: 8, nopeDim: 128, ropeDim: 64, valueDim: 128 };
  const { w, layer } = made(config, 3);
  const x = statesFor(config, 416, 9).map((row) => row.map((v) => Math.fround(v / 4)));
  const y = layer.prefill(part(x, 0, 416), layer.newCache({ pages: 30 }), 1);
  const last = tensor((y.data() as Float32Array).slice(-4 * config.modelDim));
  agrees("the last four", last, config, w, x, { from: 412 });
}, 180_000);

describe("gradients", () => {
  test.each(Object.entries(LAYERS))("of x and of every weight pass the check, for a layer with %s", (_, config) => {
    const w = weightsFor(config, 5);
    const names = Object.keys(w) as (keyof PlainWeights)[];
    const inputs = names.map((name) => tensor(w[name] as number[]));
    const x = tensor(
      Float32Array.from(
        statesFor(config, 10, 11)
          .flat()
          .map((v) => v / 2),
      ),
      [2, 5, config.modelDim],
    );
    const run = (states: Tensor, ...weights: Tensor[]) => {
      const given = Object.fromEntries(names.map((name, i) => [name, weights[i] as Tensor]));
      return new MultiHeadLatentAttention(config, given as never).forward(states);
    };
    expect(gradCheck(run, [x, ...inputs], { step: 2 ** -7 })).toBeLessThan(1e-2);
  });

  test("an optimizer's step is seen by the next call, and nothing but forward is recorded", () => {
    const weights = tensorsOf(weightsFor(PLAIN, 6), true);
    const layer = new MultiHeadLatentAttention(PLAIN, weights);
    const x = stateTensor(statesFor(PLAIN, 4, 12), 1, 4);
    const first = layer.forward(x);
    expect(first.requiresGrad).toBe(true);
    expect(noGrad(() => layer.forward(x)).requiresGrad).toBe(false);
    first.sum().backward();
    for (const weight of Object.values(weights)) expect(weight.grad?.shape).toEqual(weight.shape);
    (weights.output.data() as Float32Array).fill(0);
    expect([...layer.forward(x).data()].every((v) => v === 0)).toBe(true);
    const cache = layer.newCache({ pages: 1 });
    expect(layer.prefill(x.reshape([4, 24]), cache, 1).requiresGrad).toBe(false);
    expect(layer.decode(x, cache, [1]).requiresGrad).toBe(false);
    expect(layer.latents(x.reshape([4, 24])).requiresGrad).toBe(false);
  });
});

test("latents are what the cache keeps, but for the gain", () => {
  const { w, layer } = made(PLAIN, 7);
  const x = stateTensor(statesFor(PLAIN, 6, 13));
  const cache = layer.newCache({ pages: 1 });
  layer.prefill(x, cache, 1);
  const [kept, plain] = [cache.read(1).latent.data(), layer.latents(x).data()];
  expect(plain).toHaveLength(6 * 16);
  for (const [i, value] of plain.entries()) expect(kept[i]).toBeCloseTo(value * (w.latentNorm[i % 16] as number), 6);
});
