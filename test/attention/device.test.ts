import { beforeAll, describe, expect, test } from "vitest";
import { attention, LatentCache, latentDecode, mergePartials } from "../../lib/attention/index.js";
import { tensor } from "../../lib/index.js";
import { places } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { zeros } from "./refused.js";

/** A tensor on the GPU. */
const there = (...shape: number[]) => tensor(zeros(...shape).data(), shape, { device: "cuda" });

describe.skipIf(!places().includes("cuda"))("tensors apart from the queries are refused:", () => {
  const here = zeros(1, 1, 1, 2);
  const apart = (arg: string) => `attention: ${arg} must be on cpu like q, got cuda:0`;
  test.each<Refusal>([
    ["keys, where queries are not", () => attention(here, there(1, 1, 1, 2), here), "ERR_DEVICE", apart("k")],
    ["values", () => attention(here, here, there(1, 1, 1, 2)), "ERR_DEVICE", apart("v")],
    ["a bias", () => attention(here, here, here, { bias: there(1) }), "ERR_DEVICE", apart("bias")],
  ])("%s", async (...refusal) => {
    await expectRefused(refusal);
  });
});

describe.skipIf(!places().includes("cuda"))("what lies elsewhere than the others is refused:", () => {
  const cache = (device: "cpu" | "cuda") => new LatentCache({ pages: 1, latentDim: 2, ropeDim: 1, device });
  let kept: LatentCache;
  beforeAll(() => {
    kept = cache("cuda");
    kept.append(1, there(1, 2), there(1, 1));
  });
  const off = { latent: zeros(1, 1, 1, 2), rope: zeros(1, 1, 1, 1) };
  const elsewhere = (fn: string, arg: string, device: string, got: string) =>
    `${fn}: ${arg} must be on ${device} like the cache, got ${got}`;
  test.each<Refusal>([
    [
      "rows for a cache on the CPU",
      () => cache("cpu").append(1, there(1, 2), zeros(1, 1)),
      "ERR_DEVICE",
      elsewhere("LatentCache.append", "latent", "cpu", "cuda:0"),
    ],
    [
      "a rope for a cache on a GPU",
      () => kept.append(1, there(1, 2), zeros(1, 1)),
      "ERR_DEVICE",
      elsewhere("LatentCache.append", "rope", "cuda:0", "cpu"),
    ],
    [
      "a query of a cache on a GPU",
      () => latentDecode(off, kept, [1], { scale: 1 }),
      "ERR_DEVICE",
      elsewhere("latentDecode", "query.latent", "cuda:0", "cpu"),
    ],
    [
      "half a query of a cache on the CPU",
      () => latentDecode({ ...off, rope: there(1, 1, 1, 1) }, cache("cpu"), [], { scale: 1 }),
      "ERR_DEVICE",
      elsewhere("latentDecode", "query.rope", "cpu", "cuda:0"),
    ],
    [
      "parts",
      () => mergePartials([there(1, 2), zeros(1, 2)], [there(1), there(1)]),
      "ERR_DEVICE",
      "mergePartials: outputs[1] must be on cuda:0 like outputs[0], got cpu",
    ],
    [
      "logarithms",
      () => mergePartials([there(1, 2)], [zeros(1)]),
      "ERR_DEVICE",
      "mergePartials: lses[0] must be on cuda:0 like outputs[0], got cpu",
    ],
    [
      "a device that is not there",
      () => new LatentCache({ pages: 1, latentDim: 2, ropeDim: 1, device: "cuda:99" }),
      "ERR_DEVICE",
      'LatentCache: device "cuda:99" is not here: the driver sees no such device',
    ],
  ])("%s", async (...refusal) => {
    await expectRefused(refusal);
    expect(kept.length(1)).toBe(1);
  });

  test("rows that are too wide for a block of threads", () => {
    const wide = new LatentCache({ pages: 1, pageSize: 1, latentDim: 8000, ropeDim: 0, device: "cuda" });
    const query = { latent: there(1, 1, 1, 8000), rope: there(1, 1, 1, 0) };
    wide.append(1, there(1, 8000), there(1, 0));
    expect(() => latentDecode(query, wide, [1], { scale: 1 })).toThrow(
      /^latentDecode: a cache on .* must have rows that fit into \d+ bytes of shared memory with their queries, got 8000 columns, which take 10\d{5}$/,
    );
  });
});
