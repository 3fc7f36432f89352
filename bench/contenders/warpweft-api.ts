// The part of the public surface that every kind uses. Types are restated so that the benchmark compiles before a build.
import type { Matrix } from "../problems/types.js";

export interface Tensor {
  readonly grad: Tensor | null;
  data(): Float32Array | Int32Array;
  item(): number;
  backward(gradient?: Tensor, options?: { retainGraph?: boolean }): void;
  zeroGrad(): void;
  matmul(other: Tensor): Tensor;
  relu(): Tensor;
  dispose(): void;
}

export interface Root {
  tensor(data: Matrix["data"], shape: readonly number[], options?: { dtype?: string; requiresGrad?: boolean }): Tensor;
  setThreads(count: number): void;
}

export const tensorOf = ({ tensor }: Root, m: Matrix, requiresGrad = false): Tensor =>
  tensor(m.data, [m.rows, m.columns], { dtype: m.dtype, requiresGrad });
