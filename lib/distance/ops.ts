/** The family's native calls: `pairwise` as an operation of the tape, the others as bodies without a gradient. */
import type { Kernel, Steps } from "../async.js";
import type { Forward, Gradients, Op } from "../autograd.js";
import { delivered } from "../convert.js";
import { allocate, allocateFloats, type Dense, matrix, memory } from "../dense.js";
import type { DeviceArray } from "../device-array.js";
import { native } from "../native.js";
import { precisionGradient, squareOn, unwhitened } from "./mahalanobis.js";
import { columnsOf, type Pair, pairArguments, rowsOf, type Search } from "./pair.js";
import { ROW_REDUCTIONS } from "./table.js";
import type { Pairs, RowReduction } from "./types.js";

export const REDUCTIONS = Object.keys(ROW_REDUCTIONS) as RowReduction[];

/** What `pairwise` keeps of a pair beside its tensors, which are [x], [x, y], and the precision behind them where there is one. */
type Attrs = Pick<Pair, "metric" | "self" | "whitener"> & { readonly out: Dense | undefined };

export const pairwiseOp: Op<readonly Dense[], Attrs, Dense> = {
  name: "pairwise",
  *forward(inputs, attrs): Steps<Forward<Dense>> {
    const sides = sidesOf(inputs, attrs);
    const result = attrs.out ?? allocate("pairwise", [rowsOf(sides.x), rowsOf(sides.y)], "float32", sides.x.device);
    const [data, dtype, , stride] = matrix(result);
    yield (threads, job) => native().distance.pairwise(threads, job, ...pairArguments(sides), data, dtype, stride);
    result.storage.version++;
    return { out: result, saved: result };
  },
  *backward(gradient, inputs, value, attrs): Steps<Gradients<readonly Dense[]>> {
    const sides = sidesOf(inputs, attrs);
    const { x, y, self, precision, whitener } = sides;
    const matrixToo = precision?.requiresGrad ?? false;
    const room = (side: Dense) => allocate("pairwise", side.shape, "float32", side.device);
    const dx = x.requiresGrad || matrixToo ? room(x) : null;
    const dy = (y.requiresGrad || matrixToo) && !self ? room(y) : null;
    yield (threads, job) =>
      native().distance.pairwiseBackward(
        threads,
        job,
        ...pairArguments(sides),
        floatsOf(value),
        floatsOf(gradient),
        dx && floatsOf(dx),
        dy && floatsOf(dy),
      );
    if (!precision || !whitener) return self ? [dx] : [dx, dy];
    return yield* throughWhitening(sides, whitener, matrixToo, dx, dy);
  },
};

function sidesOf(inputs: readonly Dense[], { metric, self, whitener }: Attrs): Omit<Pair, "weights"> {
  const [x, second] = inputs as readonly [Dense, Dense];
  const precision = whitener ? inputs.at(-1) : undefined;
  return { x, y: self ? x : second, self, metric, whitener, precision };
}

/** From gradients of whitened rows to those of the rows and of the precision. */
function* throughWhitening(
  { x, y, self }: Omit<Pair, "weights">,
  whitener: Float64Array,
  matrixToo: boolean,
  dx: Dense | null,
  dy: Dense | null,
): Steps<Gradients<readonly Dense[]>> {
  const d = columnsOf(x);
  const factor = squareOn(x.device, whitener, d);
  const sides = [...(dx ? [[x, dx] as const] : []), ...(dy ? [[y, dy] as const] : [])];
  const ofMatrix = matrixToo ? squareOn(x.device, yield* precisionGradient(sides, whitener), d) : null;
  const ofX = dx && x.requiresGrad ? yield* unwhitened(dx, factor) : null;
  const ofY = dy && y.requiresGrad ? yield* unwhitened(dy, factor) : null;
  return [ofX, ...(self ? [] : [ofY]), ofMatrix];
}

/** values [N, k], indices [N, k] */
export function* topKBody(pair: Search, k: number, excludeSelf: boolean): Steps<{ values: Dense; indices: Dense }> {
  const { x } = pair;
  const values = allocate("topK", [rowsOf(x), k], "float32", x.device);
  const indices = allocate("topK", [rowsOf(x), k], "int32", x.device);
  yield (threads, job) =>
    native().distance.topK(
      threads,
      job,
      ...pairArguments(pair),
      k,
      excludeSelf,
      floatsOf(values),
      indices.storage.data as Int32Array | DeviceArray,
    );
  return { values, indices };
}

/** In host memory. */
export function* radiusBody(pair: Search, radius: number, excludeSelf: boolean, maxPairs: number): Steps<Pairs> {
  const { distance } = native();
  const found = distance.newPairs();
  const find: Kernel = (threads, job) =>
    distance.radius(threads, job, ...pairArguments(pair), radius, excludeSelf, maxPairs, found);
  find.part = (share) => [90 * share, 100];
  yield find;
  const offsets = distance.pairOffsets(found);
  const total = offsets.at(-1) as number;
  const indices = allocate("radius", [total], "int32").storage.data as Int32Array;
  const values = allocateFloats("radius", total);
  const take: Kernel = (threads, job) => distance.takePairs(threads, job, found, indices, values);
  take.part = (share) => [90 + 10 * share, 100];
  yield take;
  return { offsets, indices, values };
}

/** [N] */
export function* reduceRowsBody(
  pair: Search,
  reduce: RowReduction,
  scale: number,
  out: Dense | undefined,
): Steps<Dense> {
  const sums = allocate("reduceRows", [rowsOf(pair.x)], "float32", pair.x.device);
  yield (threads, job) =>
    native().distance.reduceRows(
      threads,
      job,
      ...pairArguments(pair),
      REDUCTIONS.indexOf(reduce),
      scale,
      floatsOf(sums),
    );
  return delivered(sums, out);
}

/** Of a float32 tensor, where it is. */
const floatsOf = (x: Dense) => memory(x) as Float32Array | DeviceArray;
