import { describe, expect, test } from "vitest";
import { pairwise, pairwiseAsync, reduceRows, reduceRowsAsync, topK, topKAsync } from "../../lib/distance/index.js";
import { DISTANCES } from "../../lib/distance/table.js";
import type { Metric } from "../../lib/distance/types.js";
import { tensor } from "../../lib/index.js";
import type { NumericArray, Tensor } from "../../lib/types.js";
import { at, places, runOn } from "../support/places.js";
import { fill, normal } from "../support/rows.js";

const METRICS = Object.keys(DISTANCES) as Metric[];
const THREADS = [1, 2, 7] as const;

const leaf = (n: number, d: number, seed: number): Tensor =>
  tensor(Float32Array.from(fill(n, d, normal(seed)).flat()), [n, d], at({ requiresGrad: true }));

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

  test.each(METRICS)("%s", async (metric) => {
    for (const [n, m] of SHAPES) {
      const found = new Set<string>();
      for (const threads of THREADS) {
        const [x, y] = [leaf(n, 33, 1), leaf(m, 33, 2)];
        const upstream = tensor(Float32Array.from(fill(n, m, normal(3)).flat()), [n, m], at());
        for (const later of [false, true]) {
          x.zeroGrad();
          y.zeroGrad();
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
          found.add(bits(all.data(), x.grad?.data(), y.grad?.data(), values.data(), indices.data(), ...rows));
        }
      }
      expect(found.size, `${n}×${m}`).toBe(1);
    }
  });

  test.each(METRICS)("%s of rows with themselves", async (metric) => {
    const found = new Set<string>();
    for (const threads of THREADS) {
      const x = leaf(333, 21, 4);
      const upstream = tensor(Float32Array.from(fill(333, 333, normal(5)).flat()), [333, 333], at());
      const all = await pairwiseAsync(x, undefined, { metric, threads });
      await all.backwardAsync(upstream);
      const near = topK(x, x, { metric, threads, k: 17, excludeSelf: true });
      found.add(bits(all.data(), x.grad?.data(), near.values.data(), near.indices.data()));
    }
    expect(found.size).toBe(1);
  });
});
