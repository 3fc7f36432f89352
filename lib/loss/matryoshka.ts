/** Losses over prefixes of the columns, as Matryoshka embeddings are trained. */
import { add } from "../algebra/arithmetic.js";
import { columns } from "../algebra/views.js";
import type { Steps } from "../async.js";
import { record } from "../autograd.js";
import * as check from "../check.js";
import { delivered } from "../convert.js";
import type { Dense } from "../dense.js";
import { WarpweftError } from "../error.js";
import type { Device } from "../types.js";
import type { Call } from "./arguments.js";
import { centersOf } from "./centers.js";
import type { Attrs } from "./ops.js";
import { LOSSES, type LossSpec } from "./table.js";
import { isWhole } from "./whole/call.js";

/** Widths, each above the one before and none beyond the columns of `x`. */
export function prefixesOf(fn: string, given: unknown, x: Dense): readonly number[] | undefined {
  if (given === undefined) return undefined;
  if (!Array.isArray(given) || given.length === 0)
    return check.fail("ERR_ARGUMENT", fn, "matryoshka", "be a list of one prefix width or more", given);
  const columns = x.shape[1] as number;
  return given.map((width, at) => {
    const min = at === 0 ? 1 : (given[at - 1] as number) + 1;
    if (min <= columns) return check.number(fn, `matryoshka[${at}]`, width, { min, max: columns, integer: true });
    const after = at === 0 ? "there are no columns" : `the width before it is that of all ${columns} columns`;
    throw new WarpweftError("ERR_ARGUMENT", `${fn}: matryoshka[${at}] must be left out: ${after}`);
  });
}

/** Scores that are inner products of rows, of unit length or as they are. */
const PRODUCTS: readonly string[] = ["inner", "cosineSimilarity"];

/** Not of losses that see whole rows of scores, or several centres of a class, or have a part beside their pairs. */
export function inOnePass(device: Device, attrs: Pick<Attrs, "loss" | "scalars" | "metric" | "miner">): boolean {
  const spec: LossSpec = LOSSES[attrs.loss];
  const beyond = centersOf(attrs) > 1 || spec.regularizer !== undefined || attrs.loss === "unifiedNegativePairs";
  return device === "cpu" && PRODUCTS.includes(attrs.metric) && !beyond && !isWhole(attrs, device);
}

/** Of one width. */
type LossOf = (call: Call, out: Dense | undefined, threads: number | undefined) => Steps<Dense>;

/**
 * The sum of the loss over prefixes: on the CPU, where scores are inner products, from one pass over the columns, else
 * over views of the first columns, one after the other.
 */
export function* overPrefixes(
  lossOf: LossOf,
  call: Call,
  prefixes: readonly number[],
  out: Dense | undefined,
  threads: number | undefined,
): Steps<Dense> {
  const { inputs, made, attrs } = call;
  const x = (made[0]?.sources[0] ?? inputs[0]) as Dense;
  if (inOnePass(x.device, attrs))
    return yield* lossOf({ ...call, attrs: { ...attrs, prefixes: Int32Array.from(prefixes) } }, out, threads);
  const matrices = made.length > 0 ? 0 : attrs.self ? 1 : 2;
  let total: Dense | undefined;
  for (const end of prefixes) {
    const cut = (matrix: Dense): Dense => record(columns, [matrix], { start: 0, end });
    const seen = {
      ...call,
      inputs: inputs.map((input, at) => (at < matrices ? cut(input) : input)),
      made: made.map(({ sources, runs }) => ({ sources: sources.map(cut), runs })),
    };
    const value = yield* lossOf(seen, undefined, threads);
    total = total ? record(add, [total, value], null) : value;
  }
  return delivered(total as Dense, out);
}
