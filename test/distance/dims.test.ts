import { describe, expect, test } from "vitest";
import { pairwise, pairwiseAsync, reduceRows, topK } from "../../lib/distance/index.js";
import type { MetricOptions } from "../../lib/distance/types.js";
import { tensor } from "../../lib/index.js";
import { gradCheck } from "../../lib/testing.js";
import type { NumericArray, Tensor } from "../../lib/types.js";
import { at, places, runOn } from "../support/places.js";
import { fill, normal } from "../support/rows.js";
import type { Spec } from "./oracle.js";
import { fitRows, metricOf, parametersOf, variantsHere, variantsOn } from "./variants.js";

const d = 10;
const DIMS = [1, 4, 10] as const;

/** In the ball as a whole, so that every prefix is. */
const rows = (spec: Spec, n: number, seed: number, requiresGrad = false): Tensor =>
  tensor(Float32Array.from(fitRows(spec, fill(n, d, normal(seed))).flat()), [n, d], at({ requiresGrad }));

/** What the functions make of two matrices. */
function results(x: Tensor, y: Tensor, options: MetricOptions): NumericArray[] {
  const { values, indices } = topK(x, y, { ...options, k: 5 });
  const sums = reduceRows(x, y, { ...options, reduce: "logSumExp" });
  return [pairwise(x, y, options), pairwise(x, undefined, options), values, indices, sums].map((found) => found.data());
}

describe.each(places())("only the first columns on %s", (place) => {
  runOn(place);

  test.each(DIMS)("dims = %i of 10 is what a view of those columns gives", async (dims) => {
    for (const { name, of } of variantsHere()) {
      const spec = of(dims);
      const [x, y, metric] = [rows(spec, 20, 1), rows(spec, 30, 2), metricOf(spec)];
      const wanted = results(x.columns(0, dims), y.columns(0, dims), { metric });
      expect(results(x, y, { metric, dims }), name).toEqual(wanted);
      const later = await pairwiseAsync(x, y, { metric, dims });
      expect(later.data(), name).toEqual(wanted[0]);
    }
  });

  test.each(DIMS)("dims = %i of 10: gradients of those columns, and 0 in the others", (dims) => {
    for (const { name, of } of variantsHere()) {
      const spec = of(dims);
      const upstream = tensor(Float32Array.from(fill(20, 30, normal(3)).flat()), [20, 30], at());
      const gradients = (cut: boolean): NumericArray[] => {
        const [x, y] = [rows(spec, 20, 1, true), rows(spec, 30, 2, true)];
        const tensors = parametersOf(spec, true);
        const metric = metricOf(spec, tensors);
        const [a, b] = cut ? [x.columns(0, dims), y.columns(0, dims)] : [x, y];
        pairwise(a, b, { metric, ...(cut ? {} : { dims }) }).backward(upstream);
        return [x, y, ...Object.values(tensors)].map(({ grad }) => grad?.data() as NumericArray);
      };
      const got = gradients(false);
      expect(got, name).toEqual(gradients(true));
      for (const side of got.slice(0, 2)) {
        const beyond = [...(side as Float32Array)].filter((_, place) => place % d >= dims);
        expect(beyond.length).toBe(side === got[0] ? 20 * (d - dims) : 30 * (d - dims));
        expect(
          beyond.every((value) => value === 0),
          name,
        ).toBe(true);
      }
    }
  });

  test.each(variantsOn(place))("$name of four columns agrees with differences", ({ of }) => {
    const spec = of(4);
    const metric = metricOf(spec);
    const inputs = [rows(spec, 4, 4, true), rows(spec, 3, 5, true)];
    const error = gradCheck((x, y) => pairwise(x as Tensor, y as Tensor, { metric, dims: 4 }), inputs);
    expect(error).toBeLessThan(2e-3);
  });
});
