import { describe, expect, test } from "vitest";
import { clustering } from "../../lib/evaluate/index.js";
import { tensor } from "../../lib/index.js";
import { places } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { normal, store } from "../support/rows.js";

/** Classes on the corners of a simplex, `spread` around each. */
function clouds(classes: number, each: number, spread: number) {
  const next = normal(classes * each);
  const rows = Array.from({ length: classes * each }, (_, at) =>
    Array.from({ length: classes }, (__, k) => Math.fround((at % classes === k ? 1 : 0) + spread * next())),
  );
  return { x: store(rows, classes), labels: rows.map((_, at) => at % classes) };
}
const nothing = { nmi: Number.NaN, ami: Number.NaN, f1: Number.NaN };

describe("clustering", () => {
  test("finds classes that lie apart, whatever the seed", () => {
    const { x, labels } = clouds(6, 30, 0.05);
    for (const seed of [0, 1, 2]) expect(clustering(x, labels, { seed })).toEqual({ nmi: 1, ami: 1, f1: 1 });
  });

  test("falls as classes run into each other, to nothing", () => {
    const [near, far, lost] = [0.4, 0.8, 50].map((spread) => {
      const { x, labels } = clouds(6, 60, spread);
      return clustering(x, labels);
    });
    for (const name of ["nmi", "ami", "f1"] as const) {
      expect(near?.[name]).toBeLessThan(1);
      expect(far?.[name]).toBeLessThan(near?.[name] as number);
      expect(lost?.[name]).toBeLessThan(far?.[name] as number);
    }
    expect(Math.abs(lost?.ami as number)).toBeLessThan(0.05);
  });

  test("is the same for the same seed", () => {
    const { x, labels } = clouds(5, 40, 0.6);
    expect(clustering(x, labels, { seed: 3 })).toEqual(clustering(x, labels, { seed: 3 }));
  });

  test("looks for as many clusters as it is asked to", () => {
    const { x, labels } = clouds(4, 20, 0.05);
    const halves = labels.map((label) => label >> 1);
    expect(clustering(x, halves, { clusters: 4 }).nmi).toBeCloseTo((2 * Math.log(2)) / (Math.log(2) + Math.log(4)), 12);
    expect(clustering(x, labels, { clusters: 1 })).toMatchObject({ nmi: 0, ami: 0 });
  });

  test("equal rows are a cluster where there are no more different ones than asked for", () => {
    const rows = [
      [0, 1],
      [0, 1],
      [2, 3],
      [-0, 1],
      [2, 3],
    ];
    expect(clustering(tensor(rows), [7, 7, 9, 7, 9])).toEqual({ nmi: 1, ami: 1, f1: 1 });
    expect(clustering(tensor(rows), [7, 7, 9, 7, 9], { clusters: 5 })).toEqual({ nmi: 1, ami: 1, f1: 1 });
    expect(clustering(tensor(new Float32Array(0), [3, 0]), [1, 1, 1])).toEqual({ nmi: 1, ami: 1, f1: 1 });
  });

  test.each(["float16", "bfloat16"] as const)("takes %s", (storage) => {
    const { x, labels } = clouds(3, 20, 0.05);
    const half = tensor(x.data as Float32Array, [60, 3]).to(storage);
    expect(clustering(half, labels)).toEqual({ nmi: 1, ami: 1, f1: 1 });
  });

  test.runIf(places().includes("cuda"))("takes what lies on a GPU", () => {
    const { x, labels } = clouds(4, 30, 0.5);
    const there = tensor(x.data as Float32Array, [120, 4], { device: "cuda" });
    expect(clustering(there, labels)).toEqual(clustering(x, labels));
    expect(clustering(there.columns(1, 4), labels)).toEqual(clustering(there.columns(1, 4).to("cpu"), labels));
  });

  test("is NaN without rows, and where an element is no number", () => {
    expect(clustering(tensor(new Float32Array(0), [0, 4]), [])).toEqual(nothing);
    for (const value of [Number.NaN, Infinity])
      expect(
        clustering(
          tensor([
            [1, 2],
            [value, 0],
          ]),
          [0, 1],
        ),
      ).toEqual(nothing);
  });

  const x = tensor([
    [1, 2],
    [3, 4],
  ]);
  const REFUSALS: readonly Refusal[] = [
    [
      "more clusters than rows",
      () => clustering(x, [0, 1], { clusters: 3 }),
      "ERR_ARGUMENT",
      "clustering: clusters must be at most 2, the number of rows of embeddings, got 3",
    ],
    [
      "no round at all",
      () => clustering(x, [0, 1], { iterations: 0 }),
      "ERR_ARGUMENT",
      "clustering: iterations must be an integer of at least 1, got 0",
    ],
    [
      "a seed that is no whole number",
      () => clustering(x, [0, 1], { seed: 0.5 }),
      "ERR_ARGUMENT",
      "clustering: seed must be an integer from 0 to 4294967295, got 0.5",
    ],
    [
      "too few labels",
      () => clustering(x, [0]),
      "ERR_SHAPE",
      "clustering: labels must have 2 entries, one per row, got 1",
    ],
    [
      "an unknown option",
      () => clustering(x, [0, 1], { metric: "cosine" } as never),
      "ERR_ARGUMENT",
      'clustering: there is no option "metric"; known are clusters, seed, iterations',
    ],
  ];
  test.each(REFUSALS)("refuses %s", (...refusal) => expectRefused(refusal));
});
