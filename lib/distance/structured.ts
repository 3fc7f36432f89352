/** Rows of the second side multiplied by the weights of "structured": y' = d∘y + W y, after which the metric is an inner product. */
import type { Steps } from "../async.js";
import type { Forward, Gradients, Op } from "../autograd.js";
import * as check from "../check.js";
import { converted } from "../convert.js";
import { allocate, type Dense, matrix, memory } from "../dense.js";
import type { DeviceArray } from "../device-array.js";
import { FLOATS } from "../dtype.js";
import { native } from "../native.js";
import { WarpweftError } from "../error.js";
import type { Input } from "../types.js";

interface Attrs {
  readonly diagonal: boolean;
  readonly blocks: boolean;
  /** the length of a block; 1 without blocks */
  readonly block: number;
}
type Floats = Float32Array | DeviceArray;

/** What multiplies the rows of y: [y, diagonal?, blocks?]. */
export interface Weighted {
  readonly tensors: readonly Dense[];
  readonly attrs: Attrs;
}

/** [y, diagonal?, blocks?], checked against the columns of y. */
export function weightsOf(fn: string, given: Readonly<Record<string, unknown>>, y: Dense): Weighted {
  const d = y.shape[1] as number;
  const diagonal = weight(fn, "diagonal", given.diagonal, y);
  const blocks = weight(fn, "blocks", given.blocks, y);
  if (!diagonal && !blocks)
    throw new WarpweftError("ERR_ARGUMENT", `${fn}: metric must have diagonal or blocks, got neither`);
  if (diagonal && !(diagonal.shape.length === 1 && diagonal.shape[0] === d))
    wrongShape(fn, "diagonal", `[${d}] like the columns`, diagonal);
  const [count = 0, g = 1, last = 0] = blocks?.shape ?? [];
  if (blocks && !(blocks.shape.length === 3 && g === last && count * g === d))
    wrongShape(fn, "blocks", `[${d}/g, g, g] with g a divisor of the ${d} columns`, blocks);
  return {
    tensors: [y, ...(diagonal ? [diagonal] : []), ...(blocks ? [blocks] : [])],
    attrs: { diagonal: diagonal !== undefined, blocks: blocks !== undefined, block: blocks ? g : 1 },
  };
}

function weight(fn: string, name: string, value: unknown, y: Dense): Dense | undefined {
  if (value === undefined) return undefined;
  const arg = `metric.${name}`;
  const x = check.ofDType(fn, arg, check.input(fn, arg, value as Input), FLOATS);
  check.sameDevice(fn, arg, x, "the rows", y);
  return x;
}

function wrongShape(fn: string, name: string, wanted: string, got: Dense): never {
  const shape = `[${got.shape.join(", ")}]`;
  throw new WarpweftError("ERR_SHAPE", `${fn}: metric.${name} must have shape ${wanted}, got ${shape}`);
}

/** As float32 in one piece, where it is. */
const floatsOf = (x: Dense) => memory(converted("structured", x, "float32")) as Floats;

function parts(inputs: readonly Dense[], { diagonal, blocks }: Attrs) {
  const [y] = inputs as readonly [Dense];
  return { y, diagonal: diagonal ? inputs[1] : undefined, blocks: blocks ? inputs.at(-1) : undefined };
}

/** Time M·D·g multiply-adds, forward and for each gradient. */
export const structuredRows: Op<readonly Dense[], Attrs, null> = {
  name: "structured",
  *forward(inputs, attrs): Steps<Forward<null>> {
    const { y, diagonal, blocks } = parts(inputs, attrs);
    return { out: yield* weighted(y, diagonal, blocks, attrs.block, false), saved: null };
  },
  *backward(g, inputs, _, attrs): Steps<Gradients<readonly Dense[]>> {
    const { y, diagonal, blocks } = parts(inputs, attrs);
    const dy = y.requiresGrad ? yield* weighted(g, diagonal, blocks, attrs.block, true) : null;
    const room = (of: Dense | undefined) =>
      of?.requiresGrad ? allocate("structured", of.shape, "float32", of.device) : null;
    const [ofDiagonal, ofBlocks] = [room(diagonal), room(blocks)];
    if (ofDiagonal || ofBlocks)
      yield (threads, job) =>
        native().distance.structuredGradient(
          threads,
          job,
          ...matrix(g),
          ...matrix(y),
          y.shape[1] as number,
          attrs.block,
          ofDiagonal && floatsOf(ofDiagonal),
          ofBlocks && floatsOf(ofBlocks),
        );
    return [dy, ...(diagonal ? [ofDiagonal] : []), ...(blocks ? [ofBlocks] : [])];
  },
};

/** Rows times the weights, or times their transpose. */
function* weighted(
  rows: Dense,
  diagonal: Dense | undefined,
  blocks: Dense | undefined,
  block: number,
  transposed: boolean,
): Steps<Dense> {
  const out = allocate("structured", rows.shape, "float32", rows.device);
  yield (threads, job) =>
    native().distance.structuredRows(
      threads,
      job,
      ...matrix(rows),
      rows.shape[1] as number,
      block,
      transposed,
      diagonal ? floatsOf(diagonal) : null,
      blocks ? floatsOf(blocks) : null,
      floatsOf(out),
    );
  return out;
}
