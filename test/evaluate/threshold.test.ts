import { describe, expect, test } from "vitest";
import { thresholdInconsistency, thresholdInconsistencyAsync } from "../../lib/evaluate/index.js";
import { tensor } from "../../lib/index.js";
import { untouched } from "../support/guard.js";
import { places, put, runOn, tensorHere } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { fill, normal, type Rows, uniform } from "../support/rows.js";
import { binned, pairsOf, unbinned } from "./opis.js";

/** Whole numbers, whose inner products and squared distances are exact. */
function wholes(n: number, d: number, seed: number): Rows {
  const next = uniform(seed);
  return fill(n, d, () => Math.floor(next() * 9) - 4);
}
const labelsOf = (n: number, classes: number, seed: number) => {
  const next = uniform(seed);
  return Array.from({ length: n }, () => 5 * Math.floor(classes * next() ** 2) - 7);
};
const sum = (terms: readonly number[]) => terms.reduce((a, b) => a + b, 0);
const VALUES = {
  inner: (x: readonly number[], y: readonly number[]) => sum(x.map((v, k) => v * (y[k] as number))),
  sqeuclidean: (x: readonly number[], y: readonly number[]) => sum(x.map((v, k) => (v - (y[k] as number)) ** 2)),
  cityblock: (x: readonly number[], y: readonly number[]) => sum(x.map((v, k) => Math.abs(v - (y[k] as number)))),
};

/** Each score as the number of its bin, the distance's counted from the far end. */
function binsOf(x: Rows, metric: keyof typeof VALUES, bins: number): number[][] {
  const scores = x.map((a) => x.map((b) => VALUES[metric](a, b)));
  const [low, high] = [Math.min(...scores.flat()), Math.max(...scores.flat())];
  const scale = Math.fround(bins / (high - low));
  return scores.map((row) =>
    row.map((score) => {
      const bin = Math.min(bins - 1, Math.floor(Math.fround((score - low) * scale)));
      return metric === "inner" ? bin : bins - 1 - bin;
    }),
  );
}

const DEFINED = (
  [
    [20, 3],
    [49, 4],
    [130, 40],
  ] as const
).flatMap(([n, classes]) =>
  (["inner", "sqeuclidean", "cityblock"] as const).flatMap((metric) =>
    (
      [
        [64, [0.01, 0.1]],
        [7, [0, 1]],
        [300, [0.2, 0.7]],
      ] as const
    ).map(([bins, farRange]) => ({ n, classes, metric, bins, farRange })),
  ),
);
type Defined = (typeof DEFINED)[number];

const rowsOf = ({ n, classes }: Defined) => ({ x: wholes(n, 6, n), labels: labelsOf(n, classes, n + 1) });

/** Reckoned once for all places. */
const reckoned = new Map<Defined, number>();
function definition(c: Defined): number {
  const { x, labels } = rowsOf(c);
  const value = reckoned.get(c) ?? binned(pairsOf(binsOf(x, c.metric, c.bins), labels), c.bins, c.farRange);
  reckoned.set(c, value);
  return value;
}

/** Classes around centres, `tight` of them closer together than the rest. */
function clouds(classes: number, each: number, d: number, spread: (i: number) => number) {
  const next = normal(classes + each);
  const centres = fill(classes, d, next);
  const rows = centres.flatMap((centre, i) =>
    Array.from({ length: each }, () => centre.map((v) => Math.fround(v + spread(i) * next()))),
  );
  return { rows, labels: rows.map((_, at) => Math.floor(at / each)) };
}
const cosine = (x: readonly number[], y: readonly number[]) =>
  VALUES.inner(x, y) / Math.sqrt(VALUES.inner(x, x) * VALUES.inner(y, y));

const UNEVEN = clouds(6, 10, 8, (i) => 0.2 + 0.15 * i);
const WITHOUT_BINS = unbinned(
  pairsOf(
    UNEVEN.rows.map((a) => UNEVEN.rows.map((b) => cosine(a, b))),
    UNEVEN.labels,
  ),
  [0.01, 0.1],
);

describe.each(places())("thresholdInconsistency on %s", (place) => {
  runOn(place);

  test.each(DEFINED)("is the definition's, with the same bins: $n rows, $metric, $bins bins", (c) => {
    const { n, metric, bins, farRange } = c;
    const { x, labels } = rowsOf(c);
    const given = put(x, 6, "float32", 9);
    const got = untouched("rows", [given], () => thresholdInconsistency(given, labels, { metric, bins, farRange }));
    const wanted = definition(c);
    expect(wanted).toBeGreaterThan(0);
    expect(got / wanted, `${n} rows`).toBeCloseTo(1, 9);
  });

  test("comes close to the definition without bins", () => {
    const off = (bins: number) =>
      Math.abs(thresholdInconsistency(put(UNEVEN.rows, 8), UNEVEN.labels, { bins }) / WITHOUT_BINS - 1);
    expect(off(1000)).toBeLessThan(0.05);
    expect(off(100_000)).toBeLessThan(0.005);
  });

  test("is 0 where classes are alike, and grows where they are not", () => {
    const corners = [0, 1, 2, 3].flatMap((i) => {
      const corner = [0, 0, 0, 0];
      corner[i] = 1;
      return [corner, corner.map((v) => v + 0.25), corner.map((v) => v * 0.5 + 0.1)];
    });
    const labels = corners.map((_, at) => Math.floor(at / 3));
    expect(thresholdInconsistency(put(corners, 4), labels, { farRange: [0.05, 0.5] })).toBeCloseTo(0, 12);
    const alike = clouds(8, 15, 6, () => 0.3);
    const mixed = clouds(8, 15, 6, (i) => (i < 4 ? 0.1 : 0.9));
    const [low, high] = [alike, mixed].map(({ rows, labels: of }) => thresholdInconsistency(put(rows, 6), of));
    expect(high).toBeGreaterThan(3 * (low as number));
  });

  test("the same for 1, 2 and 7 threads, in any order of the rows, at once and later", async () => {
    const { rows, labels } = clouds(30, 20, 16, (i) => 0.1 + i / 40);
    const x = put(rows, 16);
    const one = thresholdInconsistency(x, labels, { threads: 1 });
    for (const threads of [1, 2, 7]) {
      expect(thresholdInconsistency(x, labels, { threads })).toBe(one);
      expect(await thresholdInconsistencyAsync(x, labels, { threads })).toBe(one);
    }
    const order = rows.map((_, at) => (at * 7) % rows.length);
    const shuffled = order.map((at) => rows[at] as number[]);
    const theirs = order.map((at) => labels[at] as number);
    expect(thresholdInconsistency(put(shuffled, 16), theirs)).toBeCloseTo(one, 9);
  });

  test("a row alone in its class counts in the overall rate only", () => {
    const { rows, labels } = clouds(5, 10, 6, (i) => 0.1 + i / 5);
    const [x, ids] = [
      [...rows, rows[0] as number[]],
      [...labels, 99],
    ];
    const scores = x.map((a) => x.map((b) => Math.min(999, Math.floor(500 * (cosine(a, b) + 1)))));
    const wanted = binned(pairsOf(scores, ids), 1000, [0.01, 0.1]);
    expect(thresholdInconsistency(put(x, 6), ids) / wanted).toBeCloseTo(1, 2);
  });

  test.each(["float16", "bfloat16"] as const)("takes %s, and dims", (storage) => {
    const [x, labels] = [wholes(60, 6, 3), labelsOf(60, 3, 4)];
    const how = { metric: "sqeuclidean", dims: 4 } as const;
    const narrow = x.map((row) => row.slice(0, 4));
    expect(thresholdInconsistency(put(x, 6, storage), labels, how)).toBe(
      thresholdInconsistency(put(narrow, 4), labels, { metric: "sqeuclidean" }),
    );
  });

  test("takes metrics with parameters, symmetric or not", () => {
    const [x, labels] = [put(wholes(60, 6, 3), 6), labelsOf(60, 3, 4)];
    const ones = tensorHere(new Float32Array(6).fill(1));
    expect(thresholdInconsistency(x, labels, { metric: { name: "structured", diagonal: ones } })).toBeCloseTo(
      thresholdInconsistency(x, labels, { metric: "inner" }),
      12,
    );
    expect(thresholdInconsistency(x, labels, { metric: { name: "minkowski", p: 1 } })).toBe(
      thresholdInconsistency(x, labels, { metric: "cityblock" }),
    );
    expect(thresholdInconsistency(x, labels, { metric: "snr" })).toBeGreaterThan(0);
  });

  test("is NaN without pairs of both kinds, and for values that are no numbers", () => {
    const x = put(wholes(6, 3, 1), 3);
    for (const labels of [
      [1, 1, 1, 1, 1, 1],
      [1, 2, 3, 4, 5, 6],
    ])
      expect(thresholdInconsistency(x, labels)).toBeNaN();
    expect(thresholdInconsistency(put([], 3), [])).toBeNaN();
    for (const value of [Number.NaN, Infinity])
      for (const metric of ["cosineSimilarity", "sqeuclidean"] as const) {
        const rows = [...wholes(5, 3, 1), [value, 0, 0]];
        expect(thresholdInconsistency(put(rows, 3), [0, 0, 0, 1, 1, 1], { metric })).toBeNaN();
      }
  });

  test("is 0 where all values are one", () => {
    const rows = Array.from({ length: 6 }, () => [1, 2, 3]);
    for (const metric of ["cosineSimilarity", "euclidean", "inner"] as const)
      expect(thresholdInconsistency(put(rows, 3), [0, 0, 0, 1, 1, 1], { metric })).toBeCloseTo(0, 12);
  });
});

const x = tensor([
  [1, 2],
  [3, 4],
]);
const REFUSALS: readonly Refusal[] = [
  [
    "rates that fall",
    () => thresholdInconsistency(x, [0, 1], { farRange: [0.5, 0.1] }),
    "ERR_ARGUMENT",
    "thresholdInconsistency: farRange[1] must be a finite number above 0.5 and of at most 1, got 0.1",
  ],
  [
    "one rate",
    () => thresholdInconsistency(x, [0, 1], { farRange: 0.5 as never }),
    "ERR_ARGUMENT",
    "thresholdInconsistency: farRange must be two rates [least, most], got 0.5",
  ],
  [
    "a rate below 0",
    () => thresholdInconsistency(x, [0, 1], { farRange: [-1, 0.5] }),
    "ERR_ARGUMENT",
    "thresholdInconsistency: farRange[0] must be a finite number of at least 0 and below 1, got -1",
  ],
  [
    "one bin",
    () => thresholdInconsistency(x, [0, 1], { bins: 1 }),
    "ERR_ARGUMENT",
    "thresholdInconsistency: bins must be an integer from 2 to 1048576, got 1",
  ],
  [
    "too few labels",
    () => thresholdInconsistency(x, [0]),
    "ERR_SHAPE",
    "thresholdInconsistency: labels must have 2 entries, one per row, got 1",
  ],
  [
    "an unknown option",
    () => thresholdInconsistency(x, [0, 1], { range: 1 } as never),
    "ERR_ARGUMENT",
    'thresholdInconsistency: there is no option "range"; known are farRange, metric, dims, bins, threads',
  ],
  [
    "an aborted signal",
    () => thresholdInconsistencyAsync(x, [0, 1], { signal: AbortSignal.abort() }),
    "ERR_ABORTED",
    "thresholdInconsistencyAsync: aborted by its signal",
  ],
];
test.each(REFUSALS)("thresholdInconsistency refuses %s", (...refusal) => expectRefused(refusal));
