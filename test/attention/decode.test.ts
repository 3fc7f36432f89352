import { describe, expect, test } from "vitest";
import { latentDecode, latentDecodeAsync, mergePartials } from "../../lib/attention/index.js";
import { type Dense, insideOf, memory } from "../../lib/dense.js";
import { type Floats, native } from "../../lib/native.js";
import type { Tensor } from "../../lib/types.js";
import { exactly, expectEarned, singly } from "../support/earned.js";
import { places, runOn, tensorHere } from "../support/places.js";
import { type DecodeCase, made, nameOf } from "./caches.js";
import { attend, mergeParts, type Result } from "./oracle.js";

const DTYPES = ["float32", "float16", "bfloat16", "fp8"] as const;

/** Batch 1 to 6, 1 to 4 tokens, lengths, heads and pages of math-attention.md 4.3, each value met by several of the others. */
const CASES: readonly DecodeCase[] = [
  { lengths: [1], queries: 1, heads: 1, page: 1 },
  { lengths: [20, 0], queries: 1, heads: 3, page: 4 },
  { lengths: [63, 64, 65], queries: 2, heads: 9, page: 16, causal: true },
  { lengths: [140, 1, 0, 20], queries: 4, heads: 16, page: 64, causal: true },
  { lengths: [65, 140], queries: 1, heads: 63, page: 128 },
  { lengths: [140], queries: 3, heads: 64, page: 2, causal: true },
  { lengths: [64, 63, 20, 1, 0, 65], queries: 1, heads: 66, page: 8 },
  { lengths: [140, 65], queries: 2, heads: 128, page: 32 },
  { lengths: [3], queries: 4, heads: 2, page: 1, causal: true },
  { lengths: [4096], queries: 1, heads: 3, page: 64, latent: 24, rope: 8 },
  { lengths: [4096, 20], queries: 2, heads: 1, page: 1, latent: 16, rope: 4, causal: true },
  { lengths: [4096], queries: 1, heads: 16, page: 64, latent: 512, rope: 64, dtype: "bfloat16" },
  { lengths: [4096, 65], queries: 1, heads: 128, page: 128, latent: 256, rope: 64 },
  { lengths: [80], queries: 1, heads: 16, page: 64, latent: 512, rope: 64 },
  { lengths: [70], queries: 1, heads: 4, page: 16, latent: 256, rope: 64 },
  { lengths: [70, 9], queries: 1, heads: 5, page: 16, latent: 33, rope: 0 },
  { lengths: [129], queries: 1, heads: 4, page: 16, size: 60, scale: 1 },
  { lengths: [129, 3], queries: 1, heads: 20, page: 16, size: 60, scale: 1, dtype: "bfloat16" },
  ...DTYPES.flatMap((dtype): DecodeCase[] => [
    { lengths: [65, 140], queries: 2, heads: 5, page: 16, latent: 40, rope: 8, dtype, causal: true },
    { lengths: [70], queries: 1, heads: 17, page: 1, latent: 300, rope: 33, dtype, storage: "bfloat16" },
    { lengths: [40], queries: 1, heads: 3, page: 4, latent: 520, rope: 8, dtype, storage: "float16" },
    {
      lengths: [70, 33],
      queries: 2,
      heads: 16,
      page: 32,
      latent: 512,
      rope: 64,
      dtype,
      storage: "bfloat16",
      causal: true,
    },
  ]),
];

const known = new Map<string, readonly [Result, Result]>();
function expected(c: DecodeCase): readonly [Result, Result] {
  const found = known.get(nameOf(c));
  if (found) return found;
  const { problem } = made(c);
  const both = [attend(problem, exactly), attend(problem, singly)] as const;
  known.set(nameOf(c), both);
  return both;
}

function expectRight(
  what: string,
  got: { output: { data(): ArrayLike<number> }; lse: { data(): ArrayLike<number> } },
  c: DecodeCase,
) {
  const [exact, naive] = expected(c);
  expectEarned(`${what} output`, got.output.data(), exact.out, naive.out, exact.outTerms);
  expectEarned(`${what} lse`, got.lse.data(), exact.lse, naive.lse, exact.lseTerms);
}

describe.each(places())("latentDecode on %s agrees with the oracle", (place) => {
  runOn(place);
  test.each(CASES.map((c) => [nameOf(c), c] as const))("%s", (_, c) => {
    const { cache, sequences, query, problem } = made(c);
    const options = { scale: problem.scale, causal: c.causal ?? false };
    expectRight("plain", latentDecode(query, cache, sequences, options), c);
    expectRight("invariant", latentDecode(query, cache, sequences, { ...options, batchInvariant: true }), c);
    expectRight("split", latentDecode(query, cache, sequences, { ...options, splitSize: 50 }), c);
  });
});

describe.each(places())("latentDecode on %s writes where it is told", (place) => {
  runOn(place);

  test("now and later, again and again, and nowhere beside", async () => {
    const { cache, sequences, query, problem } = made({ lengths: [140, 0, 7], queries: 2, heads: 3, page: 16 });
    const { scale } = problem;
    const plain = latentDecode(query, cache, sequences, { scale });
    const room = new Float32Array(1000).fill(-7);
    const [output, lse] = [room.subarray(20, 20 + 720), room.subarray(800, 818)];
    const out = { output: tensorHere(output, [3, 2, 3, 40]), lse: tensorHere(lse, [3, 2, 3]) };
    const same = () => expect([bits(out.output), bits(out.lse)]).toEqual([bits(plain.output), bits(plain.lse)]);
    for (const call of [1, 2]) {
      expect(latentDecode(query, cache, sequences, { scale, out }), `call ${call}`).toBe(out);
      same();
    }
    latentDecode(query, cache, sequences, { scale: 2 * scale, out });
    expect(bits(out.output)).not.toBe(bits(plain.output));
    expect(await latentDecodeAsync(query, cache, sequences, { scale, out })).toBe(out);
    same();
    const beside = [...room.subarray(0, 20), ...room.subarray(740, 800), ...room.subarray(818)];
    expect(new Set(beside)).toEqual(new Set([-7]));
  });
});

const memoryOf = (x: Tensor) => memory(insideOf(x) as Dense);
const bits = (x: { data(): ArrayLike<number> }): string => {
  const data = x.data() as Float32Array;
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
};

describe.each(places())("the same bits on %s", (place) => {
  runOn(place);

  test("for any number of threads, at once and later", async () => {
    const { cache, sequences, query, problem } = made({ lengths: [1500, 700, 20], queries: 2, heads: 20, page: 16 });
    const { scale } = problem;
    for (const batchInvariant of [false, true]) {
      const found = new Set<string>();
      for (const threads of [1, 2, 7]) {
        const now = latentDecode(query, cache, sequences, { scale, threads, batchInvariant });
        const later = await latentDecodeAsync(query, cache, sequences, { scale, threads, batchInvariant });
        for (const { output, lse } of [now, later]) found.add(bits(output) + bits(lse));
      }
      expect(found.size).toBe(1);
    }
  });

  test("with batchInvariant, and with splitSize, whatever else is in the batch", () => {
    const { cache, sequences, query, problem } = made({ lengths: [2500, 64, 700], queries: 1, heads: 5, page: 16 });
    const { scale } = problem;
    const width = 5 * 40;
    for (const options of [
      { scale, batchInvariant: true },
      { scale, splitSize: 333 },
    ]) {
      const together = latentDecode(query, cache, sequences, options).output.data() as Float32Array;
      sequences.forEach((id, b) => {
        const own = {
          latent: tensorHere((query.latent.data() as Float32Array).slice(b * width, (b + 1) * width), [1, 1, 5, 40]),
          rope: tensorHere((query.rope.data() as Float32Array).slice(b * 40, (b + 1) * 40), [1, 1, 5, 8]),
        };
        const alone = latentDecode(own, cache, [id], options).output.data();
        expect(alone).toEqual(together.slice(b * width, (b + 1) * width));
      });
    }
  });

  test.each(["float32", "bfloat16"] as const)(
    "however pages of %s lie, with NaN in every slot that no row is in and nonsense behind each row of pages",
    (dtype) => {
      const [page, latent, rope, heads] = [4, 24, 8, 3];
      const c: DecodeCase = { lengths: [9, 1, 0, 16], queries: 1, heads, page, latent, rope, dtype };
      const { problem, query } = made(c);
      const width = latent + rope;
      const [pages, aRow] = [40, 6];
      const results = [1, 2, 3].map((seed) => {
        const order = Array.from({ length: pages }, (_, i) => (i * (2 * seed + 1) + seed) % pages);
        const data = new Float32Array(pages * page * width).fill(Number.NaN);
        const table = new Int32Array(c.lengths.length * aRow).fill(2147480000);
        c.lengths.forEach((length, b) => {
          for (let t = 0; t < length; t++) {
            const at = b * aRow + Math.floor(t / page);
            if (t % page === 0) table[at] = order.pop() as number;
            const from = (b * Math.max(...c.lengths) + t) * width;
            for (let k = 0; k < width; k++)
              data[((table[at] as number) * page + (t % page)) * width + k] = problem.k.values[from + k] as number;
          }
        });
        const rows = c.lengths.length * heads;
        const cache = tensorHere(data, [pages * page, width]).to(dtype);
        const [output, lse] = [tensorHere(new Float32Array(rows * latent).fill(7)), tensorHere(new Float32Array(rows))];
        native().attention.decode(
          1,
          undefined,
          ...([memoryOf(cache), dtype === "float32" ? 0 : 2, pages * page, latent, rope] as const),
          ...([memoryOf(query.latent), 0, memoryOf(query.rope), 0] as const),
          ...([c.lengths.length, 1, heads, aRow, Math.log2(page), table, Int32Array.from(c.lengths)] as const),
          ...([problem.scale, false, false, 0, memoryOf(output) as Floats, memoryOf(lse) as Floats] as const),
        );
        expectRight(`order ${seed}`, { output, lse }, c);
        return bits(output);
      });
      expect(new Set(results).size).toBe(1);
    },
  );
});

describe.each(places())("mergePartials on %s", (place) => {
  runOn(place);

  test("of shards of a sequence is the whole", () => {
    const c: DecodeCase = { lengths: [140], queries: 2, heads: 5, page: 16 };
    const { cache, query, sequences, problem } = made(c);
    const { latent, rope } = cache.read(sequences[0] as number);
    const [l, r] = [latent.data() as Float32Array, rope.data() as Float32Array];
    const parts = [0, 1, 2].map((shard) => {
      const own = Array.from({ length: 140 }, (_, t) => t).filter((t) => t % 3 === shard);
      const pick = (from: Float32Array, n: number) =>
        tensorHere(Float32Array.from(own.flatMap((t) => Array.from(from.subarray(t * n, (t + 1) * n)))), [
          own.length,
          n,
        ]);
      cache.free(sequences[0] as number);
      cache.append(sequences[0] as number, pick(l, 40), pick(r, 8));
      return latentDecode(query, cache, sequences, { scale: problem.scale });
    });
    const whole = mergePartials(
      parts.map(({ output }) => output),
      parts.map(({ lse }) => lse),
    );
    expectRight("merged", whole, c);
  });

  test("agrees with the oracle; a part that saw nothing does not count, whatever it holds", () => {
    const [none, any] = [-Infinity, Number.NaN];
    const outputs = [
      [1, 2, any, any, 5, 6, any, any],
      [3, -4, 1, 2, any, any, any, any],
      [0.5, 9, 3, 3, 7, 7, any, any],
    ];
    const lses = [
      [0.3, none, 80, none],
      [-2, 90.5, none, none],
      [1.7, 90, 79.5, none],
    ];
    const merged = mergePartials(
      outputs.map((part) => tensorHere(part, [2, 2, 2])),
      lses.map((part) => tensorHere(part, [2, 2])),
    );
    const as32 = lses.map((part) => Float32Array.from(part));
    const [exact, naive] = [exactly, singly].map((round) => mergeParts(outputs, as32, 2, round)) as [Result, Result];
    expectEarned("output", merged.output.data(), exact.out, naive.out, exact.outTerms);
    expectEarned("lse", merged.lse.data(), exact.lse, naive.lse, exact.lseTerms);
    expect([...(merged.output.data() as Float32Array)].slice(6)).toEqual([0, 0]);
  });
});
