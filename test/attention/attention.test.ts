import { describe, expect, test } from "vitest";
import { attention, attentionAsync, LatentCache, latentDecodeAsync } from "../../lib/attention/index.js";
import type { AttentionOptions } from "../../lib/attention/types.js";
import { WarpweftError } from "../../lib/error.js";
import { noGrad } from "../../lib/index.js";
import { gradCheck } from "../../lib/testing.js";
import type { Tensor } from "../../lib/types.js";
import { places, runOn, tensorHere } from "../support/places.js";
import { stored } from "../support/rows.js";
import { type Shape4, problemOf, rows, run, tensorOf } from "./cases.js";

const leaf = (shape: Shape4, seed: number): Tensor => tensorOf(rows(shape, seed), "float32", true);
const bits = (...all: (Tensor | null | undefined)[]): string =>
  all.map((x) => (x ? Buffer.from((x.data() as Float32Array).slice().buffer).toString("base64") : "none")).join();

const WAYS: readonly (readonly [string, () => AttentionOptions])[] = [
  ["plain", () => ({})],
  ["causal with a prefix", () => ({ causal: true, prefix: 2 })],
  ["a window", () => ({ window: [2, 1] })],
  ["capped", () => ({ softcap: 1.5, causal: true })],
  ["slopes", () => ({ bias: tensorHere([0.5, 0.1]) })],
  ["maps", () => ({ keyHeads: Int32Array.of(1, 0), valueHeads: Int32Array.of(0, 0) })],
  ["ragged", () => ({ queryLengths: Int32Array.of(5, 2), keyLengths: Int32Array.of(3, 6), causal: true })],
];

describe.each(places())("attention on %s", (place) => {
  runOn(place);

  test.each(WAYS)("gradCheck: %s", (_, optionsOf) => {
    const options = optionsOf();
    const inputs = [leaf([2, 5, 2, 4], 1), leaf([2, 6, 2, 4], 2), leaf([2, 6, 2, 3], 3)];
    const value = (...[q, k, v]: Tensor[]) => attention(q as Tensor, k as Tensor, v as Tensor, options).output;
    expect(gradCheck(value, inputs)).toBeLessThan(2e-3);
  });

  test("the same bits for 1, 2 and 7 threads, at once and later", async () => {
    const [q, k, v] = [leaf([2, 70, 6, 24], 1), leaf([2, 1200, 3, 24], 2), leaf([2, 1200, 2, 10], 3)];
    const few = leaf([1, 2, 6, 24], 4);
    const upstream = tensorHere(rows([2, 70, 6, 10], 5).values as Float64Array, [2, 70, 6, 10]);
    const found = new Set<string>();
    for (const threads of [1, 2, 7])
      for (const later of [false, true]) {
        for (const x of [q, k, v]) x.zeroGrad();
        const options = { threads, causal: true, window: 800 };
        const { output, lse } = later ? await attentionAsync(q, k, v, options) : attention(q, k, v, options);
        if (later) await output.backwardAsync(upstream);
        else output.backward(upstream);
        const split = noGrad(() =>
          attention(
            few,
            tensorHere((k.data() as Float32Array).slice(0, 86400), [1, 1200, 3, 24]),
            tensorHere((v.data() as Float32Array).slice(0, 24000), [1, 1200, 2, 10]),
            { threads },
          ),
        );
        found.add(bits(output, lse, q.grad, k.grad, v.grad, split.output, split.lse));
      }
    expect(found.size).toBe(1);
  });

  test("batchInvariant: the same bits for a sequence whatever else is in the batch, and however wide the padding", () => {
    const all = problemOf({ batches: 3, queries: 3, keys: 2100, heads: 2, dk: 16, dv: 8 });
    const [queryLengths, keyLengths] = [Int32Array.of(3, 2, 1), Int32Array.of(2100, 1300, 40)];
    const options = { batchInvariant: true, causal: true };
    const together = run(all, "float32", { ...options, queryLengths, keyLengths }).output.data() as Float32Array;
    for (let b = 0; b < 3; b++) {
      const [n, m] = [queryLengths[b] as number, keyLengths[b] as number];
      const cut = (from: ArrayLike<number>, tokens: number, kept: number, each: number) =>
        tensorHere(Float32Array.from(Array.from(from).slice(b * tokens * each, (b * tokens + kept) * each)), [
          1,
          kept,
          2,
          each / 2,
        ]);
      const alone = attention(
        cut(all.q.values, 3, n, 32),
        cut(all.k.values, 2100, m, 32),
        cut(all.v.values, 2100, m, 16),
        {
          ...options,
          scale: all.scale,
        },
      );
      expect(alone.output.data()).toEqual(together.slice(b * 48, b * 48 + n * 16));
    }
  });

  test("keys and values beyond the length are never read, queries beyond it neither", () => {
    const clean = problemOf({ batches: 2, queries: 5, keys: 70, heads: 2 });
    const [queryLengths, keyLengths] = [Int32Array.of(5, 2), Int32Array.of(33, 70)];
    const poisoned = ({ values, shape }: typeof clean.q, lengths: Int32Array) => ({
      shape,
      values: Array.from(values, (value, i) => {
        const each = shape[2] * shape[3];
        const token = Math.floor(i / each) % shape[1];
        return token < (lengths[Math.floor(i / each / shape[1])] as number) ? value : Number.NaN;
      }),
    });
    const [q, k, v] = [poisoned(clean.q, queryLengths), poisoned(clean.k, keyLengths), poisoned(clean.v, keyLengths)];
    const options = { queryLengths, keyLengths };
    const [good, bad] = [run(clean, "float32", options), run({ ...clean, q, k, v }, "float32", options)];
    expect(bits(bad.output, bad.lse)).toBe(bits(good.output, good.lse));
    expect([...(bad.output.data() as Float32Array)].every(Number.isFinite)).toBe(true);
    const leaves = [q, k, v].map((x) => tensorOf(x, "float32", true)) as [Tensor, Tensor, Tensor];
    attention(...leaves, options).output.backward(
      tensorHere(new Float32Array(bad.output.size).fill(1), bad.output.shape),
    );
    for (const { grad } of leaves) expect(Array.from(grad?.data() ?? [Number.NaN]).every(Number.isFinite)).toBe(true);
  });

  test("rows of three dtypes give what the same numbers give as float32", () => {
    const { q, k, v } = problemOf({ queries: 20, keys: 70, storage: "bfloat16" });
    const mixed = attention(tensorOf(q), tensorOf(k, "bfloat16"), tensorOf(v, "float16"));
    const halves = Array.from(v.values, (value) => stored(value, "float16"));
    const single = attention(tensorOf(q), tensorOf(k), tensorOf({ ...v, values: halves }));
    expect(bits(mixed.output, mixed.lse)).toBe(bits(single.output, single.lse));
  });

  test("a NaN in a row makes that row NaN, and no other; +∞ too", () => {
    for (const poison of [Number.NaN, Infinity]) {
      const p = problemOf({ queries: 20, keys: 30, heads: 1, dk: 4, dv: 3 });
      const values = Array.from(p.q.values);
      values[7 * 4 + 1] = poison;
      const out = run({ ...p, q: { ...p.q, values } }).output.data() as Float32Array;
      const nan = Array.from({ length: 20 }, (_, i) => out.subarray(i * 3, i * 3 + 3).every(Number.isNaN));
      expect(nan).toEqual(Array.from({ length: 20 }, (_, i) => i === 7));
    }
  });
});

test("only what asks for a gradient gets one", () => {
  const [q, k, v] = [leaf([1, 4, 2, 3], 1), tensorOf(rows([1, 5, 2, 3], 2)), leaf([1, 5, 2, 3], 3)];
  const { output, lse } = attention(q, k, v);
  expect([output.requiresGrad, lse.requiresGrad]).toEqual([true, false]);
  output.sum().backward();
  expect([q.grad?.shape, k.grad, v.grad?.shape]).toEqual([[1, 4, 2, 3], null, [1, 5, 2, 3]]);
});

test("strided views are read as they are meant", () => {
  const p = problemOf({ queries: 4, keys: 6, heads: 2, dk: 3, dv: 3 });
  const joint = new Float32Array(6 * 2 * 6);
  for (let row = 0; row < 12; row++)
    for (let c = 0; c < 3; c++) {
      joint[row * 6 + c] = p.k.values[row * 3 + c] as number;
      joint[row * 6 + 3 + c] = p.v.values[row * 3 + c] as number;
    }
  const view = (offset: number) => ({ data: joint, shape: [1, 6, 2, 3], strides: [72, 12, 6, 1], offset });
  const viewed = attention(tensorOf(p.q), view(0), view(3), { scale: p.scale });
  expect(bits(viewed.output, viewed.lse)).toBe(bits(run(p).output, run(p).lse));
});

test("progress rises to its total; a signal ends the call, forward and backward", async () => {
  const [q, k, v] = [leaf([1, 1500, 4, 64], 1), leaf([1, 1500, 4, 64], 2), leaf([1, 1500, 4, 64], 3)];
  const seen: [number, number][] = [];
  const { output } = await attentionAsync(q, k, v, { threads: 1, onProgress: (...at) => seen.push(at) });
  expect(seen.at(-1)?.[0]).toBe(seen.at(-1)?.[1]);
  expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).sort((a, b) => a - b));
  const aborted = async (start: (signal: AbortSignal) => Promise<unknown>) => {
    const stop = new AbortController();
    const running = start(stop.signal);
    setTimeout(() => stop.abort(), 2);
    const error = await running.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(WarpweftError);
    expect((error as WarpweftError).code).toBe("ERR_ABORTED");
  };
  await aborted((signal) => attentionAsync(q, k, v, { threads: 1, signal }));
  const upstream = tensorHere(new Float32Array(output.size).fill(1), output.shape);
  await aborted((signal) => output.backwardAsync(upstream, { signal }));
});

test("a cache that is disposed while it is read is read to the end", async () => {
  const cache = new LatentCache({ pages: 40, pageSize: 64, latentDim: 64, ropeDim: 8 });
  cache.append(
    0,
    tensorOf(rows([1, 1, 2500, 64], 1)).reshape([2500, 64]),
    tensorOf(rows([1, 1, 2500, 8], 2)).reshape([2500, 8]),
  );
  const query = { latent: tensorOf(rows([1, 1, 16, 64], 3)), rope: tensorOf(rows([1, 1, 16, 8], 4)) };
  const running = latentDecodeAsync(query, cache, [0], { scale: 0.1 });
  cache.dispose();
  const { output } = await running;
  expect([...(output.data() as Float32Array)].every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
});
