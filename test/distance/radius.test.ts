import { beforeAll, describe, expect, test } from "vitest";
import { type Pairs, pairwise, radius, radiusAsync, topK } from "../../lib/distance/index.js";
import { native } from "../../lib/native.js";
import type { AsyncOptions, Input, NumericArray } from "../../lib/types.js";
import { untouched, zone } from "../support/guard.js";
import { onePerDevice, places, processors, put, runOn } from "../support/places.js";
import { fill, normal, type Rows, store } from "../support/rows.js";
import { CASES, type Case, nearDuplicates, offset } from "./cases.js";
import type { PlainName } from "./oracle.js";
import { EXACT, nearlyEqual, ranked, signOf, type Slot, wholes } from "./ranks.js";
import { closer, fitted, metricOf, type Variant, variantsOf, variantsOn } from "./variants.js";

/** A query's pairs each. */
function rowsOf({ offsets, indices, values }: Pairs): Slot[][] {
  expect([offsets[0], offsets.at(-1), offsets.at(-1)]).toEqual([0, indices.length, values.length]);
  return Array.from({ length: offsets.length - 1 }, (_, i) => {
    const [from, to] = [offsets[i] as number, offsets[i + 1] as number];
    return [...indices.subarray(from, to)].map((index, at) => ({ index, value: values[from + at] as number }));
  });
}

/** All that are within, by sorting everything. */
function expected(x: Rows, y: Rows, metric: PlainName, limit: number, excludeSelf = false): Slot[][] {
  const sign = signOf(metric);
  return x.map((row, i) =>
    ranked(row, y, metric, excludeSelf ? i : -1)
      .map(({ index, value }) => ({ index, value: Math.fround(value) }))
      .filter(({ value }) => sign * (value - Math.fround(limit)) <= 0),
  );
}

/** Of the neighbours that `topK` lists, all there are, those within. */
function within(values: NumericArray, indices: NumericArray, k: number, sign: number, limit: number): Pairs {
  const n = k === 0 ? 0 : values.length / k;
  const offsets = new Int32Array(n + 1);
  const kept: number[] = [];
  for (let i = 0; i < n; i++) {
    for (let at = i * k; at < (i + 1) * k && sign * ((values[at] as number) - limit) <= 0; at++) kept.push(at);
    offsets[i + 1] = kept.length;
  }
  const pick = (from: NumericArray) => kept.map((at) => from[at] as number);
  return { offsets, indices: Int32Array.from(pick(indices)), values: Float32Array.from(pick(values)) };
}

/** So few queries pass over the base in another way in topK: its sums may differ from a sweep's in the last bit. */
const FEW = 4;
const bits = (array: NumericArray) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

const d = 24;
const close = (name: string, x: Rows): Case => ({ name, x, y: x.slice(0, 60), d, storage: "float32", stride: d });
const HARD = [
  close("unit vectors 1e-3 apart", nearDuplicates(70, d, 1e-3)),
  close("unit vectors 0.15 apart", nearDuplicates(70, d, 0.15)),
  close("rows with mean 1000", offset(70, d, 1000)),
  close("rows with mean 4", offset(70, d, 4)),
];

/** Radii that are values of pairs, so that pairs stand exactly on the border, and one beyond all. */
function expectListed(variant: Variant, given: Case): void {
  const of = fitted(variant, given);
  const { c, y, spec } = of;
  if (y.length === 0 || c.x.length <= FEW) return;
  const [a, b] = [put(c.x, c.d, c.storage, c.stride), put(y, c.d, c.storage, c.stride)];
  const metric = metricOf(spec);
  const sign = closer(spec) === "smaller" ? 1 : -1;
  const { values, indices } = topK(a, b, { metric, k: y.length });
  const every = values.data().filter(Number.isFinite).sort();
  for (const share of [0.02, 0.4]) {
    const limit = every[Math.floor(share * every.length)];
    if (limit === undefined) continue;
    const found = untouched(of.name, [a, b], () => radius(a, b, { metric, radius: limit }));
    const wanted = within(values.data(), indices.data(), y.length, sign, limit);
    for (const part of ["offsets", "indices", "values"] as const)
      if (!bits(found[part]).equals(bits(wanted[part])))
        expect(found[part], `${part} of ${of.name}, radius ${limit}`).toEqual(wanted[part]);
  }
}

describe.each(places())("radius on %s", (place) => {
  runOn(place);

  test.each([
    [19, 130],
    [3, 1500],
    [200, 70],
  ])("%i×%i whole numbers: exactly the pairs within, closest first, ties to the lower index", (n, m) => {
    const [x, y] = [wholes(n, 4, 1), wholes(m, 4, 2)];
    for (const metric of EXACT) {
      for (const within of [0, 2, Math.sqrt(5), 6, 40]) {
        const found = radius(put(x, 4), put(y, 4), { radius: within, metric, threads: 3 });
        expect(rowsOf(found), `${metric} ${within}`).toEqual(expected(x, y, metric, within));
      }
    }
  });

  test("none is within a negative distance; a similarity may be negative", () => {
    const x = wholes(30, 4, 3);
    expect(radius(put(x, 4), put(x, 4), { radius: -1e-3 }).indices.length).toBe(0);
    const found = radius(put(x, 4), put(x, 4), { radius: -3, metric: "inner" });
    expect(rowsOf(found)).toEqual(expected(x, x, "inner", -3));
  });

  test("excludeSelf leaves out pair (i, i), of another base too", () => {
    const [x, y] = [wholes(50, 4, 4), wholes(20, 4, 5)];
    const stored = put(x, 4);
    const own = radius(stored, stored, { radius: 2, excludeSelf: true });
    expect(rowsOf(own)).toEqual(expected(x, x, "euclidean", 2, true));
    const other = radius(stored, put(y, 4), { radius: 2, excludeSelf: true });
    expect(rowsOf(other)).toEqual(expected(x, y, "euclidean", 2, true));
  });

  test("NaN is never within, infinities compare as numbers", () => {
    const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
    const base = [[nan], [1], [inf], [3], [-inf]];
    const found = radius(put([[1], [nan]], 1), put(base, 1), { radius: 2, metric: "inner" });
    expect(rowsOf(found)).toEqual([
      [
        { index: 2, value: inf },
        { index: 3, value: 3 },
      ],
      [],
    ]);
    const apart = radius(put([[1], [nan]], 1), put(base, 1), { radius: 1e30, metric: "cityblock" });
    expect(rowsOf(apart)).toEqual([
      [
        { index: 1, value: 0 },
        { index: 3, value: 2 },
      ],
      [],
    ]);
  });

  test("no queries, no base, no columns", () => {
    const some = put(wholes(4, 3, 7), 3);
    expect(radius(put([], 3), some, { radius: 1 })).toEqual({
      offsets: Int32Array.of(0),
      indices: new Int32Array(0),
      values: new Float32Array(0),
    });
    expect(radius(some, put([], 3), { radius: 1 }).offsets).toEqual(new Int32Array(5));
    expect(rowsOf(radius(put([[], []], 0), put([[]], 0), { radius: 0 }))).toEqual([
      [{ index: 0, value: 0 }],
      [{ index: 0, value: 0 }],
    ]);
  });

  test.each(CASES)("$name: the very pairs that topK lists within", (c) => {
    for (const variant of variantsOf(c)) expectListed(variant, c);
  });

  test.each(variantsOn(place))("$name, hard data: the very pairs that topK lists within", (variant) => {
    for (const c of HARD) expectListed(variant, c);
  });

  test("what the sweep would leave outside by its error is found", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { query, base } = nearlyEqual(400, 24, 3e-7, seed);
      const [x, y] = [put(Array(FEW + 1).fill(query), 24), put(base, 24)];
      const all = topK(x, y, { k: 400, metric: "sqeuclidean" });
      for (const at of [0, 60, 200]) {
        const { indices } = radius(x, y, { radius: all.values.data()[at] as number, metric: "sqeuclidean" });
        expect([...indices.subarray(0, at + 1)]).toEqual([...all.indices.data().subarray(0, at + 1)]);
      }
    }
  });

  test("dims: only the first columns", () => {
    const [x, y] = [wholes(20, 7, 8), wholes(60, 7, 9)];
    const found = radius(put(x, 7), put(y, 7), { radius: 2, dims: 3 });
    const cut = (rows: Rows): Rows => rows.map((row) => row.slice(0, 3));
    expect(rowsOf(found)).toEqual(expected(cut(x), cut(y), "euclidean", 2));
  });

  test("the same bits for 1, 2 and 7 threads, at once and later", async () => {
    for (const [n, m] of [
      [3, 2100],
      [900, 30],
      [300, 200],
    ] as const) {
      const [x, y] = [put(fill(n, 33, normal(1)), 33), put(fill(m, 33, normal(2)), 33)];
      const found = new Set<string>();
      for (const threads of [1, 2, 7]) {
        const how = { radius: 7.5, threads };
        for (const { offsets, indices, values } of [radius(x, y, how), await radiusAsync(x, y, how)]) {
          expect(indices.length).toBeGreaterThan(0);
          found.add([offsets, indices, values].map((a) => Buffer.from(a.buffer).toString("base64")).join());
        }
      }
      expect(found.size, `${n}×${m}`).toBe(1);
    }
  });
});

test("values are those of pairwise where nothing cancels, and every other pair is farther", () => {
  const [x, y] = [put(fill(40, 16, normal(5)), 16), put(fill(300, 16, normal(6)), 16)];
  const found = rowsOf(radius(x, y, { radius: 4.5, metric: "euclidean" }));
  const all = pairwise(x, y).toArray() as number[][];
  const close = all.map((row) => row.filter((value) => value <= 4.5).length);
  expect(found.map((row) => row.length)).toEqual(close);
  for (const [i, row] of found.entries())
    for (const { index, value } of row) expect(value / (all[i]?.[index] as number)).toBeCloseTo(1, 5);
});

describe.each(onePerDevice())("maxPairs on %s", (place) => {
  runOn(place);
  const rows = wholes(60, 4, 11);
  const total = expected(rows, rows, "euclidean", 2).flat().length;
  let x: Input;
  beforeAll(() => {
    x = put(rows, 4);
  });

  test("as many as there are is enough", () => {
    expect(radius(x, x, { radius: 2, maxPairs: total }).indices.length).toBe(total);
  });

  test.each([1, 2])("beyond, the error says how many there are; %i threads", async (threads) => {
    for (const maxPairs of [1, total - 1]) {
      const words = `radius: maxPairs must be at least ${total}, the number of pairs within the radius, got ${maxPairs}`;
      const wanted = { name: "WarpweftError", code: "ERR_MEMORY", message: words };
      expect(() => radius(x, x, { radius: 2, maxPairs, threads })).toThrow(expect.objectContaining(wanted));
      const later = radiusAsync(x, x, { radius: 2, maxPairs, threads });
      await expect(later).rejects.toMatchObject({
        ...wanted,
        message: words.replace("radius:", "radiusAsync: radius:"),
      });
    }
  });

  test("pairs that the sweep takes for candidates are not counted", () => {
    const { query, base } = nearlyEqual(400, 24, 3e-7, 1);
    const [a, b] = [put(Array(FEW + 1).fill(query), 24), put(base, 24)];
    const { values } = topK(a, b, { k: 400, metric: "sqeuclidean" });
    const within = values.data()[9] as number;
    const count = values.data().filter((value) => value <= within).length;
    expect(() => radius(a, b, { radius: within, metric: "sqeuclidean", maxPairs: 1 })).toThrow(`at least ${count},`);
  });
});

describe.each(onePerDevice())("more pairs than there is room for at first, on %s", (place) => {
  runOn(place);

  test("all of 300 by 300", () => {
    const x = wholes(300, 4, 13);
    const found = radius(put(x, 4), put(x, 4), { radius: -1e30, metric: "inner" });
    expect(rowsOf(found)).toEqual(expected(x, x, "inner", -1e30));
  });

  test("all of 1100 by 1000, counted to the end", () => {
    const [x, y] = [put(wholes(1100, 2, 14), 2), put(wholes(1000, 2, 15), 2)];
    const all = () => radius(x, y, { radius: -1e30, metric: "inner", maxPairs: 70_000 });
    expect(all).toThrow("maxPairs must be at least 1100000,");
  });
});

describe("radiusAsync", () => {
  const rows = (n: number) => put(fill(n, 64, normal(n)), 64);

  test("progress rises to its total", async () => {
    const seen: [done: number, total: number][] = [];
    const onProgress: AsyncOptions["onProgress"] = (done, total) => seen.push([done, total]);
    await radiusAsync(rows(1200), rows(2500), { radius: 9, threads: 1, onProgress });
    const shares = seen.map(([done, total]) => done / total);
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });

  test("ends with ERR_ABORTED when its signal says so midway", async () => {
    const stop = new AbortController();
    const many = rows(4000);
    const running = radiusAsync(many, many, { radius: 100, threads: 1, signal: stop.signal });
    setTimeout(() => stop.abort(), 2);
    await expect(running).rejects.toMatchObject({ code: "ERR_ABORTED" });
  });
});

describe.each(processors())("the native calls of radius on %s", (place) => {
  runOn(place);

  test("what the native call copies out fills its arrays and nothing beside them", () => {
    const [x, found] = [wholes(70, 4, 12), native().distance.newPairs()];
    const side = [store(x, 4).data, 0, 70, 4] as const;
    native().distance.radius(2, undefined, 3, 0, 0, ...side, ...side, 4, true, null, 6, false, 1e6, found);
    const total = native().distance.pairOffsets(found)[70] as number;
    expect(total).toBeGreaterThan(70);
    const [indices, values] = [zone(Int32Array, total), zone(Float32Array, total)];
    native().distance.takePairs(2, undefined, found, indices.inside, values.inside);
    for (const result of [indices, values]) {
      result.expectIntact("radius");
      expect(result.read().indexOf(-12345)).toBe(-1);
    }
    const short = zone(Int32Array, total - 1).inside;
    expect(() => native().distance.takePairs(1, undefined, found, short, values.inside)).toThrow(/must hold/);
    expect(() => native().distance.pairOffsets(native().job() as never)).toThrow(/handle of pairs/);
  });
});
