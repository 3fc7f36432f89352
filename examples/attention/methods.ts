import { noGrad, type Tensor, tensor } from "warpweft";
import {
  fitBasis,
  type LatentCache,
  type MultiHeadLatentAttention,
  type SliceBasis,
  TensorParallelLatentAttention,
} from "warpweft/attention";
import { type Attend, CONFIG, layersOf, lossOf, type Model } from "./model.js";
import type { Batch } from "./text.js";

type BasisKind = "identity" | "hadamard" | "pca";
type CacheType = "float32" | "bfloat16" | "fp8";

/** A way to attend to a sequence that a cache holds. */
export interface Method {
  readonly name: string;
  /** of the plot's legend */
  readonly family: string;
  /** places that one token's row is cut, or dealt out, into */
  readonly places: number;
  /** of a token, in one layer of one place; the mean where places differ */
  readonly bytes: number;
  /** for one block: reads every token from the cache */
  attend(layer: MultiHeadLatentAttention, block: number): Attend;
}

const WIDTH = CONFIG.latentDim + CONFIG.ropeDim;
const ids = (x: Tensor) => Array.from({ length: x.shape[0]! }, (_, b) => b);
const pagesFor = (x: Tensor) => x.shape[0]! * Math.ceil(x.shape[1]! / 64);

/** Decoding from a cache that nothing is in yet. */
function fresh(
  x: Tensor,
  newCache: (o: { pages: number }) => LatentCache,
  run: (cache: LatentCache) => Tensor,
): Tensor {
  using cache = newCache({ pages: pagesFor(x) });
  return run(cache);
}

function mla(dtype: CacheType): Method {
  const bytes = { float32: 4 * WIDTH, bfloat16: 2 * WIDTH, fp8: CONFIG.latentDim + 4 + 2 * CONFIG.ropeDim };
  return {
    name: dtype === "float32" ? "MLA" : `MLA, ${dtype} cache`,
    family: "MLA",
    places: 1,
    bytes: bytes[dtype],
    attend: (layer) => (x) =>
      fresh(
        x,
        (o) => layer.newCache({ ...o, dtype }),
        (cache) => layer.decode(x, cache, ids(x)),
      ),
  };
}

interface Slicing {
  readonly name: string;
  readonly family: string;
  readonly slices: number;
  /** of each block */
  readonly bases: readonly SliceBasis[];
  readonly model: Model;
  /** slice j serves only the j-th part of the heads */
  readonly grouped?: boolean;
}

/** One place a slice, run one after the other; what they give is added up. */
function sliced({ name, family, slices, bases, model, grouped = false }: Slicing): Method {
  const places = (block: number) =>
    Array.from({ length: slices }, (_, slice) => {
      const heads = grouped ? { headShard: slice, headShards: slices } : {};
      const weights = model.blocks[block]!.attention;
      return new TensorParallelLatentAttention(CONFIG, weights, bases[block]!, { slice, ...heads });
    });
  const columns = places(0).map((place) => {
    using cache = place.newCache({ pages: 1 });
    return cache.latentDim + cache.ropeDim;
  });
  return {
    name,
    family,
    places: slices,
    bytes: (4 * columns.reduce((sum, n) => sum + n, 0)) / slices,
    attend: (_, block) => {
      const all = places(block);
      const one = (place: TensorParallelLatentAttention, x: Tensor) =>
        fresh(
          x,
          (o) => place.newCache(o),
          (cache) => place.decode(x, cache, ids(x)),
        );
      return (x) => all.map((place) => one(place, x)).reduce((sum, part) => sum.add(part));
    },
  };
}

/** Tokens dealt out to caches in turn, one step at a time. */
function dealt(count: number): Method {
  return {
    name: "DCP",
    family: "DCP",
    places: count,
    bytes: (4 * WIDTH) / count,
    attend: (layer) => (x) => {
      const [b, length, width] = x.shape as [number, number, number];
      const caches = Array.from({ length: count }, () => layer.newCache({ pages: pagesFor(x) }));
      const [from, out] = [x.data() as Float32Array, new Float32Array(x.size)];
      for (let t = 0; t < length; t++) {
        const step = new Float32Array(b * width);
        for (let i = 0; i < b; i++)
          step.set(from.subarray((i * length + t) * width, (i * length + t + 1) * width), i * width);
        const y = layer.decodeSharded(tensor(step, [b, 1, width]), caches, ids(x)).data() as Float32Array;
        for (let i = 0; i < b; i++) out.set(y.subarray(i * width, (i + 1) * width), (i * length + t) * width);
      }
      for (const cache of caches) cache.dispose();
      return tensor(out, x.shape);
    },
  };
}

/** Of each block, the latents of some text: what bases are fitted to. */
export function latentsOf(model: Model, batches: readonly Batch[]): Tensor[] {
  const layers = layersOf(model);
  const found = layers.map(() => [] as Float32Array[]);
  for (const batch of batches) {
    const attends = layers.map((layer, i) => (x: Tensor) => {
      found[i]!.push(layer.latents(x.reshape([batch.count * batch.length, CONFIG.modelDim])).data() as Float32Array);
      return layer.forward(x);
    });
    noGrad(() => lossOf(model, attends, batch));
  }
  return found.map((parts) => {
    const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return tensor(all, [all.length / CONFIG.latentDim, CONFIG.latentDim]);
  });
}

const NAMES: Readonly<Record<BasisKind, string>> = { identity: "no transform", hadamard: "Hadamard", pca: "PCA" };
const SHARED = CONFIG.latentDim / 4;

/** The first is the one that the others are compared with. */
export function methodsFor(model: Model, latents: readonly Tensor[]): Method[] {
  const bases = (kind: BasisKind, slices: number, options: object = {}) =>
    latents.map((rows) => fitBasis({ kind, slices, latents: rows, ...options }));
  const tpla = (kind: BasisKind, slices: number, completion: boolean) => {
    const name = `TPLA, ${NAMES[kind]}${completion ? " + completion" : ""}`;
    return sliced({ name, family: name, slices, bases: bases(kind, slices, { completion }), model });
  };
  const of = (slices: number) => [
    ...(["identity", "hadamard", "pca"] as const).flatMap((kind) =>
      [false, true].map((completion) => tpla(kind, slices, completion)),
    ),
    sliced({
      name: `TPLA, PCA + ${SHARED} shared columns`,
      family: `TPLA, PCA + ${SHARED} shared columns`,
      slices,
      bases: bases("pca", slices, { sharedColumns: SHARED }),
      model,
    }),
    sliced({ name: "GLA", family: "GLA", slices, bases: bases("identity", slices), model, grouped: true }),
    dealt(slices),
  ];
  const whole = sliced({ name: "TPLA, Hadamard", family: "MLA", slices: 1, bases: bases("hadamard", 1), model });
  return [mla("float32"), mla("bfloat16"), mla("fp8"), whole, ...of(2), ...of(4)];
}
