import { type Tensor, tensor } from "warpweft";
import { PIXELS } from "./data.js";
import type { Random } from "./random.js";

const HIDDEN = 128;
const WIDTH = 64;

export interface Head {
  readonly parameters: readonly Tensor[];
  /** [N, 784] → [N, 64] */
  embed(images: Tensor): Tensor;
}

/** Two layers, 784 → 128 relu → 64, with weights of variance 2/inputs and 1/inputs and biases of zero. */
export function createHead(random: Random): Head {
  const parameter = (rows: number, columns: number, deviation: number) =>
    tensor(
      Float32Array.from({ length: rows * columns }, () => random.normal() * deviation),
      [rows, columns],
      { requiresGrad: true },
    );
  const weights1 = parameter(PIXELS, HIDDEN, Math.sqrt(2 / PIXELS));
  const bias1 = parameter(1, HIDDEN, 0);
  const weights2 = parameter(HIDDEN, WIDTH, Math.sqrt(1 / HIDDEN));
  const bias2 = parameter(1, WIDTH, 0);
  return {
    parameters: [weights1, bias1, weights2, bias2],
    embed: (images) => images.matmul(weights1).add(bias1).relu().matmul(weights2).add(bias2),
  };
}
