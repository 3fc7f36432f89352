/** Problems for attention, and how they are handed to it. */
import { attention } from "../../lib/attention/index.js";
import type { AttentionOptions } from "../../lib/attention/types.js";
import type { Tensor } from "../../lib/types.js";
import { tensorHere } from "../support/places.js";
import { normal, type Storage, stored, toBits, uniform } from "../support/rows.js";
import type { Problem, Rows } from "./oracle.js";

export type Shape4 = readonly [number, number, number, number];

/** Numbers that `storage` holds exactly. */
export function rows(shape: Shape4, seed: number, storage: Storage = "float32", size = 1): Rows {
  const next = normal(seed);
  const count = shape.reduce((a, b) => a * b, 1);
  return { shape, values: Float64Array.from({ length: count }, () => stored(size * next(), storage)) };
}

export function tensorOf({ values, shape }: Rows, storage: Storage = "float32", requiresGrad = false): Tensor {
  if (storage === "float32") return tensorHere(Float32Array.from(values), shape, { requiresGrad });
  const bits = Uint16Array.from(values, (value) => toBits(value, storage));
  return tensorHere(bits, shape, { dtype: storage, requiresGrad });
}

export interface Case {
  readonly name: string;
  readonly storage?: Storage;
  readonly problem: () => Problem;
}

interface Sizes {
  readonly batches?: number;
  readonly queries: number;
  readonly keys: number;
  readonly heads?: number;
  readonly keyHeads?: number;
  readonly valueHeads?: number;
  readonly dk?: number;
  readonly dv?: number;
  readonly storage?: Storage;
  readonly size?: number;
}

export function problemOf(s: Sizes, rules: Partial<Problem> = {}, seed = 1): Problem {
  const { batches = 1, heads = 2, keyHeads = heads, valueHeads = keyHeads, dk = 20, dv = 12, storage, size } = s;
  return {
    q: rows([batches, s.queries, heads, dk], seed, storage, size),
    k: rows([batches, s.keys, keyHeads, dk], seed + 1, storage, size),
    v: rows([batches, s.keys, valueHeads, dv], seed + 2, storage),
    scale: Math.fround(1 / Math.sqrt(dk)),
    ...rules,
  };
}

/** The call that the problem is. */
export function optionsOf(p: Problem): AttentionOptions {
  const { bias, keyHeads, valueHeads, queryLengths, keyLengths, scale, softcap, causal, window, prefix } = p;
  const ints = (list: ArrayLike<number> | undefined) => list && Int32Array.from(list);
  const given = {
    scale,
    softcap,
    causal,
    window,
    prefix,
    bias: bias && tensorHere(Float32Array.from(bias.values), bias.shape),
    keyHeads: ints(keyHeads),
    valueHeads: ints(valueHeads),
    queryLengths: ints(queryLengths),
    keyLengths: ints(keyLengths),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as AttentionOptions;
}

export function run(p: Problem, storage: Storage = "float32", more: AttentionOptions = {}) {
  return attention(tensorOf(p.q, storage), tensorOf(p.k, storage), tensorOf(p.v, storage), {
    ...optionsOf(p),
    ...more,
  });
}

const list = (n: number, seed: number, size = 1): Float64Array => {
  const next = normal(seed);
  return Float64Array.from({ length: n }, () => Math.fround(size * next()));
};

/** Numbers of queries and keys at the edges of panels and tiles. */
const EDGES: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 63],
  [2, 64],
  [3, 65],
  [8, 140],
  [17, 20],
  [33, 129],
  [49, 70],
];
const WIDTHS: readonly (readonly [number, number])[] = [
  [1, 1],
  [3, 5],
  [16, 8],
  [64, 33],
  [65, 64],
  [130, 70],
  [200, 140],
];

const plain = (name: string, sizes: Sizes, rules: Partial<Problem> = {}): Case => ({
  name,
  ...(sizes.storage ? { storage: sizes.storage } : {}),
  problem: () => problemOf(sizes, rules),
});

/** ALiBi's own slopes are powers of two; these are not, so that a wrong head shows. */
const SLOPES = { values: [0.3, 0.07, 0.011], shape: [3] };
const alternating = uniform(5);

export const CASES: readonly Case[] = [
  ...EDGES.flatMap(([queries, keys]) => [
    plain(`${queries}×${keys}`, { queries, keys }),
    plain(`${queries}×${keys} causal`, { queries, keys, heads: 3 }, { causal: true }),
  ]),
  ...WIDTHS.map(([dk, dv]) => plain(`${dk} and ${dv} columns`, { queries: 19, keys: 67, dk, dv }, { causal: true })),
  plain("float16", { batches: 2, queries: 9, keys: 71, storage: "float16" }),
  plain("bfloat16", { batches: 2, queries: 9, keys: 71, storage: "bfloat16" }),
  plain("bfloat16, long rows", { queries: 5, keys: 66, heads: 1, dk: 400, dv: 140, storage: "bfloat16" }),
  plain("grouped heads", { queries: 5, keys: 66, heads: 6, keyHeads: 2 }),
  plain("one key head", { batches: 3, queries: 4, keys: 40, heads: 9, keyHeads: 1 }, { causal: true }),
  plain("key heads and value heads of their own", { queries: 7, keys: 30, heads: 4, keyHeads: 2, valueHeads: 4 }),
  plain(
    "irregular maps",
    { queries: 7, keys: 30, heads: 5, keyHeads: 3, valueHeads: 2 },
    { keyHeads: [2, 0, 0, 2, 0], valueHeads: [1, 1, 0, 0, 1] },
  ),
  plain("a window", { queries: 100, keys: 150 }, { window: 10 }),
  plain("a causal window", { queries: 100, keys: 150 }, { window: 70, causal: true }),
  plain("a window to one side", { queries: 30, keys: 90 }, { window: [0, 65] }),
  plain("a prefix", { queries: 90, keys: 90 }, { causal: true, prefix: 37 }),
  plain("a prefix and a window", { queries: 150, keys: 150 }, { causal: true, prefix: 66, window: 3 }),
  plain("more queries than keys, causal: the first see nothing", { queries: 80, keys: 9 }, { causal: true }),
  plain("keys in splits", { batches: 2, queries: 2, keys: 1300, dk: 8, dv: 4 }, { causal: true }),
  plain(
    "keys in splits, most of them out of sight",
    { queries: 3, keys: 1300, dk: 8, dv: 4 },
    { window: 20, prefix: 5 },
  ),
  plain("more lanes than a unit has", { queries: 400, keys: 70, heads: 1, dk: 4, dv: 4 }, { causal: true }),
  plain("rows a page apart, which are gathered", { queries: 60, keys: 70, heads: 16, dk: 64, dv: 64 }),
  plain("no keys", { queries: 3, keys: 0 }),
  plain("no queries", { queries: 0, keys: 5 }),
  plain("no sequences", { batches: 0, queries: 2, keys: 5 }),
  plain(
    "ragged",
    { batches: 4, queries: 6, keys: 80 },
    { queryLengths: [6, 0, 1, 4], keyLengths: [80, 12, 0, 65], causal: true },
  ),
  plain("a soft cap", { queries: 20, keys: 70, size: 4 }, { softcap: 2.5 }),
  plain(
    "a soft cap, causal, with slopes",
    { queries: 20, keys: 70, heads: 3 },
    { softcap: 5, causal: true, bias: SLOPES },
  ),
  plain("slopes", { batches: 2, queries: 70, keys: 140, heads: 3 }, { bias: SLOPES }),
  plain(
    "a bias of each pair",
    { batches: 2, queries: 50, keys: 70, heads: 3 },
    {
      bias: { values: list(2 * 3 * 50 * 70, 8), shape: [2, 3, 50, 70] },
    },
  ),
  plain(
    "a bias that all share",
    { batches: 2, queries: 5, keys: 70, heads: 3 },
    {
      bias: { values: list(5 * 70, 8), shape: [1, 1, 5, 70] },
      window: 20,
    },
  ),
  plain(
    "a bias that hides keys, and from one query all",
    { queries: 4, keys: 70, heads: 2 },
    {
      bias: {
        values: Float64Array.from({ length: 4 * 70 }, (_, i) => (i < 70 || alternating() < 0.5 ? -Infinity : 0)),
        shape: [1, 1, 4, 70],
      },
    },
  ),
  plain("logits of ±1e4", { queries: 6, keys: 130, dk: 16, size: 50 }, { scale: 1 }),
  plain("equal logits", { queries: 2, keys: 100, size: 0 }),
];
