/** Positions as rotations. */
import { reshaped } from "../algebra/views.js";
import { type Steps, twins } from "../async.js";
import { type Forward, type Gradients, type Op, recordSteps } from "../autograd.js";
import * as check from "../check.js";
import { allocate, type Dense, matrix, memory } from "../dense.js";
import { type Floats, native } from "../native.js";
import { tensorOf } from "../tensor.js";
import type { Async, Input, Tensor } from "../types.js";

export interface RopeOptions {
  /** 10,000 */
  base?: number;
  /** whether a pair is two neighbouring columns (default) or one of each half */
  interleaved?: boolean;
  threads?: number;
}

/** How rows are turned. Row i has position number i / heads, modulo their count. */
export interface Turning {
  readonly positions: Int32Array;
  readonly heads: number;
  /** radians a position, one per pair of columns */
  readonly frequencies: Float64Array;
  readonly interleaved: boolean;
  /** leading columns that stay as they are */
  readonly skip: number;
}

/** θ_m = base^(−2m/width), m < width/2 */
export function frequenciesOf(base: number, width: number): Float64Array {
  return Float64Array.from({ length: width / 2 }, (_, m) => base ** ((-2 * m) / width));
}

function* turned(x: Dense, turning: Turning, back: boolean): Steps<Dense> {
  const { positions, heads, frequencies, interleaved, skip } = turning;
  const out = allocate("rope", x.shape, "float32", x.device);
  if (x.size > 0) {
    const d = x.shape.at(-1) as number;
    const rows = matrix(x.shape.length === 2 ? x : reshaped(x, [x.size / d, d]));
    const pairs = frequencies.length;
    const order = [positions, frequencies, interleaved, back, memory(out) as Floats] as const;
    yield (threads, job) =>
      native().attention.rope(threads, job, ...rows, skip, pairs, heads, positions.length, ...order);
  }
  return out;
}

/** Pairs of columns turned by position · frequency; the gradient is turned back. */
export const ropeOp: Op<readonly [Dense], Turning, null> = {
  name: "rope",
  *forward([x], turning): Steps<Forward<null>> {
    return { out: yield* turned(x, turning, false), saved: null };
  },
  *backward(gradient, _x, _, turning): Steps<Gradients<readonly [Dense]>> {
    return [yield* turned(gradient, turning, true)];
  },
};

function* ropeSteps(x: Input, positions: Int32Array, options?: RopeOptions): Steps<Tensor> {
  const fn = "rope";
  const given = check.options(fn, options, ["base", "interleaved", "threads"]);
  const rows = check.ofDType(fn, "x", check.input(fn, "x", x), check.FLOATS);
  const rank = rows.shape.length;
  if (rank < 2 || rank > 4) check.fail("ERR_SHAPE", fn, "x", "be [T, D], [T, H, D] or [B, S, H, D]", shown(rows));
  const width = rows.shape[rank - 1] as number;
  if (width % 2 !== 0) check.fail("ERR_SHAPE", fn, "x", "have an even number of columns", width);
  const base = check.number(fn, "base", given.base ?? 10_000, { min: 0, above: true });
  const interleaved = check.boolean(fn, "interleaved", given.interleaved ?? true);
  const turning = {
    positions: positionsOf(fn, positions, rows),
    heads: rank === 2 ? 1 : Math.max(1, rows.shape[rank - 2] as number),
    frequencies: frequenciesOf(base, width),
    interleaved,
    skip: 0,
  };
  return tensorOf(yield* recordSteps(ropeOp, [rows], turning, given.threads));
}

const shown = ({ shape }: Dense) => `shape [${shape.join(", ")}]`;

/** A copy: one per token, or per token of a sequence where all sequences share them. */
function positionsOf(fn: string, positions: Int32Array, { shape }: Dense): Int32Array {
  if (!(positions instanceof Int32Array)) check.fail("ERR_ARGUMENT", fn, "positions", "be an Int32Array", positions);
  const [first, second] = shape as [number, number];
  const wanted = shape.length === 4 ? [second, first * second] : [first];
  if (wanted.includes(positions.length)) return positions.slice();
  return check.fail(
    "ERR_SHAPE",
    fn,
    "positions",
    `have ${wanted.join(" or ")} entries, one per token`,
    positions.length,
  );
}

const [ropeNow, ropeLater] = twins("rope", ropeSteps);

/**
 * Rotary position embedding: pair m of a row's columns is turned by position · base^(−2m/D), so that the inner product of two
 * rows depends on how far apart they are. Differentiable.
 *
 * @param x [T, D], [T, H, D] or [B, S, H, D], float32, float16 or bfloat16, D even.
 * @param positions one int32 per token, the same for its heads: T; for four dimensions B·S, or S where all sequences share them.
 * @param options base: default 10,000. interleaved: pairs are columns (2m, 2m + 1), as in DeepSeek's and the original code
 * (default), or (m, m + D/2), as in GPT-NeoX and Hugging Face's. threads: default `threads()`.
 * @returns float32, of x's shape.
 * @throws WarpweftError ERR_SHAPE for another rank, an odd D or another number of positions; ERR_DTYPE for integers;
 * ERR_ARGUMENT for positions of another kind, a base that is not above 0, an unknown option; ERR_DISPOSED.
 *
 * Angles are float64. Time O(elements + T·D sines); nothing is saved for the way back. Source: Su et al. 2021 (arXiv 2104.09864).
 */
export function rope(x: Input, positions: Int32Array, options?: RopeOptions): Tensor {
  return ropeNow(x, positions, options);
}
/** `rope` off the event loop. */
export const ropeAsync: Async<typeof rope> = ropeLater;
