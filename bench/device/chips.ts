// Published peaks of two chips, to say which bound a counted launch would run into. Dense, with float32 accumulation.
import type { DType } from "./problems.js";

export interface Chip {
  readonly name: string;
  /** operations per second of tensor cores */
  readonly tensor: Readonly<Record<DType, number>>;
  /** of the other float32 units */
  readonly float: number;
  /** bytes per second of device memory */
  readonly memory: number;
}

export const CHIPS: readonly Chip[] = [
  {
    name: "H100 SXM",
    tensor: { float32: 495e12, float16: 989e12, bfloat16: 989e12 },
    float: 67e12,
    memory: 3.35e12,
  },
  {
    name: "RTX 4090",
    tensor: { float32: 82.6e12, float16: 165e12, bfloat16: 165e12 },
    float: 82.6e12,
    memory: 1.008e12,
  },
];
