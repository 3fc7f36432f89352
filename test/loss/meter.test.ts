import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import type { DType } from "../../lib/types.js";
import { type Launch, metered, tensorShare } from "../support/meter.js";
import { onVirtualGpu, places } from "../support/places.js";

const [N, D] = [256, 256];
/** 128 rows of one side against 64 of the other. */
const TILES = (N / 128) * (N / 64);
/** A panel of pair weights at most. */
const PANEL = 4 * 2 ** 20;

const LOSSES = fileURLToPath(new URL("../../lib/loss/index.ts", import.meta.url));

/** Every loss, with a miner too, forward and backward, and the miner alone. */
const PROGRAM = `
import(${JSON.stringify(LOSSES)}).then(({ loss, miner }) => {
  let seed = 1;
  const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5;
  const rows = () => w.tensor(Array.from({ length: ${N} }, () => Array.from({ length: ${D} }, next)));
  const leaf = () => w.tensor(rows().to(process.env.DTYPE).data(), [${N}, ${D}], { dtype: process.env.DTYPE, device: "cuda:0", requiresGrad: true });
  const labels = Int32Array.from({ length: ${N} }, (_, i) => i % 24);
  const [x, y] = [leaf(), leaf()];
  for (const value of [
    loss.multiSimilarity(x, labels),
    loss.multiSimilarity(x, labels, { miner: miner.multiSimilarity() }),
    loss.contrastive(x, labels),
    loss.infoNCE(x, y, { symmetric: true }),
  ]) value.backward();
  console.log(miner.multiSimilarity().mine(x, labels).negative.length, x.grad.data().length);
});
`;

function launchesOf(dtype: DType): readonly Launch[] {
  const { out, err, launches } = metered(PROGRAM, { DTYPE: dtype });
  expect([err, out]).toEqual(["", expect.stringMatching(/^\d+ \d+$/)]);
  return launches.filter(({ kernel }) => kernel.startsWith("loss_"));
}

const isSweep = ({ kernel }: Launch): boolean => /_(float32|float16|bfloat16)$/.test(kernel);
const isForward = ({ kernel }: Launch): boolean => /^loss_(fold|extremes)/.test(kernel);

/** A softmax over 2048 classes in one panel, each row between two of the first 64; its gradient with a filter and without. */
const FILTERED = `
import(${JSON.stringify(LOSSES)}).then(({ loss }) => {
  const rows = (count, at) => w.tensor(Array.from({ length: count }, (_, i) => Array.from({ length: 64 }, (_, k) => 8 * at(i, k) + 0.1 * Math.sin(i + k))), undefined, { device: "cuda:0", requiresGrad: true });
  const weights = rows(2048, (c, k) => k === c);
  const embeddings = rows(128, (i, k) => k === i % 64 || k === (i + 1) % 64);
  const labels = Int32Array.from({ length: 128 }, (_, i) => i % 64);
  loss.crossEntropy(embeddings, labels, weights, { filter: process.env.FILTER === "1" }).backward();
  console.log(weights.grad.data().length);
});
`;

describe.runIf(onVirtualGpu() && places().includes("cuda"))("what the losses' kernels do on a GPU", () => {
  describe.each(["float32", "float16", "bfloat16"] as const)("%s", (dtype) => {
    let launches: readonly Launch[] = [];
    beforeAll(() => {
      launches = launchesOf(dtype);
    }, 60_000);

    test("each pass of each loss is there", () => {
      // A symmetric loss folds both ways; the miner alone counts, then lists.
      for (const [pass, times] of Object.entries({ fold: 5, weigh: 4, extremes: 2, list: 2 })) {
        const found = launches.filter(({ kernel }) => kernel === `loss_${pass}_${dtype}`);
        expect(found.length, pass).toBe(times);
      }
    });

    test("nine tenths of the arithmetic over tiles is the tensor cores', without conflicts of banks and without local memory", () => {
      for (const launch of launches.filter(isSweep)) {
        expect(tensorShare(launch), launch.kernel).toBeGreaterThan(0.9);
      }
      for (const { kernel, shared_conflicts, local_bytes } of launches) {
        expect([shared_conflicts, local_bytes], kernel).toEqual([0, 0]);
      }
    });

    test("little more is read than the tiles' rows", () => {
      const least = (TILES * (128 + 64) * D * (dtype === "float32" ? 4 : 2)) / 32;
      for (const { kernel, global_read_sectors } of launches.filter(isSweep)) {
        expect(global_read_sectors, kernel).toBeGreaterThanOrEqual(least);
        expect(global_read_sectors / least, kernel).toBeLessThan(1.15);
      }
    });

    test("forward writes some words an anchor and split, backward a panel at most", () => {
      for (const { kernel, grid, global_written_bytes } of launches.filter(isForward)) {
        const splits = isSweep({ kernel } as Launch) ? (grid[1] as number) : 1;
        expect(global_written_bytes, kernel).toBeLessThanOrEqual(N * splits * 12 * 4);
      }
      for (const { kernel, global_written_bytes } of launches.filter(({ kernel }) => kernel.startsWith("loss_weigh"))) {
        expect(global_written_bytes, kernel).toBeLessThanOrEqual(PANEL);
      }
    });
  });

  test("a filter leaves the products of classes out that no row believes in", () => {
    const [all, filtered] = ["0", "1"].map((FILTER) => {
      const { err, launches } = metered(FILTERED, { FILTER });
      expect(err).toBe("");
      const products = launches.filter(({ kernel }) => kernel.startsWith("distance_panel_"));
      return products.reduce((sum, { tensor_operations }) => sum + tensor_operations, 0);
    }) as [number, number];
    // One of 32 tiles of 64 classes counts, and one of 16 of 128.
    expect(filtered).toBe((all * (1 / 32 + 1 / 16)) / 2);
  }, 60_000);
});
