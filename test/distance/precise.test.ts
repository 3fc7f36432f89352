import { describe, expect, test } from "vitest";
import { pairwise } from "../../lib/distance/index.js";
import type { Metric } from "../../lib/distance/types.js";
import { exactly } from "../support/earned.js";
import { places, put, runOn } from "../support/places.js";
import { fill, normal, type Rows } from "../support/rows.js";
import { nearDuplicates, offset } from "./cases.js";
import { ORACLES } from "./oracle.js";

type Row = readonly number[];
const squares = (row: Row): number => row.reduce((sum, value) => sum + value * value, 0);

/**
 * The promise: with r = d²/(|x|² + |y|²), a distance is right to 1e-5 where r < 0.01 and where r > 0.2, and to 5e-4
 * between. Cosines are distances of unit vectors, so there r is d.
 */
function promised(metric: Metric, x: Row, y: Row): number {
  const ratio =
    metric === "cosine"
      ? ORACLES.cosine.value(x, y, exactly)
      : ORACLES.sqeuclidean.value(x, y, exactly) / (squares(x) + squares(y));
  return ratio < 0.01 || ratio > 0.2 ? 1e-5 : 5e-4;
}

const d = 48;
/** Pairs at every distance: two copies of the same rows, moved by ever larger steps. */
function graded(): { x: Rows; y: Rows } {
  const x = fill(60, d, normal(21)).map((row) => row.map(Math.fround));
  const step = fill(60, d, normal(22));
  const y = x.map((row, i) =>
    row.map((value, k) => Math.fround(value + 10 ** (-5 + i / 10) * (step[i]?.[k] as number))),
  );
  return { x, y };
}

const DATA: Readonly<Record<string, { readonly x: Rows; readonly y?: Rows }>> = {
  "unit vectors 1e-3 apart": { x: nearDuplicates(80, d, 1e-3) },
  "unit vectors 1e-2 apart": { x: nearDuplicates(80, d, 1e-2), y: nearDuplicates(50, d, 1e-2) },
  "unit vectors 0.3 apart": { x: nearDuplicates(80, d, 0.3) },
  "rows with mean 1000": { x: offset(80, d, 1000) },
  "rows with mean 1000, two sets": { x: offset(30, d, 1000, 7), y: offset(70, d, 1000, 8) },
  "rows with mean 1000, and a zero row": { x: [...offset(60, d, 1000), new Array<number>(d).fill(0)] },
  "rows with mean 4": { x: offset(70, d, 4), y: offset(50, d, 4, 8) },
  "rows with mean 12": { x: offset(70, d, 12) },
  "rows with mean 50": { x: offset(70, d, 50) },
  "one coordinate with mean 1000": {
    x: offset(70, d, 0).map(([, ...rest], i) => [Math.fround(1000 + i / 7), ...rest]),
  },
  "pairs at every distance": graded(),
  "a few rows 1e-3 apart among others": {
    x: [...nearDuplicates(20, d, 1e-3), ...fill(60, d, normal(9)).map((row) => row.map(Math.fround))],
  },
};

/** Every pair within `allowed` of the formula; those that are a row's `own` exactly 0. */
function expectWithin(
  metric: Metric,
  x: Rows,
  y: Rows | undefined,
  own: (i: number, j: number) => boolean,
  allowed: (a: Row, b: Row, exact: number) => number,
): void {
  const got = pairwise(put(x, d), y && put(y, d), { metric }).data();
  const others = y ?? x;
  const wrong: string[] = [];
  x.forEach((a, i) => {
    others.forEach((b, j) => {
      const exact = own(i, j) ? 0 : ORACLES[metric].value(a, b, exactly);
      const value = got[i * others.length + j] as number;
      const right = own(i, j) ? value === 0 : Math.abs(value - exact) <= allowed(a, b, exact);
      if (!right) wrong.push(`(${i}, ${j}) is ${exact}, got ${value}`);
    });
  });
  expect(wrong, metric).toEqual([]);
}

describe.each(places())("near-duplicates and offset data on %s", (place) => {
  runOn(place);

  test.each(Object.entries(DATA))("%s: distances keep what is promised", (_, { x, y }) => {
    for (const metric of ["sqeuclidean", "euclidean", "cosine"] as const) {
      const own = (i: number, j: number) => y === undefined && i === j;
      // 1 − cos is no better than float64 makes it, in the oracle too.
      const floor = metric === "cosine" ? 8 * 2 ** -53 : 0;
      expectWithin(metric, x, y, own, (a, b, exact) => promised(metric, a, b) * exact + floor);
    }
  });

  test.each(Object.entries(DATA))("%s: similarities are right to a few ulp of |x||y|", (_, { x, y }) => {
    const ulps = d * 2 ** -24;
    const never = () => false;
    expectWithin("inner", x, y, never, (a, b) => ulps * Math.sqrt(squares(a) * squares(b)));
    expectWithin("cosineSimilarity", x, y, never, () => ulps);
  });

  test("equal rows are at distance 0, wherever they stand", () => {
    const x = offset(9, d, 1000);
    for (const metric of ["sqeuclidean", "euclidean"] as const) {
      const got = pairwise(put([...x, ...x], d), put(x, d), { metric });
      const rows = got.toArray() as number[][];
      rows.forEach((row, i) => {
        expect(row[i % 9], `${metric} ${i}`).toBe(0);
      });
    }
  });
});
