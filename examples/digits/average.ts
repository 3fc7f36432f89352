import { type Tensor, tensor } from "warpweft";

/** The mean of weights over the last steps: it lies in the middle of where they wander, as a falling learning rate would end. */
export interface Average {
  add(): void;
  /** On the CPU, in the order of the parameters. */
  mean(): Tensor[];
}

export function averageOf(parameters: readonly Tensor[]): Average {
  const sums = parameters.map(({ size }) => new Float32Array(size));
  let count = 0;
  return {
    add() {
      count++;
      for (const [i, sum] of sums.entries()) accumulate(sum, parameters[i]!.data() as Float32Array);
    },
    mean: () =>
      sums.map((sum, i) =>
        tensor(
          sum.map((value) => value / count),
          parameters[i]!.shape,
        ),
      ),
  };
}

function accumulate(sum: Float32Array, values: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
}
