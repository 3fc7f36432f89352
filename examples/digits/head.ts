import { type Device, type Tensor, tensor } from "warpweft";
import { PIXELS } from "./data.js";
import type { Random } from "./random.js";

const HIDDEN = 128;
export const WIDTH = 64;

export interface Head {
  readonly parameters: Parameters;
  /** [N, 784] → [N, 64] */
  embed(images: Tensor): Tensor;
}

/** Two layers, 784 → 128 relu → 64, with weights of variance 2/inputs and 1/inputs and biases of zero. */
export function createHead(random: Random, device: Device = "cpu"): Head {
  const parameter = (rows: number, columns: number, deviation: number) =>
    tensor(
      Float32Array.from({ length: rows * columns }, () => random.normal() * deviation),
      [rows, columns],
      { requiresGrad: true, device },
    );
  return headOf([
    parameter(PIXELS, HIDDEN, Math.sqrt(2 / PIXELS)),
    parameter(1, HIDDEN, 0),
    parameter(HIDDEN, WIDTH, Math.sqrt(1 / HIDDEN)),
    parameter(1, WIDTH, 0),
  ]);
}

/** Weights and bias of one layer, then of the other. */
export type Parameters = readonly [Tensor, Tensor, Tensor, Tensor];

export function headOf(parameters: Parameters): Head {
  const [weights1, bias1, weights2, bias2] = parameters;
  return {
    parameters,
    embed: (images) => images.matmul(weights1).add(bias1).relu().matmul(weights2).add(bias2),
  };
}
