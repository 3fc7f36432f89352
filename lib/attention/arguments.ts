/** All that can be wrong with the arguments of attention. */
import * as check from "../check.js";
import { allocate, type Dense, memory } from "../dense.js";
import { converted } from "../convert.js";
import { FLOATS, kindOf } from "../dtype.js";
import { WarpweftError } from "../error.js";
import type { Floats } from "../native.js";
import type { Input, Tensor } from "../types.js";
import type { AttentionAttrs, Rows } from "./ops.js";
import { NORMALIZERS } from "./table.js";
import type { AttentionOptions } from "./types.js";

export const OPTIONS = [
  "scale",
  "causal",
  "window",
  "prefix",
  "queryLengths",
  "keyLengths",
  "bias",
  "normalizer",
  "softcap",
  "keyHeads",
  "valueHeads",
  "batchInvariant",
  "threads",
];
export const LATER = { headGates: "is not in this release: scale the heads of the output instead" };

/** Whole numbers that native code counts in 40 bits. */
const MOST_PLACES = 2 ** 40 - 1;

const listed = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

export function shaped(fn: string, arg: string, value: Input, wanted: string, axes: number): Dense {
  const x = check.ofDType(fn, arg, check.input(fn, arg, value), FLOATS);
  if (x.shape.length === axes) return x;
  throw new WarpweftError("ERR_SHAPE", `${fn}: ${arg} must have shape ${wanted}, got ${listed(x.shape)}`);
}

/** One length of `x` against what was there before. */
export function axis(fn: string, arg: string, x: Dense, at: number, wanted: number, what: string): void {
  const got = x.shape[at];
  if (got === wanted) return;
  throw new WarpweftError("ERR_SHAPE", `${fn}: ${arg} must have ${wanted} ${what}, got ${got}`);
}

export function rowsOf(fn: string, q: Input, k: Input, v: Input): Rows {
  const queries = shaped(fn, "q", q, "[B, Sq, H, Dk]", 4);
  const keys = shaped(fn, "k", k, "[B, Sk, Hk, Dk]", 4);
  const values = shaped(fn, "v", v, "[B, Sk, Hv, Dv]", 4);
  check.sameDevice(fn, "k", keys, "q", queries);
  check.sameDevice(fn, "v", values, "q", queries);
  axis(fn, "k", keys, 0, queries.shape[0] as number, "sequences like q");
  axis(fn, "v", values, 0, queries.shape[0] as number, "sequences like q");
  axis(fn, "k", keys, 3, queries.shape[3] as number, "columns like q");
  axis(fn, "v", values, 1, keys.shape[1] as number, "rows a sequence like k");
  for (const [arg, x] of [
    ["q", queries],
    ["v", values],
  ] as const)
    if (x.shape[3] === 0) throw new WarpweftError("ERR_SHAPE", `${fn}: ${arg} must have at least 1 column, got 0`);
  return [queries, keys, values];
}

export function attrsOf(fn: string, [q, k, v]: Rows, given: Partial<AttentionOptions>): AttentionAttrs {
  const [batches, queries, heads, columns] = q.shape as [number, number, number, number];
  const keys = k.shape[1] as number;
  const causal = check.boolean(fn, "causal", given.causal ?? false);
  const [left, right] = windowOf(fn, given.window, causal);
  normalizerOf(fn, given.normalizer);
  return {
    queryLengths: whole(fn, "queryLengths", given.queryLengths, batches, queries),
    keyLengths: whole(fn, "keyLengths", given.keyLengths, batches, keys),
    keyHeads: headMap(fn, "keyHeads", given.keyHeads, heads, k.shape[2] as number, "k"),
    valueHeads: headMap(fn, "valueHeads", given.valueHeads, heads, v.shape[2] as number, "v"),
    scale: check.number(fn, "scale", given.scale ?? 1 / Math.sqrt(columns)),
    softcap: given.softcap === undefined ? 0 : check.number(fn, "softcap", given.softcap, { min: 0, above: true }),
    left,
    right,
    prefix: check.number(fn, "prefix", given.prefix ?? 0, { min: 0, max: MOST_PLACES, integer: true }),
    bias: biasOf(fn, given.bias, q, keys),
    batchInvariant: check.boolean(fn, "batchInvariant", given.batchInvariant ?? false),
    lse: allocate(fn, [batches, queries, heads], "float32", q.device),
  };
}

/** −1: no limit. */
function windowOf(fn: string, window: unknown, causal: boolean): [left: number, right: number] {
  if (window === undefined) return [-1, causal ? 0 : -1];
  const range = { min: 0, max: MOST_PLACES, integer: true };
  if (!Array.isArray(window)) {
    const n = check.number(fn, "window", window, range);
    return [n, causal ? 0 : n];
  }
  if (window.length !== 2) check.fail("ERR_ARGUMENT", fn, "window", "be a number or [left, right]", window);
  const [left, right] = window.map((n, i) => check.number(fn, `window[${i}]`, n, range)) as [number, number];
  return [left, causal ? 0 : right];
}

function normalizerOf(fn: string, normalizer: unknown = "softmax"): void {
  const known = Object.keys(NORMALIZERS);
  if (known.includes(normalizer as string)) return;
  check.fail("ERR_ARGUMENT", fn, "normalizer", `be one of ${known.join(", ")} in this release`, normalizer);
}

/** A copy of integers from 0 to `most`, so that nobody changes them meanwhile; null where none are given. */
function whole(fn: string, arg: string, value: unknown, count: number, most: number): Int32Array | null {
  if (value === undefined) return null;
  if (kindOf(value) !== "Int32Array") check.fail("ERR_ARGUMENT", fn, arg, "be an Int32Array", value);
  const own = (value as Int32Array).slice();
  if (own.length !== count) check.fail("ERR_SHAPE", fn, arg, `have ${count} entries`, own.length);
  for (const [i, n] of own.entries()) check.number(fn, `${arg}[${i}]`, n, { min: 0, max: most, integer: true });
  return own;
}

function headMap(fn: string, arg: string, value: unknown, heads: number, own: number, of: string): Int32Array {
  const given = whole(fn, arg, value, heads, Math.max(0, own - 1));
  if (given) return given;
  if (heads === 0) return new Int32Array(0);
  if (own > 0 && heads % own === 0) return Int32Array.from({ length: heads }, (_, h) => Math.floor((h * own) / heads));
  const words = `${of} must have a number of heads that divides the ${heads} of q unless ${arg} is given, got ${own}`;
  throw new WarpweftError("ERR_SHAPE", `${fn}: ${words}`);
}

function biasOf(fn: string, bias: Tensor | undefined, q: Dense, keys: number): AttentionAttrs["bias"] {
  if (bias === undefined) return [0, 1, 1, null];
  const [batches, queries, heads] = q.shape as [number, number, number, number];
  const x = check.ofDType(fn, "bias", check.input(fn, "bias", bias), FLOATS);
  check.sameDevice(fn, "bias", x, "q", q);
  const values = () => memory(converted(fn, x, "float32")) as Floats;
  if (x.shape.length === 1 && x.shape[0] === heads) return [1, 1, 1, values()];
  const [b, h, sq, sk] = x.shape;
  const fits = (b === 1 || b === batches) && (h === 1 || h === heads) && sq === queries && sk === keys;
  if (x.shape.length === 4 && fits) return [2, b as number, h as number, values()];
  const wanted = `[${heads}] or [${batches} or 1, ${heads} or 1, ${queries}, ${keys}]`;
  throw new WarpweftError("ERR_SHAPE", `${fn}: bias must have shape ${wanted}, got ${listed(x.shape)}`);
}
