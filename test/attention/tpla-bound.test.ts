/** The error of a slice against what theory allows it: math of a slice's softmax, and the kernel that computes it. */
import { describe, expect, test } from "vitest";
import { LatentCache, latentDecode } from "../../lib/attention/index.js";
import { tensor } from "../../lib/index.js";
import { exactly } from "../support/earned.js";
import { fill, normal, uniform } from "../support/rows.js";
import { dot, softmax } from "./oracles/layer.js";

interface Case {
  readonly latents: number[][];
  readonly ropes: number[][];
  readonly query: number[];
  readonly turned: number[];
  readonly own: number;
}

function random(seed: number): Case {
  const [next, even] = [normal(seed), uniform(seed + 1)];
  const [tokens, width, rope] = [2 + Math.floor(40 * even()), 8, 4];
  const size = 3 * even();
  const rows = (n: number, d: number, by: number) => fill(n, d, () => Math.fround(by * next()));
  return {
    latents: rows(tokens, width, 1),
    ropes: rows(tokens, rope, 1),
    query: rows(1, width, size)[0] as number[],
    turned: rows(1, rope, size)[0] as number[],
    own: 1 + Math.floor((width - 1) * even()),
  };
}

/** True weights, those of the slice, and how far the slice's scores are off, up to a constant. */
function weightsOf({ latents, ropes, query, turned, own }: Case) {
  const rope = ropes.map((row) => dot(turned, row, exactly));
  const whole = latents.map((row, t) => dot(query, row, exactly) + (rope[t] as number));
  const part = latents.map((row, t) => dot(query.slice(0, own), row, exactly) + (rope[t] as number));
  const off = part.map((score, t) => score - (whole[t] as number));
  return {
    exact: softmax(whole, exactly),
    slice: softmax(part, exactly),
    oscillation: Math.max(...off) - Math.min(...off),
  };
}

const CASES = Array.from({ length: 500 }, (_, seed) => random(seed + 1));
const bound = (oscillation: number) => Math.tanh(oscillation / 4);

describe("total variation", () => {
  test("of a slice's weights is at most tanh of a quarter of the score error's oscillation", () => {
    let closest = 0;
    for (const one of CASES) {
      const { exact, slice, oscillation } = weightsOf(one);
      const variation = exact.reduce((sum, p, t) => sum + Math.abs(p - (slice[t] as number)), 0) / 2;
      expect(variation).toBeLessThanOrEqual(bound(oscillation) * (1 + 1e-12));
      closest = Math.max(closest, variation / bound(oscillation));
    }
    expect(closest).toBeGreaterThan(0.8); // it is no empty promise
  });

  test("reaches that bound for two tokens whose weights are turned over", () => {
    const a = 1.3;
    const [exact, slice] = [softmax([a, -a], exactly), softmax([-a, a], exactly)] as [number[], number[]];
    expect(Math.abs((exact[0] as number) - (slice[0] as number))).toBeCloseTo(bound(4 * a), 12);
  });
});

test("what the kernel makes of a slice is no further from the true values than the bound", () => {
  for (const one of CASES.slice(0, 100)) {
    const { latents, ropes, query, turned, own } = one;
    const { exact, slice, oscillation } = weightsOf(one);
    const tokens = latents.length;
    const cache = new LatentCache({ pages: 1, pageSize: 64, latentDim: own, ropeDim: 4 });
    cache.append(1, tensor(latents.map((row) => row.slice(0, own))), tensor(ropes));
    const asked = {
      latent: tensor(Float32Array.from(query.slice(0, own)), [1, 1, 1, own]),
      rope: tensor(Float32Array.from(turned), [1, 1, 1, 4]),
    };
    const found = [...(latentDecode(asked, cache, [1], { scale: 1 }).output.data() as Float32Array)];
    const mean = (p: readonly number[]) =>
      found.map((_, k) => p.reduce((sum, weight, t) => sum + weight * (latents[t]?.[k] as number), 0));
    const centre = mean(new Array<number>(tokens).fill(1 / tokens));
    const radius = Math.max(...latents.map((row) => Math.hypot(...centre.map((c, k) => (row[k] as number) - c))));
    // scores of a dozen float32 terms move weights by as many ulps of their size, and sums of weighted rows add one each
    const largest = Math.max(...latents.flat().map(Math.abs));
    const sizes = Math.hypot(...query, ...turned) * Math.hypot(largest, largest, largest) * 4;
    const rounding = (12 * sizes + tokens) * 2 ** -23 * largest;
    const distance = (a: readonly number[], b: readonly number[]) =>
      Math.hypot(...a.map((v, k) => v - (b[k] as number)));
    expect(distance(found, mean(exact))).toBeLessThanOrEqual(2 * bound(oscillation) * radius + rounding);
    expect(distance(found, mean(slice))).toBeLessThanOrEqual(rounding);
  }
});
