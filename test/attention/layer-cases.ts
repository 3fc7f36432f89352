/** Layers of all kinds with random weights, as numbers for the oracles and as tensors. */
import type { LatentConfig, LatentWeights } from "../../lib/attention/layer/types.js";
import type { Tensor } from "../../lib/types.js";
import { tensorHere } from "../support/places.js";
import { fill, normal } from "../support/rows.js";
import type { Matrix, PlainWeights } from "./oracles/layer.js";

const SMALL = { modelDim: 24, heads: 3, queryRank: 0, latentDim: 16, nopeDim: 6, ropeDim: 4, valueDim: 5 };
export const LAYERS: Readonly<Record<string, LatentConfig>> = {
  "direct queries": SMALL,
  "low-rank queries": { ...SMALL, queryRank: 10, normEps: 1e-3 },
  "positions by halves": { ...SMALL, ropeInterleaved: false, ropeBase: 500 },
  yarn: { ...SMALL, ropeDim: 16, yarn: { factor: 40, originalLength: 16, betaFast: 4, mscale: 0.7 } },
};
export const [PLAIN] = Object.values(LAYERS) as [LatentConfig];

/** Normal with variance 1/inputs; gains round 1. */
export function weightsFor(config: LatentConfig, seed: number): PlainWeights {
  const { modelDim, heads, queryRank, latentDim, nopeDim, ropeDim, valueDim } = config;
  const next = normal(seed);
  const matrix = (rows: number, columns: number) => fill(rows, columns, () => Math.fround(next() / Math.sqrt(rows)));
  const gain = (n: number) => Array.from({ length: n }, () => Math.fround(1 + 0.3 * next()));
  const low = queryRank > 0;
  return {
    ...(low ? { downQuery: matrix(modelDim, queryRank), queryNorm: gain(queryRank) } : {}),
    upQuery: matrix(low ? queryRank : modelDim, heads * (nopeDim + ropeDim)),
    downLatent: matrix(modelDim, latentDim + ropeDim),
    latentNorm: gain(latentDim),
    upKey: matrix(latentDim, heads * nopeDim),
    upValue: matrix(latentDim, heads * valueDim),
    output: matrix(heads * valueDim, modelDim),
  };
}

export function tensorsOf(weights: PlainWeights, requiresGrad = false): LatentWeights {
  const made = Object.entries(weights).map(([name, values]) => [
    name,
    tensorHere(values as number[], undefined, { requiresGrad }),
  ]);
  return Object.fromEntries(made) as LatentWeights;
}

/** Hidden states larger than 1, so that softmax has something to choose. */
export function statesFor({ modelDim }: LatentConfig, tokens: number, seed: number): number[][] {
  const next = normal(seed + 1000);
  return fill(tokens, modelDim, () => Math.fround(2 * next()));
}

/** [T, D], or with leading dimensions in front. */
export const stateTensor = (x: Matrix, ...lead: number[]): Tensor =>
  tensorHere(Float32Array.from(x.flat()), [...(lead.length > 0 ? lead : [x.length]), x[0]?.length ?? 0]);
