import { describe, expect, test } from "vitest";
import { fitBasis, MultiHeadLatentAttention, type TensorParallelLatentAttention } from "../../lib/attention/index.js";
import { exactly } from "../support/earned.js";
import { places, runOn } from "../support/places.js";
import { fill, normal } from "../support/rows.js";
import { LAYERS, PLAIN, stateTensor, statesFor, tensorsOf, weightsFor } from "./layer-cases.js";
import { layerOracle, type Result } from "./oracles/layer.js";
import { tplaOracle } from "./oracles/tpla.js";
import { agrees, cutOf, decoded, fitted, grid, type Kind, placesOf, summed } from "./tpla-cases.js";

describe.each(places())("on %s", (place) => {
  runOn(place);

  test.each(Object.entries(LAYERS))("one slice is the whole layer in any basis, with %s", (_, config) => {
    const w = weightsFor(config, 1);
    const x = statesFor(config, 17, 1);
    for (const kind of ["identity", "hadamard", "pca"] as const) {
      const layers = placesOf(config, w, fitted(config, w, kind, 1), grid(1, 3));
      agrees(`${kind}, decoded`, decoded(layers, x), (f) => layerOracle(config, w, x, f));
    }
  });

  test.each([
    ["identity", 2, {}],
    ["hadamard", 2, {}],
    ["pca", 2, {}],
    ["pca", 4, { sharedColumns: 4 }],
    ["hadamard", 2, { completion: true }],
    ["identity", 4, { completion: true, sharedColumns: 6 }],
    ["hadamard", 16, { sharedColumns: 16 }],
  ] as const)("%s in %d slices with %j is each slice's own softmax", (kind, slices, options) => {
    const w = weightsFor(PLAIN, 2);
    const x = statesFor(PLAIN, 15, 2);
    const basis = fitted(PLAIN, w, kind, slices, options);
    const expected = (f: (v: number) => number) => tplaOracle(PLAIN, w, x, cutOf(basis), f);
    for (const shards of slices > 4 ? [1] : [1, 2, 3])
      agrees(`${shards} shards`, decoded(placesOf(PLAIN, w, basis, grid(slices, shards)), x), expected);
  });

  test("a slice for each part of the heads is grouped latent attention", () => {
    const config = { ...PLAIN, heads: 4 };
    const w = weightsFor(config, 3);
    const x = statesFor(config, 12, 3);
    for (const slices of [2, 4]) {
      const basis = fitted(config, w, "identity", slices);
      const diagonal = Array.from({ length: slices }, (_, i) => ({ slice: i, headShard: i, headShards: slices }));
      const each = 4 / slices;
      const cut = { ...cutOf(basis), headsOf: (j: number) => Array.from({ length: each }, (_, i) => j * each + i) };
      agrees(`${slices}`, decoded(placesOf(config, w, basis, diagonal), x), (f) => tplaOracle(config, w, x, cut, f));
    }
  });

  test("a prompt is exact, and what follows reads the slices that it left", () => {
    const w = weightsFor(PLAIN, 4);
    const [x, prompt] = [statesFor(PLAIN, 13, 4), 9];
    for (const [slices, shards] of [
      [1, 1],
      [2, 1],
      [4, 2],
      [8, 3],
    ] as const) {
      const basis = fitted(PLAIN, w, "pca", slices);
      const layers = placesOf(PLAIN, w, basis, grid(slices, shards));
      const caches = layers.map((layer) => layer.newCache({ pages: 4, pageSize: 8 }));
      const y = summed(layers.map((layer, i) => layer.prefill(stateTensor(x.slice(0, prompt)), caches[i] as never, 5)));
      agrees(`${slices} × ${shards}, prompt`, y, (f) => layerOracle(PLAIN, w, x.slice(0, prompt), f));
      const rest = summed(
        layers.map((layer, i) => layer.decode(stateTensor(x.slice(prompt), 1, 4), caches[i] as never, [5])),
      );
      agrees(`${slices} × ${shards}, rest`, rest, (f) => tail(tplaOracle(PLAIN, w, x, cutOf(basis), f), 4));
    }
  });
});

/** The last tokens alone. */
function tail({ y, terms }: Result, tokens: number): Result {
  return { y: y.slice(-tokens * PLAIN.modelDim), terms: terms.slice(-tokens * PLAIN.modelDim) };
}

test("a place without a group continues a prompt only where it holds all of it", () => {
  const w = weightsFor(PLAIN, 5);
  const x = statesFor(PLAIN, 10, 5);
  const [whole] = placesOf(PLAIN, w, fitted(PLAIN, w, "hadamard", 1), grid(1, 1)) as [TensorParallelLatentAttention];
  const cache = whole.newCache({ pages: 2 });
  whole.prefill(stateTensor(x.slice(0, 6)), cache, 1);
  const y = whole.prefill(stateTensor(x.slice(6)), cache, 1);
  agrees("the rest", y, (f) => layerOracle(PLAIN, w, x, f, { from: 6 }));
});

test("completion makes latents of few directions exact, and nothing else does", () => {
  const w = weightsFor(PLAIN, 6);
  // hidden states, hence normalised latents, in few directions: c = x W_DKV with x from 3 of them, on one sphere
  const next = normal(6);
  const directions = fill(3, PLAIN.modelDim, next);
  const rows = (count: number) =>
    fill(count, 3, next).map(
      (mix) =>
        directions[0]?.map((_, k) =>
          Math.fround(mix.reduce((s, m, i) => s + m * (directions[i]?.[k] as number), 0)),
        ) as number[],
    );
  const layer = new MultiHeadLatentAttention(PLAIN, tensorsOf(w));
  const latents = layer.latents(stateTensor(rows(300)));
  const x = rows(14);
  const exact = layerOracle(PLAIN, w, x, exactly).y;
  const size = Math.hypot(...exact);
  const off = (options: object, slices: number) => {
    const basis = fitBasis({ kind: "hadamard", slices, latents, ...options });
    const y = decoded(placesOf(PLAIN, w, basis, grid(slices, 1)), x).data() as Float32Array;
    return Math.hypot(...exact.map((v, i) => v - (y[i] as number))) / size;
  };
  for (const slices of [2, 4]) {
    expect(off({}, slices)).toBeGreaterThan(0.05);
    // what is left is the ridge and float32: it falls with the ridge
    const [loose, tight] = [off({ completion: true }, slices), off({ completion: true, ridge: 1e-8 }, slices)];
    expect(loose).toBeLessThan(off({}, slices) / 20);
    expect(tight).toBeLessThan(loose / 10);
    expect(tight).toBeLessThan(2 ** -16); // seven bits above float32
  }
  expect(off({ completion: true, ridge: 1e-8 }, 8)).toBeGreaterThan(0.01); // three directions, two columns
});

test("with completion the error of a full-rank layer falls too, and PCA's stays as it is", () => {
  const w = weightsFor(PLAIN, 7);
  const x = statesFor(PLAIN, 20, 7);
  const exact = layerOracle(PLAIN, w, x, exactly).y;
  const off = (kind: Kind, options: object = {}) => {
    const y = decoded(placesOf(PLAIN, w, fitted(PLAIN, w, kind, 2, options), grid(2, 1)), x).data() as Float32Array;
    return Math.hypot(...exact.map((v, i) => v - (y[i] as number)));
  };
  expect(off("pca", { completion: true })).toBeCloseTo(off("pca"), 2);
  expect(off("pca", { sharedColumns: 8 })).toBeLessThan(off("pca"));
  expect(off("hadamard")).toBeGreaterThan(0.1);
});
