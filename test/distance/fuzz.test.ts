import fc from "fast-check";
import { expect, test } from "vitest";
import { pairwise, topK } from "../../lib/distance/index.js";
import { native } from "../../lib/native.js";
import { exactly, expectEarned, singly } from "../support/earned.js";
import { guarded } from "../support/guard.js";
import { places, put, use } from "../support/places.js";
import { fill, normal, type Rows, type Storage, stored } from "../support/rows.js";
import { matrix, oracleOf } from "./oracle.js";
import { fitRows, metricOf, variantsOn } from "./variants.js";

const computed = places().flatMap((place) => variantsOn(place).map((variant) => ({ place, variant })));

const problems = fc.record({
  computed: fc.constantFrom(...computed),
  n: fc.nat(70),
  m: fc.nat(110),
  d: fc.integer({ min: 1, max: 40 }),
  xStorage: fc.constantFrom<Storage>("float32", "float16", "bfloat16"),
  yStorage: fc.constantFrom<Storage>("float32", "float16", "bfloat16"),
  xGap: fc.nat(9),
  yGap: fc.nat(9),
  outGap: fc.nat(9),
  threads: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(1e6),
});

test("any sizes, strides, storages, threads and instruction set: the matrix by the formula, neighbours by the matrix", () => {
  const before = native().instructionSet();
  fc.assert(
    fc.property(problems, ({ computed: { place, variant }, n, m, d, threads, seed, ...how }) => {
      use(place);
      const spec = variant.of(d);
      const metric = metricOf(spec);
      const rows = (count: number, storage: Storage, start: number): Rows => {
        const drawn = fill(count, d, normal(start)).map((row) => row.map((value) => stored(value, storage)));
        return fitRows(spec, drawn, storage);
      };
      const [x, y] = [rows(n, how.xStorage, seed), rows(m, how.yStorage, seed + 1)];
      const [a, b] = [put(x, d, how.xStorage, d + how.xGap), put(y, d, how.yStorage, d + how.yGap)];
      const guard = guarded(n, m, "float32", how.outGap);
      pairwise(a, b, { metric, threads, out: guard.out });
      guard.expectIntact("pairwise");
      const origin = new Array<number>(d).fill(0);
      const oracle = oracleOf(spec);
      const [exact, naive] = [exactly, singly].map((f) => matrix(x, y, (p, q) => oracle.value(p, q, f)));
      const terms = matrix(x, y, (p, q) => oracle.terms(p, q, origin));
      expectEarned(variant.name, guard.values(), exact as Float64Array, naive as Float64Array, terms);
      if (m === 0) return;
      const k = 1 + (seed % m);
      const { indices, values } = topK(a, b, { metric, threads, k });
      const at = (i: number, j: number) => i * m + j;
      const chosen = Array.from({ length: n * k }, (_, slot) =>
        at(Math.floor(slot / k), indices.data()[slot] as number),
      );
      expect(new Set(chosen).size).toBe(n * k);
      const pick = (from: ArrayLike<number> | undefined) => chosen.map((slot) => from?.[slot] as number);
      expectEarned(`topK of ${variant.name}`, values.data(), pick(exact), pick(naive), pick(terms));
    }),
    { numRuns: 600, seed: 20251122 },
  );
  use(before);
});
