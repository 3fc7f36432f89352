import { describe, expect, test } from "vitest";
import { rmsNorm, rmsNormAsync } from "../../lib/attention/index.js";
import { gradCheck } from "../../lib/testing.js";
import type { Tensor } from "../../lib/types.js";
import { exactly, expectEarned, type Round, singly } from "../support/earned.js";
import { places, put, runOn, tensorHere } from "../support/places.js";
import { stored } from "../support/rows.js";
import { rmsNormGradients, rmsNormOracle } from "./oracles/pieces.js";
import { bytes, floats, leaf } from "./pieces-cases.js";

describe.each(places())("on %s", (place) => {
  runOn(place);

  describe("rmsNorm", () => {
    test.each([1, 2, 7, 8, 9, 63, 64, 65, 512, 1000])("is right for rows of %d, with gaps and 16-bit ones too", (d) => {
      const gain = floats(1, d, 2)[0] as number[];
      for (const storage of ["float32", "float16", "bfloat16"] as const)
        for (const gap of [0, 3]) {
          const rows = floats(70, d, d).map((row) => row.map((x) => stored(x, storage)));
          const y = rmsNorm(put(rows, d, storage, d + gap), tensorHere(gain), { eps: 1e-3 });
          expect([y.shape, y.dtype]).toEqual([[70, d], "float32"]);
          const exact = rmsNormOracle(rows, gain, 1e-3, exactly);
          expectEarned(
            `${storage}, gap ${gap}`,
            y.data(),
            exact,
            rmsNormOracle(rows, gain, 1e-3, singly),
            exact.map(Math.abs),
          );
        }
    });

    test("keeps a shape of any rank, and zeros", () => {
      const rows = floats(12, 6, 3);
      const flat = rmsNorm(tensorHere(rows), tensorHere([1, 2, 3, 4, 5, 6]));
      const deep = rmsNorm(tensorHere(Float32Array.from(rows.flat()), [2, 3, 2, 6]), tensorHere([1, 2, 3, 4, 5, 6]));
      expect(deep.shape).toEqual([2, 3, 2, 6]);
      expect(bytes(deep)).toBe(bytes(flat));
      expect(rmsNorm(tensorHere([[0, 0]]), tensorHere([1, 1])).toArray()).toEqual([[0, 0]]);
      expect(rmsNorm(tensorHere([3, 4]), tensorHere([1, 1]), { eps: 0 }).toArray()).toEqual(
        [3, 4].map((x) => Math.fround(x / Math.sqrt(12.5))),
      );
    });

    test.each([1, 5, 64, 131])("has the gradient of its formula for rows of %d", (d) => {
      const [rows, g, gain] = [floats(100, d, 4), floats(100, d, 5), floats(1, d, 6)[0] as number[]];
      const [x, scale] = [leaf(rows), leaf([gain], [d])];
      rmsNorm(x, scale, { eps: 1e-5 }).backward(tensorHere(g));
      const of = (f: Round) => rmsNormGradients(rows, gain, 1e-5, g, f);
      const [exact, naive] = [of(exactly), of(singly)];
      expectEarned("dx", x.grad?.data() as Float32Array, exact.dx, naive.dx, exact.terms);
      expectEarned("dgain", scale.grad?.data() as Float32Array, exact.dGain, naive.dGain, exact.gainTerms);
    });

    test("passes the check by differences", () => {
      expect(
        gradCheck(
          (x, gain) => rmsNorm(x, gain),
          [tensorHere(floats(3, 7, 8)), tensorHere(floats(1, 7, 9)[0] as number[])],
        ),
      ).toBeLessThan(1e-3);
    });

    test("gives the same bits on 1, 2 and 7 threads, at once and later", async () => {
      const [rows, gain] = [floats(3000, 33, 10), floats(1, 33, 11)[0] as number[]];
      const once = (threads: number) => {
        const [x, scale] = [leaf(rows), leaf([gain], [33])];
        const y = rmsNorm(x, scale, { threads });
        y.backward(tensorHere(rows));
        return [y, x.grad as Tensor, scale.grad as Tensor].map(bytes);
      };
      const one = once(1);
      for (const threads of [2, 7]) expect(once(threads)).toEqual(one);
      expect(bytes(await rmsNormAsync(tensorHere(rows), tensorHere(gain), { threads: 2 }))).toEqual(one[0]);
    });
  });
});
