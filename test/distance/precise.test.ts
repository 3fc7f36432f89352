import { describe, expect, test } from "vitest";
import { pairwise } from "../../lib/distance/index.js";
import type { Metric } from "../../lib/distance/types.js";
import { exactly } from "../support/earned.js";
import { places, runOn } from "../support/places.js";
import { fill, normal, type Rows, store } from "../support/rows.js";
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
  "pairs at every distance": graded(),
  "a few rows 1e-3 apart among others": {
    x: [...nearDuplicates(20, d, 1e-3), ...fill(60, d, normal(9)).map((row) => row.map(Math.fround))],
  },
};

describe.each(places())("near-duplicates and offset data on %s", (place) => {
  runOn(place);

  test.each(Object.entries(DATA))("%s: distances keep what is promised", (name, { x, y }) => {
    for (const metric of ["sqeuclidean", "euclidean", "cosine"] as const) {
      const got = pairwise(store(x, d), y && store(y, d), { metric }).data();
      const others = y ?? x;
      x.forEach((a, i) => {
        others.forEach((b, j) => {
          const exact = ORACLES[metric].value(a, b, exactly);
          const value = got[i * others.length + j] as number;
          const what = `${name}, ${metric} (${i}, ${j}): ${value} for ${exact}`;
          // 1 − cos is itself no better than float64 makes it.
          const allowed = promised(metric, a, b) * exact + (metric === "cosine" ? 4 * 2 ** -53 : 0);
          if (y === undefined && i === j) expect(value, what).toBe(0);
          else expect(Math.abs(value - exact), what).toBeLessThanOrEqual(allowed);
        });
      });
    }
  });

  test.each(Object.entries(DATA))("%s: similarities are right to a few ulp of |x||y|", (name, { x, y }) => {
    const others = y ?? x;
    for (const metric of ["inner", "cosineSimilarity"] as const) {
      const got = pairwise(store(x, d), y && store(y, d), { metric }).data();
      x.forEach((a, i) => {
        others.forEach((b, j) => {
          const size = metric === "inner" ? Math.sqrt(squares(a) * squares(b)) : 1;
          const off = Math.abs((got[i * others.length + j] as number) - ORACLES[metric].value(a, b, exactly));
          expect(off, `${name}, ${metric} (${i}, ${j})`).toBeLessThanOrEqual(d * 2 ** -24 * size);
        });
      });
    }
  });

  test("equal rows are at distance 0, wherever they stand", () => {
    const x = offset(9, d, 1000);
    for (const metric of ["sqeuclidean", "euclidean"] as const) {
      const got = pairwise(store([...x, ...x], d), store(x, d), { metric });
      const rows = got.toArray() as number[][];
      rows.forEach((row, i) => {
        expect(row[i % 9], `${metric} ${i}`).toBe(0);
      });
    }
  });
});
