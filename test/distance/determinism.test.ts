import { describe, expect, test } from "vitest";
import { pairwise, pairwiseAsync, reduceRows, reduceRowsAsync, topK, topKAsync } from "../../lib/distance/index.js";
import { tensor } from "../../lib/index.js";
import type { NumericArray, Tensor } from "../../lib/types.js";
import { at, places, runOn, threadsOn } from "../support/places.js";
import { fill, normal } from "../support/rows.js";
import type { Spec } from "./oracle.js";
import { fitRows, metricOf, parametersOf, variantsOn } from "./variants.js";

const leaf = (spec: Spec, n: number, d: number, seed: number): Tensor =>
  tensor(Float32Array.from(fitRows(spec, fill(n, d, normal(seed))).flat()), [n, d], at({ requiresGrad: true }));

const bits = (...arrays: (NumericArray | undefined)[]): string =>
  arrays.map((a) => (a ? Buffer.from(a.buffer, a.byteOffset, a.byteLength).toString("base64") : "none")).join();

/** Few rows and many columns, many rows and few columns, and a square met by itself: each is shared out differently. */
const SHAPES = [
  [3, 900],
  [900, 3],
  [300, 200],
] as const;

describe.each(places())("the same bits for 1, 2 and 7 threads, at once and later, on %s", (place) => {
  runOn(place);

  test.each(variantsOn(place))("$name", async ({ of }) => {
    const spec = of(33);
    const tensors = parametersOf(spec, true);
    const metric = metricOf(spec, tensors);
    for (const [n, m] of SHAPES) {
      const found = new Set<string>();
      for (const threads of threadsOn(place)) {
        const [x, y] = [leaf(spec, n, 33, 1), leaf(spec, m, 33, 2)];
        const upstream = tensor(Float32Array.from(fill(n, m, normal(3)).flat()), [n, m], at());
        for (const later of [false, true]) {
          for (const each of [x, y, ...Object.values(tensors)]) each.zeroGrad();
          const all = later ? await pairwiseAsync(x, y, { metric, threads }) : pairwise(x, y, { metric, threads });
          if (later) await all.backwardAsync(upstream);
          else all.backward(upstream);
          const near = later ? await topKAsync(x, y, { metric, threads, k: 3 }) : topK(x, y, { metric, threads, k: 3 });
          const rows: NumericArray[] = [];
          for (const reduce of ["min", "sum", "logSumExp"] as const) {
            const how = { metric, threads, reduce };
            rows.push((later ? await reduceRowsAsync(x, y, how) : reduceRows(x, y, how)).data());
          }
          const { values, indices } = near;
          const gradients = [x, y, ...Object.values(tensors)].map(({ grad }) => grad?.data());
          found.add(bits(all.data(), ...gradients, values.data(), indices.data(), ...rows));
        }
      }
      expect(found.size, `${n}×${m}`).toBe(1);
    }
  });

  test.each(variantsOn(place))("$name of rows with themselves", async ({ of }) => {
    const spec = of(21);
    const tensors = parametersOf(spec, true);
    const metric = metricOf(spec, tensors);
    const found = new Set<string>();
    for (const threads of threadsOn(place)) {
      for (const each of Object.values(tensors)) each.zeroGrad();
      const x = leaf(spec, 333, 21, 4);
      const upstream = tensor(Float32Array.from(fill(333, 333, normal(5)).flat()), [333, 333], at());
      const all = await pairwiseAsync(x, undefined, { metric, threads });
      await all.backwardAsync(upstream);
      const near = topK(x, x, { metric, threads, k: 17, excludeSelf: true });
      const gradients = [x, ...Object.values(tensors)].map(({ grad }) => grad?.data());
      found.add(bits(all.data(), ...gradients, near.values.data(), near.indices.data()));
    }
    expect(found.size).toBe(1);
  });
});
