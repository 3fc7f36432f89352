/** The family's native calls: `pairwise` as an operation of the tape, the others as bodies without a gradient. */
import type { Steps } from "../async.js";
import type { Gradients, Op } from "../autograd.js";
import { delivered } from "../convert.js";
import { allocate, allocateFloats, type Dense, floats, matrix, wrap } from "../dense.js";
import { native } from "../native.js";
import { metricId } from "./metric.js";
import { ROW_REDUCTIONS } from "./table.js";
import type { Metric, RowReduction } from "./types.js";

export const REDUCTIONS = Object.keys(ROW_REDUCTIONS) as RowReduction[];

/** Two checked matrices of the same width. With `self` they are one. */
export interface Pair {
  readonly x: Dense;
  readonly y: Dense;
  readonly self: boolean;
}

interface Attrs {
  readonly metric: Metric;
  readonly out: Dense | undefined;
}

/** [x] → the square matrix of x with itself, or [x, y] → N×M. */
export const pairwiseOp: Op<readonly Dense[], Attrs, Dense> = {
  name: "pairwise",
  *forward(inputs, { metric, out }) {
    const { x, y, self } = pairOf(inputs);
    const result = out ?? allocate("pairwise", [rowsOf(x), rowsOf(y)]);
    const [data, dtype, , stride] = matrix(result);
    yield (threads, job) =>
      native().distance.pairwise(
        threads,
        job,
        metricId(metric),
        ...matrix(x),
        ...matrix(y),
        columnsOf(x),
        self,
        data,
        dtype,
        stride,
      );
    result.storage.version++;
    return { out: result, saved: result };
  },
  *backward(gradient, inputs, value, { metric }): Steps<Gradients<readonly Dense[]>> {
    const { x, y, self } = pairOf(inputs);
    const d = columnsOf(x);
    const dx = x.requiresGrad ? allocateFloats("pairwise", rowsOf(x), d) : null;
    const dy = y.requiresGrad && !self ? allocateFloats("pairwise", rowsOf(y), d) : null;
    yield (threads, job) =>
      native().distance.pairwiseBackward(
        threads,
        job,
        metricId(metric),
        ...matrix(x),
        ...matrix(y),
        d,
        self,
        floats(value),
        floats(gradient),
        dx,
        dy,
      );
    const sides = [dx && wrap(dx, x.shape), dy && wrap(dy, y.shape)];
    return self ? sides.slice(0, 1) : sides;
  },
};

function pairOf([x, y = x]: readonly Dense[]): Pair {
  return { x: x as Dense, y: y as Dense, self: x === y };
}

/** values [N, k], indices [N, k] */
export function* topKBody(
  { x, y }: Pair,
  metric: Metric,
  k: number,
  excludeSelf: boolean,
): Steps<{ values: Dense; indices: Dense }> {
  const values = allocate("topK", [rowsOf(x), k]);
  const indices = allocate("topK", [rowsOf(x), k], "int32");
  yield (threads, job) =>
    native().distance.topK(
      threads,
      job,
      metricId(metric),
      ...matrix(x),
      ...matrix(y),
      columnsOf(x),
      k,
      excludeSelf,
      values.storage.data as Float32Array,
      indices.storage.data as Int32Array,
    );
  return { values, indices };
}

/** [N] */
export function* reduceRowsBody(
  { x, y, self }: Pair,
  metric: Metric,
  reduce: RowReduction,
  scale: number,
  out: Dense | undefined,
): Steps<Dense> {
  const sums = allocateFloats("reduceRows", rowsOf(x));
  yield (threads, job) =>
    native().distance.reduceRows(
      threads,
      job,
      metricId(metric),
      ...matrix(x),
      ...matrix(y),
      columnsOf(x),
      self,
      REDUCTIONS.indexOf(reduce),
      scale,
      sums,
    );
  return delivered(wrap(sums, [rowsOf(x)]), out);
}

export const rowsOf = (x: Dense): number => x.shape[0] as number;
export const columnsOf = (x: Dense): number => x.shape[1] as number;
