import { describe, expect, test } from "vitest";
import type { NumericArray } from "../../lib/types.js";
import { places, runOn, threadsOn } from "../support/places.js";
import { callOf } from "./call.js";
import { drawn } from "./cases.js";
import type { Problem } from "./expected.js";
import { problemOf, VARIANTS } from "./variants.js";

const bits = (arrays: readonly (NumericArray | undefined)[]): string =>
  arrays.map((a) => (a ? Buffer.from(a.buffer, a.byteOffset, a.byteLength).toString("base64") : "none")).join();

/** A square, few rows against many, and many against few: each is shared out differently. */
const shapes = (square: number, many: number) => [
  drawn("a square", { n: square, d: 19, classes: 9 }),
  drawn("few against many", { n: 5, m: many, d: 19, classes: 9 }),
  drawn("many against few", { n: many - 10, m: 6, d: 19, classes: 3 }),
];
/** Several strips of 256 rows and panels of 48 lanes on a CPU; on a GPU several tiles of 128 anchors and 64 candidates. */
const [ON_CPU, ON_GPU] = [shapes(400, 900), shapes(140, 270)];

describe.each(places())("the same bits for 1, 2 and 7 threads, at once and later, on %s", (place) => {
  runOn(place);

  test.each(VARIANTS)("$name", async (variant) => {
    for (const data of place === "cuda" ? ON_GPU : ON_CPU) {
      const problem: Problem | undefined = problemOf(variant, data);
      if (problem === undefined) continue;
      const found = new Set<string>();
      for (const threads of threadsOn(place)) {
        for (const later of [false, true]) {
          const call = callOf(problem, data);
          const value = later ? await call.later({ threads }) : call.now({ threads });
          if (later) await value.backwardAsync();
          else value.backward();
          const leaves = [call.x, call.y, call.beside, call.pairs, ...Object.values(call.tensors)];
          found.add(bits([value.data(), ...leaves.map((leaf) => leaf?.grad?.data())]));
        }
      }
      expect(found.size, data.name).toBe(1);
    }
  });
});
