import { describe, expect, test } from "vitest";
import { prepare } from "../../lib/distance/index.js";
import { DISTANCES } from "../../lib/distance/table.js";
import { type Retrieval, type RetrievalOptions, retrieval, retrievalAsync } from "../../lib/evaluate/index.js";
import { tensor } from "../../lib/index.js";
import { ORACLES as METRICS } from "../distance/oracle.js";
import { exactly } from "../support/earned.js";
import { LABELS, X } from "../support/golden.js";
import { untouched } from "../support/guard.js";
import { places, put, runOn, tensorHere } from "../support/places.js";
import { fill, normal, type Rows, stored, uniform } from "../support/rows.js";
import { CASES, type Case } from "./cases.js";
import { mean, ORACLES, type Ranking, rankings } from "./oracle.js";

type Metric = keyof typeof METRICS;
const KS = [1, 2, 10, 1000] as const;

function expected(c: Case, metric: Metric): Retrieval {
  const y = c.y ?? c.x;
  const scores = c.x.map((a) => y.map((b) => METRICS[metric].value(a, b, exactly)));
  return averaged(rankings(scores, DISTANCES[metric].closer, c.labels, c.otherLabels ?? c.labels, c.y === undefined));
}

function averaged(all: readonly Ranking[]): Retrieval {
  return {
    recallAt: Object.fromEntries(KS.map((k) => [k, mean(all.map((ranking) => ORACLES.recallAt(ranking, k)))])),
    precisionAt1: mean(all.map((ranking) => ORACLES.precisionAt1(ranking))),
    mapAtR: mean(all.map((ranking) => ORACLES.mapAtR(ranking))),
    rPrecision: mean(all.map((ranking) => ORACLES.rPrecision(ranking))),
    meanReciprocalRank: mean(all.map((ranking) => ORACLES.meanReciprocalRank(ranking))),
  };
}

/** Ranks are whole numbers, so only float64 sums may differ. */
function expectSame(got: Retrieval, wanted: Retrieval): void {
  const flat = ({ recallAt, ...rest }: Retrieval) => ({ ...rest, ...recallAt }) as Record<string, number>;
  const [a, b] = [flat(got), flat(wanted)];
  expect(Object.keys(a).sort()).toEqual(Object.keys(b).sort());
  for (const name of Object.keys(b)) expect(a[name], name).toBeCloseTo(b[name] as number, 12);
}

const scattered = (rows: Rows): Rows => rows.map((row) => row.map(Math.fround));

/** Whether bfloat16 holds these numbers. */
const isKeptBy = (rows: Rows): boolean => rows.every((row) => row.every((v) => stored(v, "bfloat16") === v));

describe.each(places())("retrieval on %s", (place) => {
  runOn(place);

  describe("agrees with the sorted definition", () => {
    test.each(CASES)("$name", (c) => {
      for (const metric of ["inner", "sqeuclidean", "euclidean"] as const) {
        const [x, y] = [put(c.x, c.d), put(c.y ?? [], c.d, "float32", c.d + 3)];
        const reference = c.y && { embeddings: y, labels: c.otherLabels as readonly number[] };
        const how = { metric, k: KS, ...(reference ? { reference } : {}) };
        expectSame(
          untouched(c.name, [x, y], () => retrieval(x, c.labels, how)),
          expected(c, metric),
        );
        if (!reference) continue;
        for (const dtype of ["float32", "bfloat16"] as const) {
          const ready = prepare(y, { metric, dtype });
          const embeddings = { reference: { embeddings: ready, labels: reference.labels } };
          if (dtype === "float32" || isKeptBy(c.y ?? []))
            expectSame(retrieval(x, c.labels, { k: KS, ...embeddings }), expected(c, metric));
        }
      }
    });
  });

  test("agrees for cosines, between which there is room for float32", () => {
    const x = scattered(fill(70, 12, normal(41)));
    const labels = x.map((_, i) => (i * 7) % 5);
    for (const metric of ["cosineSimilarity", "cosine"] as const) {
      const gaps = x.flatMap((a) => {
        const row = x.map((b) => METRICS[metric].value(a, b, exactly)).sort((p, q) => p - q);
        return row.slice(1).map((value, at) => value - (row[at] as number));
      });
      expect(Math.min(...gaps)).toBeGreaterThan(2e-7);
      expectSame(retrieval(put(x, 12), labels, { metric, k: KS }), expected({ name: "", x, labels, d: 12 }, metric));
      const [queries, others] = [x.slice(0, 30), x.slice(30)];
      const [own, theirs] = [labels.slice(0, 30), labels.slice(30)];
      const reference = { embeddings: put(others, 12), labels: theirs };
      expectSame(
        retrieval(put(queries, 12), own, { metric, k: KS, reference }),
        expected({ name: "", x: queries, labels: own, y: others, otherLabels: theirs, d: 12 }, metric),
      );
    }
  });

  describe("takes a metric with parameters", () => {
    const c = CASES.find(({ name }) => name === "20 queries of 4 classes in 49 references") as Required<Case>;
    const weights = [3, 1, 0, 2, -1];
    const sum = (terms: readonly number[]) => terms.reduce((a, b) => a + b, 0);
    const gaps = (x: readonly number[], y: readonly number[]) => x.map((v, k) => Math.abs(v - (y[k] as number)));
    const ASKED = [
      ["cityblock", () => "cityblock", (x, y) => sum(gaps(x, y)), "smaller"],
      ["chebyshev", () => ({ name: "chebyshev" }), (x, y) => Math.max(...gaps(x, y)), "smaller"],
      ["minkowski of ∞", () => ({ name: "minkowski", p: Infinity }), (x, y) => Math.max(...gaps(x, y)), "smaller"],
      [
        "structured",
        () => ({ name: "structured", diagonal: tensorHere(weights) }),
        (x, y) => sum(weights.map((w, k) => w * (x[k] as number) * (y[k] as number))),
        "larger",
      ],
    ] as const satisfies readonly (readonly [
      string,
      () => RetrievalOptions["metric"],
      (x: readonly number[], y: readonly number[]) => number,
      string,
    ])[];

    test.each(ASKED)("%s", (_, make, value, closer) => {
      const metric = make();
      for (const [y, otherLabels] of [[undefined, c.labels] as const, [c.y, c.otherLabels] as const]) {
        const scores = c.x.map((a) => (y ?? c.x).map((b) => value(a, b)));
        const all = rankings(scores, closer, c.labels, otherLabels, y === undefined);
        const reference = y && { embeddings: put(y, 5), labels: otherLabels };
        const got = retrieval(put(c.x, 5), c.labels, { metric, k: KS, ...(reference ? { reference } : {}) });
        expectSame(got, averaged(all));
      }
    });

    test("mahalanobis, between whose values there is room for float32", () => {
      const x = scattered(fill(60, 4, normal(45)));
      const precision = Float32Array.from({ length: 16 }, (_, at) => (at % 5 === 0 ? 4 ** Math.floor(at / 5) : 0));
      const metric = { name: "mahalanobis", precision: tensorHere(precision, [4, 4]) } as const;
      const scores = x.map((a) => x.map((b) => Math.sqrt(sum(gaps(a, b).map((gap, k) => 4 ** k * gap * gap)))));
      const labels = x.map((_, i) => (i * 7) % 5);
      expectSame(
        retrieval(put(x, 4), labels, { metric, k: KS }),
        averaged(rankings(scores, "smaller", labels, labels, true)),
      );
    });

    test("dims", () => {
      const narrow = c.x.map((row) => row.slice(0, 3));
      const how = { metric: "sqeuclidean", k: KS } as const;
      expect(retrieval(put(c.x, 5), c.labels, { ...how, dims: 3 })).toEqual(retrieval(put(narrow, 3), c.labels, how));
    });
  });

  test("gives the golden values", () => {
    const first = retrieval(put(X, 6), LABELS);
    expect(first.recallAt).toEqual({ 1: 0 });
    expect(first.mapAtR).toBeCloseTo(0.0357142857, 10);
    expect(first.rPrecision).toBeCloseTo(0.0714285714, 10);
    const second = retrieval(
      put(X, 6),
      LABELS.map((_, i) => i % 2),
    );
    expect(second).toMatchObject({ recallAt: { 1: 0 }, mapAtR: 0.1875, rPrecision: 0.375 });
  });

  test("a reference that is the queries themselves still finds them", () => {
    const x = put(X, 6);
    expect(retrieval(x, LABELS, { reference: { embeddings: x, labels: LABELS } }).recallAt[1]).toBe(1);
  });

  test("all alone, or nobody there: NaN", () => {
    const nothing = {
      recallAt: { 1: Number.NaN },
      precisionAt1: Number.NaN,
      mapAtR: Number.NaN,
      rPrecision: Number.NaN,
      meanReciprocalRank: Number.NaN,
    };
    expect(retrieval(put(X, 6), [0, 1, 2, 3, 4, 5, 6, 7])).toEqual(nothing);
    expect(retrieval(put([], 6), [])).toEqual(nothing);
    expect(retrieval(put(X, 6), LABELS, { reference: { embeddings: put([], 6), labels: [] } })).toEqual(nothing);
  });

  test("in a base of codes", () => {
    // The largest number of each row is 127, so that a code stands for itself.
    const c = CASES.find(({ name }) => name === "20 queries of 4 classes in 257 references") as Required<Case>;
    const led = (rows: Rows): Rows => rows.map((row) => [127, ...row]);
    const [x, y] = [led(c.x), led(c.y)];
    const labels = { labels: c.labels, otherLabels: c.otherLabels };
    for (const metric of ["inner", "sqeuclidean"] as const) {
      const embeddings = prepare(put(y, 6), { metric, dtype: "int8" });
      const reference = { embeddings, labels: c.otherLabels };
      expectSame(
        retrieval(put(x, 6), c.labels, { k: KS, reference }),
        expected({ name: "", x, y, d: 6, ...labels }, metric),
      );
    }
  });

  test("in so many references that a split of them is several tiles", () => {
    const next = uniform(46);
    const rows = (n: number): Rows => fill(n, 3, () => Math.floor(next() * 40));
    const labelled = (n: number) => Array.from({ length: n }, () => Math.floor(next() * 300));
    const [x, y, labels, otherLabels] = [rows(20), rows(17_500), labelled(20), labelled(17_500)];
    const reference = { embeddings: put(y, 3), labels: otherLabels };
    expectSame(
      retrieval(put(x, 3), labels, { metric: "inner", k: KS, reference }),
      expected({ name: "", x, y, labels, otherLabels, d: 3 }, "inner"),
    );
  });

  test("an infinite similarity is found first, a NaN never", () => {
    const [nan, inf] = [Number.NaN, Infinity];
    const embeddings = put([[1], [nan], [inf], [3], [inf], [-inf]], 1);
    const first = (labels: readonly number[]) =>
      retrieval(put([[1]], 1), [7], { metric: "inner", reference: { embeddings, labels } });
    expect(first([0, 0, 0, 0, 7, 0])).toMatchObject({ meanReciprocalRank: 0.5, mapAtR: 0 });
    expect(first([7, 7, 7, 0, 0, 0])).toMatchObject({ meanReciprocalRank: 1, rPrecision: 1 / 3, mapAtR: 1 / 3 });
    expect(first([0, 7, 0, 0, 0, 0])).toMatchObject({ meanReciprocalRank: 0, mapAtR: 0 });
    expect(first([0, 0, 0, 0, 0, 7])).toMatchObject({ meanReciprocalRank: 1 / 5, mapAtR: 0 });
  });

  test.each(["float16", "bfloat16"] as const)("takes %s as the numbers it holds", (dtype) => {
    const c = CASES[10] as Case;
    expect(retrieval(put(c.x, 5, dtype), c.labels, { metric: "inner" })).toEqual(
      retrieval(put(c.x, 5), c.labels, { metric: "inner" }),
    );
  });

  test("the same for 1, 2 and 7 threads, at once and later", async () => {
    const x = put(scattered(fill(600, 16, normal(43))), 16);
    const labels = Int32Array.from({ length: 600 }, (_, i) => (i * i) % 11);
    const y = put(scattered(fill(500, 16, normal(44))), 16);
    for (const reference of [undefined, { embeddings: y, labels: labels.subarray(0, 500) }]) {
      const how = { k: [1, 5], ...(reference ? { reference } : {}) };
      const one = retrieval(x, labels, { ...how, threads: 1 });
      for (const threads of [1, 2, 7]) {
        expect(retrieval(x, labels, { ...how, threads })).toEqual(one);
        expect(await retrievalAsync(x, labels, { ...how, threads })).toEqual(one);
      }
    }
  });
});

test.runIf(places().includes("cuda"))(
  "more positives than are listed at once: chunks of queries give what the CPU gives",
  () => {
    // 16 tiles of queries list 4.26 million.
    const next = uniform(47);
    const x = tensor(
      Float32Array.from({ length: 2100 }, () => Math.floor(next() * 1000)),
      [2100, 1],
    );
    const labels = new Int32Array(2100).fill(3);
    const how = { metric: "inner", k: KS } as const;
    labels.fill(4, 2040, 2050);
    expectSame(retrieval(x.to("cuda"), labels, how), retrieval(x, labels, how));
  },
);
