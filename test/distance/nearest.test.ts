import { describe, expect, test } from "vitest";
import { topK } from "../../lib/distance/index.js";
import { exactly } from "../support/earned.js";
import { untouched } from "../support/guard.js";
import { places, put, runOn } from "../support/places.js";
import type { Rows } from "../support/rows.js";
import { CASES, type Case, nearDuplicates, offset } from "./cases.js";
import { EXACT, nearlyEqual, ranked, wholes } from "./ranks.js";
import { closer, fitted, metricOf, type Variant, variantsOf } from "./variants.js";

/** Near-duplicates and rows far from the origin, where the usual expansion fails. */
const d = 24;
const hard = (name: string, x: Rows): Case => ({ name, x, y: x.slice(0, 60), d, storage: "float32", stride: d });
const HARD = [
  hard("unit vectors 1e-3 apart", nearDuplicates(70, d, 1e-3)),
  hard("rows with mean 1000", offset(70, d, 1000)),
];

/** Orders in which the rows of a base may come. */
const ARRIVALS: Record<string, (j: number) => number> = {
  "closest first": (j) => j,
  "farthest first": (j) => 1999 - j,
  "in pairs, shuffled": (j) => (j * 1237) % 1000,
  "all the same": () => 7,
  "a few close ones last": (j) => (j < 1950 ? 100 : j - 1950),
};

describe.each(places())("topK on %s", (place) => {
  runOn(place);

  test.each([1, 2, 10, 16, 17, 64, 65, 100, 1000, 1300])(
    "k = %i of 1300: order, values, ties to the lower index",
    (k) => {
      const [x, y] = [wholes(19, 4, 1), wholes(1300, 4, 2)];
      for (const metric of EXACT) {
        const { values, indices } = topK(put(x, 4), put(y, 4), { k, metric });
        const expected = x.map((row) => ranked(row, y, metric).slice(0, k));
        expect(indices.toArray(), metric).toEqual(expected.map((row) => row.map(({ index }) => index)));
        expect(values.toArray(), metric).toEqual(expected.map((row) => row.map(({ value }) => Math.fround(value))));
        expect(indices.dtype).toBe("int32");
      }
    },
  );

  test.each([1, 40, 1500])("k = %i of 1500, few queries: ties across blocks and threads go to the lower index", (k) => {
    const [x, y] = [wholes(3, 4, 8), wholes(1500, 4, 9)];
    for (const metric of EXACT) {
      const { indices } = topK(put(x, 4), put(y, 4), { k, metric, threads: 3 });
      const expected = x.map((row) => ranked(row, y, metric).slice(0, k));
      expect(indices.toArray(), metric).toEqual(expected.map((row) => row.map(({ index }) => index)));
    }
  });

  test.each(Object.entries(ARRIVALS))("%s: the same lists, whatever their length", (_, at) => {
    const base = Array.from({ length: 2000 }, (_, j) => [at(j)]);
    const queries = Array.from({ length: 60 }, (_, i) => [-i]);
    // Few queries share the columns among ranges, more do not.
    for (const x of [queries.slice(0, 2), queries]) {
      const expected = x.map((row) => ranked(row, base, "euclidean"));
      for (const k of [1, 16, 17, 100, 400, 1999]) {
        const { values, indices } = topK(put(x, 1), put(base, 1), { k });
        const cut = expected.map((row) => row.slice(0, k));
        expect(indices.data(), `${k}`).toEqual(Int32Array.from(cut.flatMap((row) => row.map(({ index }) => index))));
        expect(values.data(), `${k}`).toEqual(Float32Array.from(cut.flatMap((row) => row.map(({ value }) => value))));
      }
    }
  });

  test("what the sweep's error would push off the end of a list is listed", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { query, base } = nearlyEqual(400, 24, 3e-7, seed);
      const [x, y] = [put([query], 24), put(base, 24)];
      const all = topK(x, y, { k: 400, metric: "sqeuclidean" });
      for (const k of [1, 10, 30, 100]) {
        const { indices } = topK(x, y, { k, metric: "sqeuclidean" });
        expect(indices.data(), `${k} of seed ${seed}`).toEqual(all.indices.data().slice(0, k));
      }
    }
  });

  test("ties of cosines go to the lower index too", () => {
    const x = wholes(7, 3, 3);
    const base = [...x, ...x, ...x];
    for (const metric of ["cosine", "cosineSimilarity"] as const) {
      const { indices } = topK(put(x, 3), put(base, 3), { k: 21, metric });
      const places = (indices.toArray() as number[][]).map((row) => new Map(row.map((index, at) => [index, at])));
      for (const at of places) {
        for (let j = 0; j < 14; j++) expect(at.get(j) as number).toBeLessThan(at.get(j + 7) as number);
      }
    }
  });

  test.each([1, 5, 49, 50])("excludeSelf with k = %i of 50; a slot lost to it is −1 and NaN", (k) => {
    const x = wholes(50, 4, 4);
    for (const metric of EXACT) {
      const stored = put(x, 4);
      const { values, indices } = topK(stored, stored, { k, metric, excludeSelf: true });
      const expected = x.map((row, i) => ranked(row, x, metric, i).slice(0, k));
      const lost = k === 50;
      expect(indices.toArray()).toEqual(
        expected.map((row) => [...row.map(({ index }) => index), ...(lost ? [-1] : [])]),
      );
      expect(values.toArray()).toEqual(
        expected.map((row) => [...row.map(({ value }) => Math.fround(value)), ...(lost ? [Number.NaN] : [])]),
      );
    }
  });

  test("excludeSelf leaves out row i of another base too", () => {
    const [x, y] = [wholes(3, 2, 5), wholes(2, 2, 6)];
    const { indices } = topK(put(x, 2), put(y, 2), { k: 2, excludeSelf: true });
    const rows = indices.toArray() as number[][];
    expect(rows[0]).toEqual([1, -1]);
    expect(rows[1]).toEqual([0, -1]);
    expect([...(rows[2] as number[])].sort()).toEqual([0, 1]);
  });

  test("NaN enters no list, and infinities rank as numbers", () => {
    const base = [
      [Number.NaN, 0],
      [1, 0],
      [Number.POSITIVE_INFINITY, 0],
      [3, 0],
      [Number.NEGATIVE_INFINITY, 0],
    ];
    const found = topK(
      put(
        [
          [1, 0],
          [Number.NaN, 1],
        ],
        2,
      ),
      put(base, 2),
      { k: 5, metric: "inner" },
    );
    expect(found.indices.toArray()).toEqual([
      [2, 3, 1, 4, -1],
      [-1, -1, -1, -1, -1],
    ]);
    expect(found.values.toArray()).toEqual([
      [Number.POSITIVE_INFINITY, 3, 1, Number.NEGATIVE_INFINITY, Number.NaN],
      [Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN],
    ]);
  });

  test("no queries, no neighbours", () => {
    const { values, indices } = topK(put([], 3), put(wholes(4, 3, 7), 3), { k: 2 });
    expect([values.shape, indices.shape]).toEqual([
      [0, 2],
      [0, 2],
    ]);
  });

  const many = CASES.filter(({ x, y }) => x.length > 0 && (y ?? x).length > 0);
  test.each([...many, ...HARD])("$name: values right to 1e-5, nothing closer left out", (c) => {
    for (const variant of variantsOf(c)) expectNearest(variant, c);
  });
});

interface Scores {
  /** [N][M], by the formula. */
  readonly exact: readonly (readonly number[])[];
  /** How far a returned value may be off. */
  readonly slack: readonly (readonly number[])[];
}
const known = new Map<string, Scores>();

/** Made once, whatever the number of places. */
function scoresOf({ name, c, y, oracle }: ReturnType<typeof fitted>): Scores {
  const made = known.get(name);
  if (made) return made;
  const exact = c.x.map((a) => y.map((b) => oracle.value(a, b, exactly)));
  const slackOf = (a: readonly number[], i: number) =>
    y.map((b, j) => 1e-5 * oracle.size(a, b, exact[i]?.[j] as number));
  const found = { exact, slack: c.x.map(slackOf) };
  known.set(name, found);
  return found;
}

function expectNearest(variant: Variant, given: Case): void {
  const of = fitted(variant, given);
  const { c, y, spec, name } = of;
  const metric = metricOf(spec);
  const k = Math.min(10, y.length);
  const [queries, base] = [put(c.x, c.d, c.storage, c.stride), put(y, c.d, c.storage, c.stride)];
  const { values, indices } = untouched(name, [queries, base], () => topK(queries, base, { k, metric }));
  const sign = closer(spec) === "smaller" ? 1 : -1;
  const wrong: string[] = [];
  const scores = scoresOf(of);
  c.x.forEach((_query, i) => {
    const [exact, slack] = [scores.exact[i] as number[], scores.slack[i] as number[]];
    const chosen = [...indices.data().subarray(i * k, (i + 1) * k)];
    const inside = new Set(chosen);
    if (inside.size !== k) wrong.push(`query ${i} lists ${chosen}`);
    chosen.forEach((j, at) => {
      const value = values.data()[i * k + at] as number;
      if (Math.abs(value - (exact[j] as number)) <= (slack[j] as number)) return;
      wrong.push(`(${i}, ${j}) is ${exact[j]}, got ${value}`);
    });
    const last = chosen.at(-1) as number;
    y.forEach((_row, j) => {
      const lead = sign * ((exact[last] as number) - (exact[j] as number));
      if (inside.has(j) || lead <= (slack[last] as number) + (slack[j] as number)) return;
      wrong.push(`${j} is closer to ${i} than ${last}, but left out`);
    });
  });
  expect(wrong, name).toEqual([]);
}
