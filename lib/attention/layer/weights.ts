/** A layer's weights, held against its widths. */
import * as check from "../../check.js";
import type { Dense } from "../../dense.js";
import { WarpweftError } from "../../error.js";
import type { Shape } from "./config.js";
import type { LatentWeights } from "./types.js";

export type Name = keyof LatentWeights;
/** Inside the package; without a query rank there is neither downQuery nor queryNorm. */
export type Weights = { readonly [K in Exclude<Name, "downQuery" | "queryNorm">]: Dense } & {
  readonly downQuery: Dense | undefined;
  readonly queryNorm: Dense | undefined;
};

/** What each must be; undefined for one that must not be there. */
function shapesOf({ model, heads, queryRank, latent, nope, rope, value }: Shape) {
  const low = queryRank > 0;
  return {
    downQuery: low ? [model, queryRank] : undefined,
    queryNorm: low ? [queryRank] : undefined,
    upQuery: [low ? queryRank : model, heads * (nope + rope)],
    downLatent: [model, latent + rope],
    latentNorm: [latent],
    upKey: [latent, heads * nope],
    upValue: [latent, heads * value],
    output: [heads * value, model],
  } satisfies Readonly<Record<Name, readonly number[] | undefined>>;
}

/** Read anew at each call, so that a weight that was disposed or changed by an optimizer is seen as it is. */
export function weightsOf(fn: string, shape: Shape, weights: LatentWeights): Weights {
  const wanted = shapesOf(shape);
  const given = check.options(`${fn}: weights`, weights, Object.keys(wanted));
  const found = Object.entries(wanted).map(([name, lengths]) => {
    const arg = `weights.${name}`;
    const value = given[name as Name];
    if (lengths !== undefined) return [name, weight(fn, arg, value, lengths)];
    if (value !== undefined) check.fail("ERR_ARGUMENT", fn, arg, "be left out where queryRank is 0", value);
    return [name, undefined];
  });
  const all = Object.fromEntries(found) as Weights;
  for (const [name, x] of Object.entries(all))
    if (x) check.sameDevice(fn, `weights.${name}`, x, "weights.upQuery", all.upQuery);
  return all;
}

function weight(fn: string, arg: string, value: unknown, lengths: readonly number[]): Dense {
  const x = check.ofDType(fn, arg, check.input(fn, arg, value), check.FLOATS);
  if (x.shape.join() === lengths.join()) return x;
  const words = `${arg} must have shape [${lengths.join(", ")}], got [${x.shape.join(", ")}]`;
  throw new WarpweftError("ERR_SHAPE", `${fn}: ${words}`);
}

/** Unknown to the tape: nothing is recorded from it. */
export function bare<X extends Dense | undefined>(x: X): X {
  return x?.view(x.shape, x.strides) as X;
}

export function bareWeights(weights: Weights): Weights {
  return Object.fromEntries(Object.entries(weights).map(([name, x]) => [name, bare(x)])) as unknown as Weights;
}
