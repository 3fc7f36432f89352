import { describe, test } from "vitest";
import { attention, LatentCache, latentDecode, mergePartials } from "../../lib/attention/index.js";
import { tensor } from "../../lib/index.js";
import { places } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { zeros } from "./refused.js";

/** A tensor on the GPU. */
const there = (...shape: number[]) => tensor(zeros(...shape).data(), shape, { device: "cuda" });
const words = (fn: string, arg: string) =>
  `${fn}: ${arg} must be on the CPU, where ${fn} runs in this release, got cuda:0; give x.to("cpu")`;

describe.skipIf(!places().includes("cuda"))("tensors on a GPU are refused:", () => {
  const cache = () => new LatentCache({ pages: 1, latentDim: 2, ropeDim: 1 });
  const here = zeros(1, 1, 1, 2);
  test.each<Refusal>([
    ["q", () => attention(there(1, 1, 1, 2), here, here), "ERR_DEVICE", words("attention", "q")],
    ["v", () => attention(here, here, there(1, 1, 1, 2)), "ERR_DEVICE", words("attention", "v")],
    ["bias", () => attention(here, here, here, { bias: there(1) }), "ERR_DEVICE", words("attention", "bias")],
    [
      "rows for a cache",
      () => cache().append(1, there(1, 2), zeros(1, 1)),
      "ERR_DEVICE",
      words("LatentCache.append", "latent"),
    ],
    [
      "a query",
      () => latentDecode({ latent: here, rope: there(1, 1, 1, 1) }, cache(), [], { scale: 1 }),
      "ERR_DEVICE",
      words("latentDecode", "query.rope"),
    ],
    ["parts", () => mergePartials([there(1, 2)], [zeros(1)]), "ERR_DEVICE", words("mergePartials", "outputs[0]")],
  ])("%s", async (...refusal) => {
    await expectRefused(refusal);
  });
});
