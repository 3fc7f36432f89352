import { describe, expect, test } from "vitest";
import { metricId } from "../../lib/distance/metric.js";
import { DISTANCES } from "../../lib/distance/table.js";
import type { Metric } from "../../lib/distance/types.js";
import { DTYPES } from "../../lib/dtype.js";
import { type Matrix, native } from "../../lib/native.js";
import { onPlace, zone } from "../support/guard.js";
import { places, processors, runOn } from "../support/places.js";
import { fill, normal, store } from "../support/rows.js";
import { CASES, type Case } from "./cases.js";

const METRICS = Object.keys(DISTANCES) as Metric[];

function matrixOf(c: Case, rows: Case["x"]): Matrix {
  return [
    onPlace(store(rows, c.d, c.storage, c.stride).data, c.storage),
    DTYPES[c.storage].code,
    rows.length,
    c.stride,
  ];
}

/** The public functions make their own results; here native code is handed arrays with guard zones in their place. */
describe.each(places())("results of native calls on %s: all written, nothing else", (place) => {
  runOn(place);

  test.each(CASES)("$name", (c) => {
    const [n, m, self] = [c.x.length, (c.y ?? c.x).length, c.y === undefined];
    const sides = [...matrixOf(c, c.x), ...matrixOf(c, c.y ?? c.x)] as const;
    const { distance } = native();
    for (const metric of METRICS) {
      const id = metricId(metric);
      const value = zone(Float32Array, n * m);
      distance.pairwise(2, undefined, id, ...sides, c.d, self, value.inside, 0, m);
      const gradient = onPlace(Float32Array.from(fill(n, m, normal(1)).flat()));
      const [dx, dy] = [zone(Float32Array, n * c.d), zone(Float32Array, self ? 0 : m * c.d)];
      const into = [dx.inside, self ? null : dy.inside] as const;
      distance.pairwiseBackward(2, undefined, id, ...sides, c.d, self, value.inside, gradient, ...into);
      const k = Math.min(m, 11);
      const [values, indices] = [zone(Float32Array, n * k), zone(Int32Array, n * k)];
      if (k > 0) distance.topK(2, undefined, id, ...sides, c.d, k, self, values.inside, indices.inside);
      const sums = zone(Float32Array, n);
      distance.reduceRows(2, undefined, id, ...sides, c.d, self, 2, 1, sums.inside);
      for (const [name, result] of Object.entries({ value, dx, dy, values, indices, sums })) {
        const what = `${name} of ${metric}`;
        result.expectIntact(what);
        expect(result.read().indexOf(-12345), `${what}: an element was left out`).toBe(-1);
      }
    }
  });
});

describe.each(processors())("ranks on %s: all written, nothing else", (place) => {
  runOn(place);

  test.each(CASES)("$name", (c) => {
    const [n, m] = [c.x.length, (c.y ?? c.x).length];
    const labels = (length: number) => Int32Array.from({ length }, (_, i) => i % 3);
    const relevant = zone(Int32Array, n);
    const first = zone(Int32Array, n);
    const precision = zone(Float64Array, n);
    const average = zone(Float64Array, n);
    const sides = [...matrixOf(c, c.x), ...matrixOf(c, c.y ?? c.x)] as const;
    const results = [relevant.inside, first.inside, precision.inside, average.inside] as const;
    native().distance.rank(2, undefined, 3, ...sides, c.d, c.y === undefined, labels(n), labels(m), ...results);
    for (const [name, result] of Object.entries({ relevant, first, precision, average })) {
      result.expectIntact(name);
      expect(result.read().indexOf(-12345), `${name}: an element was left out`).toBe(-1);
    }
  });
});
