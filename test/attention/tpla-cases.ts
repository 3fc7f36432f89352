/** Layers cut into slices, and what is decoded from them. */
import {
  fitBasis,
  type LatentConfig,
  MultiHeadLatentAttention,
  type Place,
  type SliceBasis,
  TensorParallelLatentAttention,
} from "../../lib/attention/index.js";
import type { Tensor } from "../../lib/types.js";
import { exactly, expectEarned, type Round, singly } from "../support/earned.js";
import { stateTensor, statesFor, tensorsOf } from "./layer-cases.js";
import type { Matrix, PlainWeights, Result } from "./oracles/layer.js";
import type { Cut } from "./oracles/tpla.js";

export type Kind = "identity" | "hadamard" | "pca";

/** Every slice with every shard. */
export const grid = (slices: number, headShards: number): Place[] =>
  Array.from({ length: slices * headShards }, (_, i) => ({
    slice: i % slices,
    headShard: Math.floor(i / slices),
    headShards,
  }));

export const summed = (parts: readonly Tensor[]): Tensor => parts.reduce((all, part) => all.add(part));
export const toMatrix = (x: Tensor): number[][] => x.toArray() as number[][];

/** To latents of other states than those that are decoded. */
export function fitted(config: LatentConfig, w: PlainWeights, kind: Kind, slices: number, options: object = {}) {
  const states = stateTensor(statesFor(config, 200, 77));
  const latents = new MultiHeadLatentAttention(config, tensorsOf(w)).latents(states);
  return fitBasis({ kind, slices, latents, ...options });
}

export const placesOf = (config: LatentConfig, w: PlainWeights, basis: SliceBasis, places: readonly Place[]) =>
  places.map((place) => new TensorParallelLatentAttention(config, tensorsOf(w), basis, place));

/** All tokens decoded at once, from nothing: the sum over places. */
export function decoded(layers: readonly TensorParallelLatentAttention[], x: Matrix): Tensor {
  const states = stateTensor(x, 1, x.length);
  return summed(layers.map((layer) => layer.decode(states, layer.newCache({ pages: 8, pageSize: 8 }), [1])));
}

export function agrees(what: string, y: Tensor, of: (f: Round) => Result): void {
  const exact = of(exactly);
  expectEarned(what, y.data(), exact.y, of(singly).y, exact.terms);
}

export const cutOf = (basis: SliceBasis): Cut => ({
  basis: toMatrix(basis.matrix),
  slices: basis.slices,
  shared: basis.sharedColumns ?? 0,
  completion: basis.completion?.map(toMatrix),
});
