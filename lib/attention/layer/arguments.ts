/** What the layers' methods are given. */
import { reshaped } from "../../algebra/views.js";
import * as check from "../../check.js";
import type { Dense } from "../../dense.js";
import { WarpweftError } from "../../error.js";
import type { LatentCache } from "../cache.js";
import type { Shape } from "./config.js";
import { bare, type Weights } from "./weights.js";

/** Hidden states [...lead, model] where the weights are; `lead` names the dimensions, "1" one that must be 1. */
export function statesOf(
  fn: string,
  x: unknown,
  lead: readonly string[],
  { model }: Shape,
  { upQuery }: Weights,
): Dense {
  const given = check.ofDType(fn, "x", check.input(fn, "x", x), check.FLOATS);
  const fits = given.shape.length === lead.length + 1 && given.shape.at(-1) === model;
  if (!fits || lead.some((name, i) => name === "1" && given.shape[i] !== 1)) {
    const wanted = `[${[...lead, model].join(", ")}]`;
    throw new WarpweftError("ERR_SHAPE", `${fn}: x must have shape ${wanted}, got [${given.shape.join(", ")}]`);
  }
  check.sameDevice(fn, "x", given, "weights.upQuery", upQuery);
  return given;
}

/** All tokens as rows [T, model], unknown to the tape. */
export function flat(x: Dense): Dense {
  const model = x.shape.at(-1) as number;
  return bare(x.shape.length === 2 ? x : reshaped(x, [x.size / model, model]));
}

/** A cache of the widths that `newCache` gives it, where the weights are. */
export function cacheOf(
  fn: string,
  arg: string,
  cache: unknown,
  [latent, rope]: readonly [latent: number, rope: number],
  { upQuery }: Weights,
): LatentCache {
  if (!isCache(cache)) return check.fail("ERR_ARGUMENT", fn, arg, "be a LatentCache", cache);
  if (cache.latentDim !== latent || cache.ropeDim !== rope) {
    const [wanted, got] = [`${latent} + ${rope}`, `${cache.latentDim} + ${cache.ropeDim}`];
    throw new WarpweftError("ERR_SHAPE", `${fn}: ${arg} must have ${wanted} columns, as newCache gives it, got ${got}`);
  }
  check.sameDevice(fn, arg, cache, "weights.upQuery", upQuery);
  return cache;
}

function isCache(value: unknown): value is LatentCache {
  return typeof (value as LatentCache | null)?.append === "function";
}

/** Different ids, as many as there are sequences in x. */
export function sequencesOf(fn: string, value: unknown, count: number): readonly number[] {
  if (!Array.isArray(value)) return check.fail("ERR_ARGUMENT", fn, "sequences", "be an array of ids", value);
  if (value.length !== count)
    return check.fail("ERR_SHAPE", fn, "sequences", `have ${count} entries, one per sequence of x`, value.length);
  const twice = value.findIndex((id, i) => value.indexOf(id) !== i);
  if (twice >= 0) check.fail("ERR_ARGUMENT", fn, `sequences[${twice}]`, "differ from those before it", value[twice]);
  for (const [i, id] of value.entries()) check.number(fn, `sequences[${i}]`, id, { integer: true });
  return value;
}
