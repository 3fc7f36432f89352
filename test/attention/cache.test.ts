import { describe, expect, test } from "vitest";
import { LatentCache } from "../../lib/attention/index.js";
import type { CacheType } from "../../lib/attention/types.js";
import { tensor } from "../../lib/index.js";
import { native } from "../../lib/native.js";
import type { AttentionNative } from "../../lib/native-attention.js";
import { at, here, onePerDevice, places, runOn, tensorHere } from "../support/places.js";
import { normal, toBits } from "../support/rows.js";
import { keptLatent, keptRope } from "./caches.js";

const DTYPES: readonly CacheType[] = ["float32", "float16", "bfloat16", "fp8"];

const rows = (count: number, columns: number, next: () => number): number[][] =>
  Array.from({ length: count }, () => Array.from({ length: columns }, () => Math.fround(next())));
const matrix = (of: readonly (readonly number[])[], columns: number) =>
  tensorHere(Float32Array.from(of.flat()), [of.length, columns]);

/** What sequences hold, told apart by one number a row. */
function filled(cache: LatentCache, id: number, values: readonly number[]): void {
  cache.append(id, tensor(Float32Array.from(values), [values.length, 1]), tensor([], [values.length, 0]));
}
const held = (cache: LatentCache, id: number): number[] => [...(cache.read(id).latent.data() as Float32Array)];
const small = (pages: number, pageSize: number) => new LatentCache({ pages, pageSize, latentDim: 1, ropeDim: 0 });

describe.each(places())("a cache on %s keeps rows as its dtype rounds them", (place) => {
  runOn(place);

  test.each(DTYPES)("%s", (dtype) => {
    const [latentDim, ropeDim, count] = [300, 20, 40];
    const next = normal(3);
    const sizes = [1e-6, 1, 300, 5e4];
    const latent = rows(count, latentDim, next).map((row, t) =>
      row.map((v) => Math.fround(v * (sizes[t % 4] as number))),
    );
    const rope = rows(count, ropeDim, next);
    const cache = new LatentCache({ pages: 12, pageSize: 4, latentDim, ropeDim, dtype, device: here() });
    cache.append(1, matrix(latent, latentDim), matrix(rope, ropeDim));
    const kept = cache.read(1);
    expect(kept.latent.data()).toEqual(Float32Array.from(latent.flatMap((row) => keptLatent(row, dtype))));
    expect(kept.rope.data()).toEqual(Float32Array.from(rope.flatMap((row) => keptRope(row, dtype))));
    expect(cache.read(1, 7, 9).rope.data()).toEqual((kept.rope.data() as Float32Array).slice(7 * 20, 9 * 20));
  });

  test("fp8: zeros, halves between codes, the largest code, infinities and NaN", () => {
    // A largest element of 448 makes the factor 1.
    const row = [448, -448, 0, -0, 17, 19, 2 ** -10, 3 * 2 ** -10, 2 ** -9, -15.5, 464];
    const cache = new LatentCache({
      pages: 3,
      pageSize: 4,
      latentDim: row.length,
      ropeDim: 0,
      dtype: "fp8",
      device: here(),
    });
    const none = tensorHere([], [1, 0]);
    cache.append(0, tensorHere(row.slice(0, 10).concat(0), [1, row.length]), none);
    expect([...(cache.read(0).latent.data() as Float32Array)]).toEqual([
      448,
      -448,
      0,
      -0,
      16,
      20,
      0,
      2 ** -8,
      2 ** -9,
      -16,
      0,
    ]);
    cache.append(1, tensorHere([Number.NaN, Infinity, ...row.slice(2)], [1, row.length]), none);
    const [nan, infinite, ...rest] = cache.read(1).latent.data() as Float32Array;
    expect([nan, infinite]).toEqual([Number.NaN, Number.NaN]);
    expect(rest.every((value) => !Number.isFinite(value) || value === 0)).toBe(true);
    cache.append(2, tensorHere([Number.NaN, 448, ...row.slice(2, 10), 0], [1, row.length]), none);
    expect([...(cache.read(2).latent.data() as Float32Array)].slice(0, 6)).toEqual([Number.NaN, 448, 0, -0, 16, 20]);
  });
});

describe.each(onePerDevice())("a cache on %s", (place) => {
  runOn(place);

  test("widens 16-bit input first, and takes rows with gaps between them", () => {
    const cache = new LatentCache({ pages: 1, pageSize: 2, latentDim: 2, ropeDim: 1, device: here() });
    const half = (values: number[], dtype: "float16" | "bfloat16", shape: number[]) =>
      tensorHere(
        Uint16Array.from(values, (v) => toBits(v, dtype)),
        shape,
        at({ dtype }),
      );
    cache.append(5, half([1.5, -2, 9], "float16", [1, 3]).columns(0, 2), half([0.25], "bfloat16", [1, 1]));
    const { latent, rope } = cache.read(5);
    expect([latent.device, rope.device]).toEqual([here(), here()]);
    expect([latent.toArray(), rope.toArray()]).toEqual([[[1.5, -2]], [[0.25]]]);
  });

  test.each(DTYPES)("keeps rows of %s apart while sequences grow, shrink and go", (dtype) => {
    const cache = new LatentCache({ pages: 4, pageSize: 2, latentDim: 3, ropeDim: 1, dtype, device: here() });
    const add = (id: number, ...values: number[]) =>
      cache.append(
        id,
        tensorHere(
          values.flatMap((v) => [v, 2 * v, -v]),
          [values.length, 3],
        ),
        tensorHere(values, [values.length, 1]),
      );
    add(1, 1, 2, 3);
    add(2, 4);
    cache.truncate(1, 1);
    add(2, 8, 16);
    add(1, 32, 64, 128);
    expect(() => add(3, 1)).toThrow("LatentCache.append: the cache must have 1 free pages");
    cache.free(2);
    add(3, 256);
    expect([1, 3].map((id) => cache.read(id).latent.toArray())).toEqual([
      [1, 32, 64, 128].map((v) => [v, 2 * v, -v]),
      [[256, 512, -256]],
    ]);
    expect([1, 3].map((id) => [...(cache.read(id).rope.data() as Float32Array)])).toEqual([[1, 32, 64, 128], [256]]);
    cache.dispose();
    expect(cache.bytes).toBe(0);
  });
});

test.runIf(places().includes("cuda"))("on a GPU rows take a multiple of 32 bytes", () => {
  const bytes = (dtype: CacheType, latentDim: number, ropeDim: number) =>
    new LatentCache({ pages: 3, pageSize: 2, latentDim, ropeDim, dtype, device: "cuda" }).bytes / 6;
  expect(DTYPES.map((dtype) => bytes(dtype, 512, 64))).toEqual([2304, 1152, 1152, 672]);
  expect(DTYPES.map((dtype) => bytes(dtype, 33, 0))).toEqual([160, 96, 96, 64]);
});

test.each([1, 2, 4, 128])("sequences grow, shrink and go, in pages of %i, each with its own rows", (pageSize) => {
  const cache = small(60, pageSize);
  const model = new Map<number, number[]>();
  const next = normal(11);
  const random = (n: number) => Math.floor(Math.abs(next() * 1e4)) % n;
  let last = 0;
  for (let step = 0; step < 400; step++) {
    const id = random(5) - 2;
    const own = model.get(id);
    const used = [...model.values()].reduce((sum, { length }) => sum + Math.ceil(length / pageSize), 0);
    const kind = random(6);
    if (own && kind === 0) {
      cache.free(id);
      model.delete(id);
    } else if (own && kind === 1) {
      own.length = random(own.length + 1);
      cache.truncate(id, own.length);
    } else {
      const added = Array.from({ length: random(6) }, () => ++last);
      const needed =
        Math.ceil(((own?.length ?? 0) + added.length) / pageSize) - Math.ceil((own?.length ?? 0) / pageSize);
      if (used + needed > 60) continue;
      filled(cache, id, added);
      model.set(id, [...(own ?? []), ...added]);
    }
    for (const [name, values] of model) {
      expect(cache.length(name)).toBe(values.length);
      expect(held(cache, name)).toEqual(values);
    }
    expect([-2, -1, 0, 1, 2].filter((name) => cache.has(name))).toEqual([...model.keys()].sort((a, b) => a - b));
  }
  expect(last).toBeGreaterThan(100);
});

test("all pages can be used, and used again", () => {
  const cache = small(3, 4);
  filled(cache, 1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  cache.truncate(1, 5);
  filled(cache, 2, [20, 21, 22, 23]);
  filled(cache, 1, [30, 31, 32]);
  expect([held(cache, 1), held(cache, 2)]).toEqual([
    [1, 2, 3, 4, 5, 30, 31, 32],
    [20, 21, 22, 23],
  ]);
});

test("an append that fails below leaves the cache as it was", () => {
  const cache = small(3, 2);
  filled(cache, 1, [1]);
  const own = native().attention as { append: AttentionNative["append"] };
  const { append } = own;
  own.append = () => {
    throw Object.assign(new Error("append: no memory"), { code: "ERR_MEMORY" });
  };
  try {
    for (const id of [1, 2]) expect(() => filled(cache, id, [7, 8])).toThrow("LatentCache.append: append: no memory");
  } finally {
    own.append = append;
  }
  expect([cache.length(1), cache.has(2)]).toEqual([1, false]);
  filled(cache, 1, [2, 3, 4, 5, 6]);
  expect(held(cache, 1)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("bytes are those of the rows: 656 a row of 512 + 64 columns in fp8", () => {
  const bytes = (dtype: CacheType, latentDim = 512, ropeDim = 64) =>
    new LatentCache({ pages: 3, pageSize: 2, latentDim, ropeDim, dtype }).bytes / 6;
  expect(DTYPES.map((dtype) => bytes(dtype))).toEqual([2304, 1152, 1152, 656]);
  expect(DTYPES.map((dtype) => bytes(dtype, 256, 64))).toEqual([1280, 640, 640, 392]);
});

test("a disposed cache has no bytes; disposing it again, or by `using`, is fine", () => {
  const cache = small(2, 2);
  cache.dispose();
  cache[Symbol.dispose]();
  expect(cache.bytes).toBe(0);
});
