/** Caches and queries for them, and the same as a problem of plain attention. */
import { LatentCache } from "../../lib/attention/index.js";
import type { CacheType } from "../../lib/attention/types.js";
import { at, here, tensorHere } from "../support/places.js";
import { normal, type Storage, stored, toBits } from "../support/rows.js";
import type { Problem } from "./oracle.js";

export interface DecodeCase {
  readonly lengths: readonly number[];
  readonly queries: number;
  readonly heads: number;
  readonly page: number;
  readonly latent?: number;
  readonly rope?: number;
  readonly dtype?: CacheType;
  readonly storage?: Storage;
  readonly causal?: boolean;
  readonly size?: number;
  readonly scale?: number;
}

export const nameOf = ({
  lengths,
  queries,
  heads,
  page,
  dtype = "float32",
  latent = 40,
  rope = 8,
  causal,
}: DecodeCase) =>
  `${lengths.join("+")} rows, ${queries}×${heads} queries, pages of ${page}, ${latent}+${rope} ${dtype}${causal ? ", causal" : ""}`;

const E4M3: readonly number[] = Array.from({ length: 127 }, (_, code) =>
  code < 8 ? code * 2 ** -9 : (8 + (code & 7)) * 2 ** ((code >> 3) - 10),
);

/** The e4m3 number nearest to `value`, ties to the even code. */
function e4m3(value: number): number {
  const size = Math.abs(value);
  let best = 0;
  E4M3.forEach((number, code) => {
    const [off, least] = [Math.abs(number - size), Math.abs((E4M3[best] as number) - size)];
    if (off < least || (off === least && code % 2 === 0)) best = code;
  });
  return Math.sign(value) * (E4M3[best] as number);
}

/** What the cache keeps of a latent row: float32 in, numbers out. */
export function keptLatent(row: readonly number[], dtype: CacheType): number[] {
  if (dtype !== "fp8") return row.map((value) => stored(value, dtype));
  return row.map((value, c) => {
    const tile = row.slice(c - (c % 128), c - (c % 128) + 128);
    const largest = Math.max(...tile.map(Math.abs)) / 448;
    const factor = 2 ** Math.ceil(Math.log2(Math.max(largest, 1e-4)));
    return e4m3(value / factor) * factor;
  });
}
export const keptRope = (row: readonly number[], dtype: CacheType): number[] =>
  row.map((value) => stored(value, dtype === "fp8" ? "bfloat16" : dtype));

export interface Made {
  readonly problem: Problem;
  readonly cache: LatentCache;
  readonly sequences: number[];
  readonly query: { readonly latent: ReturnType<typeof tensorHere>; readonly rope: ReturnType<typeof tensorHere> };
}

const table = (rows: number, columns: number, next: () => number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => Math.fround(next())));
const flat = (rows: readonly (readonly number[])[]): Float32Array => Float32Array.from(rows.flat());

/** Sequences grow in turns, a few rows at a time, so that their pages are mixed; some were freed before. Where kernels run. */
export function made(c: DecodeCase, seed = 1): Made {
  const {
    lengths,
    queries,
    heads,
    page,
    latent = 40,
    rope = 8,
    dtype = "float32",
    storage = "float32",
    size = 0.5,
  } = c;
  const next = normal(seed);
  const scaled = () => size * next();
  const sequences = lengths.map((_, b) => 7 * b + 3);
  const needed = lengths.reduce((sum, length) => sum + Math.ceil(length / page), 0);
  const device = here();
  const cache = new LatentCache({ pages: needed + 2, pageSize: page, latentDim: latent, ropeDim: rope, dtype, device });
  const keys = lengths.map((length) => ({ latent: table(length, latent, scaled), rope: table(length, rope, scaled) }));
  cache.append(
    -1,
    tensorHere(new Float32Array(latent).fill(Number.NaN), [1, latent]),
    tensorHere(new Float32Array(rope), [1, rope]),
  );
  const chunk = Math.max(5, Math.ceil(Math.max(0, ...lengths) / 7));
  for (let start = 0; start < Math.max(1, ...lengths); start += chunk)
    keys.forEach((own, b) => {
      const [l, r] = [own.latent.slice(start, start + chunk), own.rope.slice(start, start + chunk)];
      if (start > 0 && l.length === 0) return;
      cache.append(
        sequences[b] as number,
        tensorHere(flat(l), [l.length, latent]),
        tensorHere(flat(r), [r.length, rope]),
      );
    });
  cache.free(-1);
  const most = Math.max(0, ...lengths);
  const kept = keys.map((own) =>
    own.latent.map((row, t) => [...keptLatent(row, dtype), ...keptRope(own.rope[t] as number[], dtype)]),
  );
  const none = Array.from({ length: latent + rope }, () => 0);
  const k = kept.flatMap((own) => Array.from({ length: most }, (_, t) => own[t] ?? none));
  const count = lengths.length * queries * heads;
  const asked = table(count, latent + rope, scaled).map((row) => row.map((value) => stored(value, storage)));
  const part = (from: number, to: number) => {
    const values = asked.flatMap((row) => row.slice(from, to));
    const shape = [lengths.length, queries, heads, to - from];
    return storage === "float32"
      ? tensorHere(Float32Array.from(values), shape)
      : tensorHere(
          Uint16Array.from(values, (value) => toBits(value, storage)),
          shape,
          at({ dtype: storage }),
        );
  };
  return {
    problem: {
      q: { shape: [lengths.length, queries, heads, latent + rope], values: asked.flat() },
      k: { shape: [lengths.length, most, 1, latent + rope], values: k.flat() },
      v: { shape: [lengths.length, most, 1, latent], values: k.flatMap((row) => row.slice(0, latent)) },
      scale: Math.fround(c.scale ?? 0.3),
      causal: c.causal ?? false,
      keyLengths: lengths,
    },
    cache,
    sequences,
    query: { latent: part(0, latent), rope: part(latent, latent + rope) },
  };
}
