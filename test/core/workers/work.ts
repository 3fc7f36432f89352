import { tensor } from "../../../lib/index.js";
import type { Device, Tensor } from "../../../lib/types.js";

export const DEVICE = (process.env.WORK_DEVICE ?? "cpu") as Device;

/** The same everywhere. */
export function matrixOf(size: number, requiresGrad = true): Tensor {
  const data = Float32Array.from({ length: size * size }, (_, i) => Math.sin(i));
  return tensor(data, [size, size], { requiresGrad, device: DEVICE });
}

/** One training step's worth of native work; returns a number made of every element of the gradient. */
export async function step(size: number): Promise<number> {
  const x = matrixOf(size);
  await x.matmul(x).mul(x).mean().backwardAsync();
  return (x.grad as Tensor)
    .mul(x.grad as Tensor)
    .sum()
    .item();
}
