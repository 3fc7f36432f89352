// The part of @tensorflow/tfjs that the benchmark uses.

export interface TfTensor {
  dataSync(): Float32Array | Int32Array;
  dispose(): void;
  add(other: TfTensor | number): TfTensor;
  sub(other: TfTensor | number): TfTensor;
  mul(other: TfTensor | number): TfTensor;
  div(other: TfTensor | number): TfTensor;
  less(other: TfTensor | number): TfTensor;
  greater(other: TfTensor | number): TfTensor;
  logicalAnd(other: TfTensor): TfTensor;
  logicalOr(other: TfTensor): TfTensor;
  exp(): TfTensor;
  log(): TfTensor;
  log1p(): TfTensor;
  relu(): TfTensor;
  step(): TfTensor;
  square(): TfTensor;
  sqrt(): TfTensor;
  softplus(): TfTensor;
  sum(axis?: number, keepDims?: boolean): TfTensor;
  mean(): TfTensor;
  min(axis: number, keepDims: boolean): TfTensor;
  max(axis: number, keepDims: boolean): TfTensor;
  transpose(): TfTensor;
}

export interface TfVariable extends TfTensor {
  readonly name: string;
}

export interface Tf {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor2d(data: Float32Array, shape: readonly [number, number]): TfTensor;
  tensor2d(data: Uint8Array, shape: readonly [number, number], dtype: "bool"): TfTensor;
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  norm(x: TfTensor, order: number, axis: number, keepDims: boolean): TfTensor;
  where(condition: TfTensor, a: TfTensor, b: TfTensor): TfTensor;
  fill(shape: readonly number[], value: number): TfTensor;
  scalar(value: number): TfTensor;
  zerosLike(x: TfTensor): TfTensor;
  logSumExp(x: TfTensor, axis: number, keepDims?: boolean): TfTensor;
  topk(x: TfTensor, k: number): { values: TfTensor; indices: TfTensor };
  tidy<T>(body: () => T): T;
  valueAndGrad(f: (x: TfTensor) => TfTensor): (x: TfTensor) => { value: TfTensor; grad: TfTensor };
  variable(initial: TfTensor): TfVariable;
  train: { adam(learningRate: number): { applyGradients(gradients: Record<string, TfTensor>): void } };
}
