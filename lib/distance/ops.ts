/** The family's native calls: `pairwise` as an operation of the tape, the others as bodies without a gradient. */
import type { Steps } from "../async.js";
import type { Gradients, Op } from "../autograd.js";
import { delivered } from "../convert.js";
import { allocate, type Dense, matrix, memory } from "../dense.js";
import type { DeviceArray } from "../device-array.js";
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
    const result = out ?? allocate("pairwise", [rowsOf(x), rowsOf(y)], "float32", x.device);
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
    const room = (side: Dense) => allocate("pairwise", side.shape, "float32", side.device);
    const dx = x.requiresGrad ? room(x) : null;
    const dy = y.requiresGrad && !self ? room(y) : null;
    yield (threads, job) =>
      native().distance.pairwiseBackward(
        threads,
        job,
        metricId(metric),
        ...matrix(x),
        ...matrix(y),
        d,
        self,
        floatsOf(value),
        floatsOf(gradient),
        dx && floatsOf(dx),
        dy && floatsOf(dy),
      );
    return self ? [dx] : [dx, dy];
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
  const values = allocate("topK", [rowsOf(x), k], "float32", x.device);
  const indices = allocate("topK", [rowsOf(x), k], "int32", x.device);
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
      floatsOf(values),
      indices.storage.data as Int32Array | DeviceArray,
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
  const sums = allocate("reduceRows", [rowsOf(x)], "float32", x.device);
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
      floatsOf(sums),
    );
  return delivered(sums, out);
}

/** Of a float32 tensor, where it is. */
const floatsOf = (x: Dense) => memory(x) as Float32Array | DeviceArray;
export const rowsOf = (x: Dense): number => x.shape[0] as number;
export const columnsOf = (x: Dense): number => x.shape[1] as number;
