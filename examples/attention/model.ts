import { type Tensor, tensor } from "warpweft";
import {
  embedding,
  type LatentConfig,
  type LatentWeights,
  MultiHeadLatentAttention,
  rmsNorm,
} from "warpweft/attention";
import { loss } from "warpweft/loss";
import type { Random } from "../digits/random.js";
import type { Batch } from "./text.js";

const SYMBOLS = 256;
const HIDDEN = 512;
const LAYERS = 2;
export const CONFIG: LatentConfig = {
  modelDim: 128,
  heads: 4,
  queryRank: 0,
  latentDim: 64,
  nopeDim: 24,
  ropeDim: 8,
  valueDim: 24,
};

export interface Block {
  readonly attentionNorm: Tensor;
  readonly attention: LatentWeights;
  readonly norm: Tensor;
  readonly up: Tensor;
  readonly down: Tensor;
}
/** Bytes in, scores of the next byte out: two blocks of latent attention and a relu MLP, each normalised before it. */
export interface Model {
  readonly table: Tensor;
  readonly blocks: readonly Block[];
  readonly norm: Tensor;
  readonly head: Tensor;
}

/** What stands where a block attends: [B, S, D] → the same. */
export type Attend = (x: Tensor) => Tensor;

/** Matrices have variance 1/inputs, those before a residual sum less. */
export function createModel(random: Random): Model {
  const parameter = (shape: readonly [number, number], deviation: number) =>
    tensor(
      Float32Array.from({ length: shape[0] * shape[1] }, () => random.normal() * deviation),
      shape,
      { requiresGrad: true },
    );
  const matrix = (rows: number, columns: number, scale = 1) => parameter([rows, columns], scale / Math.sqrt(rows));
  const gain = (n: number) => tensor(new Float32Array(n).fill(1), [n], { requiresGrad: true });
  const { modelDim, heads, latentDim, nopeDim, ropeDim, valueDim } = CONFIG;
  const last = 1 / Math.sqrt(2 * LAYERS);
  const block = (): Block => ({
    attentionNorm: gain(modelDim),
    attention: {
      upQuery: matrix(modelDim, heads * (nopeDim + ropeDim)),
      downLatent: matrix(modelDim, latentDim + ropeDim),
      latentNorm: gain(latentDim),
      upKey: matrix(latentDim, heads * nopeDim),
      upValue: matrix(latentDim, heads * valueDim),
      output: matrix(heads * valueDim, modelDim, last),
    },
    norm: gain(modelDim),
    up: matrix(modelDim, HIDDEN),
    down: matrix(HIDDEN, modelDim, last),
  });
  return {
    table: parameter([SYMBOLS, modelDim], 0.5),
    blocks: Array.from({ length: LAYERS }, block),
    norm: gain(modelDim),
    head: parameter([SYMBOLS, modelDim], 0.02),
  };
}

export function parametersOf({ table, blocks, norm, head }: Model): Tensor[] {
  const ofBlock = ({ attentionNorm, attention, norm: second, up, down }: Block) => [
    attentionNorm,
    ...Object.values(attention),
    second,
    up,
    down,
  ];
  return [table, ...blocks.flatMap(ofBlock), norm, head];
}

/** The same model with other parameters, in the order of `parametersOf`. */
export function withParameters(model: Model, parameters: readonly Tensor[]): Model {
  const rest = [...parameters];
  const next = () => rest.shift()!;
  const table = next();
  const blocks = model.blocks.map(({ attention }) => {
    const attentionNorm = next();
    const weights = Object.fromEntries(Object.keys(attention).map((name) => [name, next()]));
    return { attentionNorm, attention: weights as unknown as LatentWeights, norm: next(), up: next(), down: next() };
  });
  return { table, blocks, norm: next(), head: next() };
}

export const layersOf = ({ blocks }: Model) =>
  blocks.map(({ attention }) => new MultiHeadLatentAttention(CONFIG, attention));

/** Mean negative log-likelihood of the next byte, in nats. `attends` has one for each block. */
export function lossOf(model: Model, attends: readonly Attend[], { count, length, bytes, next }: Batch): Tensor {
  const { modelDim } = CONFIG;
  let x = embedding(model.table, bytes);
  for (const [i, { attentionNorm, norm, up, down }] of model.blocks.entries()) {
    const attended = attends[i]!(rmsNorm(x, attentionNorm).reshape([count, length, modelDim]));
    x = x.add(attended.reshape([count * length, modelDim]));
    x = x.add(rmsNorm(x, norm).matmul(up).relu().matmul(down));
  }
  return loss.crossEntropy(rmsNorm(x, model.norm), next, model.head);
}
