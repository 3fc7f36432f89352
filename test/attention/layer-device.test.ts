import { describe, expect, test } from "vitest";
import { embedding, MultiHeadLatentAttention } from "../../lib/attention/index.js";
import { tensor } from "../../lib/index.js";
import { adamW } from "../../lib/optim.js";
import { gradCheck } from "../../lib/testing.js";
import type { Tensor } from "../../lib/types.js";
import { onePerDevice, places, runOn, tensorHere } from "../support/places.js";
import { LAYERS, PLAIN, stateTensor, statesFor, weightsFor } from "./layer-cases.js";
import type { PlainWeights } from "./oracles/layer.js";
import { bytes } from "./pieces-cases.js";

describe.skipIf(!places().includes("cuda"))("the layer on a GPU", () => {
  runOn(onePerDevice().at(-1) as string);

  test.each([LAYERS["low-rank queries"], LAYERS["positions by halves"]])(
    "gradients of x and of every weight pass the check",
    (config) => {
      if (!config) throw new Error("no such layer");
      const w = weightsFor(config, 5);
      const names = Object.keys(w) as (keyof PlainWeights)[];
      const inputs = names.map((name) => tensorHere(w[name] as number[]));
      const x = statesFor(config, 6, 11).map((row) => row.map((v) => v / 2));
      const run = (states: Tensor, ...weights: Tensor[]) => {
        const given = Object.fromEntries(names.map((name, i) => [name, weights[i] as Tensor]));
        return new MultiHeadLatentAttention(config, given as never).forward(states);
      };
      expect(gradCheck(run, [stateTensor(x, 2, 3), ...inputs], { step: 2 ** -7 })).toBeLessThan(1e-2);
    },
  );

  test("learns there as it does on the CPU, token by token from a table, and with the same bits each time", () => {
    const w = weightsFor(PLAIN, 6);
    const plain = statesFor(PLAIN, 9, 12);
    const tokens = Int32Array.of(3, 1, 4, 1, 5, 8, 2, 6);
    const learn = (device: "cpu" | "cuda") => {
      const leaf = (values: readonly unknown[]) =>
        tensor(values as number[], undefined, { device, requiresGrad: true });
      const table = leaf(plain);
      const weights = Object.fromEntries(Object.entries(w).map(([name, values]) => [name, leaf(values as number[])]));
      const layer = new MultiHeadLatentAttention(PLAIN, weights as never);
      const optimizer = adamW([table, ...Object.values(weights)], { learningRate: 0.01 });
      const losses = Array.from({ length: 4 }, () => {
        const y = layer.forward(embedding(table, tokens).reshape([2, 4, PLAIN.modelDim]));
        const loss = y.mul(y).mean();
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        return (loss.data() as Float32Array)[0] as number;
      });
      return { losses, left: [table, ...Object.values(weights)].map(bytes) };
    };
    const [once, again, host] = [learn("cuda"), learn("cuda"), learn("cpu")];
    expect(again).toEqual(once);
    expect(once.losses.at(-1)).toBeLessThan((once.losses[0] as number) * 0.9);
    for (const [i, loss] of once.losses.entries()) expect(loss / (host.losses[i] as number)).toBeCloseTo(1, 4);
  });
});
