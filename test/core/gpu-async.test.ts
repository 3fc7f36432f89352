import { describe, expect, test } from "vitest";
import { pairwise, pairwiseAsync, topKAsync } from "../../lib/distance/index.js";
import { tensor } from "../../lib/index.js";
import { loss } from "../../lib/loss/index.js";
import type { Tensor } from "../../lib/types.js";
import { places } from "../support/places.js";
import { fill, normal } from "../support/rows.js";

const rows = (n: number, d: number, requiresGrad = false): Tensor =>
  tensor(Float32Array.from(fill(n, d, normal(n)).flat()), [n, d], { device: "cuda", requiresGrad });

describe.runIf(places().includes("cuda"))("off the event loop on cuda", () => {
  test("the same result, and progress up to its total", async () => {
    const [x, y] = [rows(40, 9), rows(70, 9)];
    const seen: [done: number, total: number][] = [];
    const onProgress = (done: number, total: number) => seen.push([done, total]);
    const later = await pairwiseAsync(x, y, { onProgress });
    expect(later.device).toBe("cuda:0");
    expect(later.data()).toEqual(pairwise(x, y).data());
    expect(seen.length).toBeGreaterThan(0);
    const [done, total] = seen.at(-1) as [number, number];
    expect(done).toBe(total);
  });

  test("gradients too, one tape", async () => {
    const [x, z] = [rows(20, 5, true), rows(20, 5, true)];
    const labels = Array.from({ length: 20 }, (_, i) => i % 4);
    await (await loss.multiSimilarityAsync(x, labels)).backwardAsync();
    loss.multiSimilarity(z, labels).backward();
    expect(x.grad?.device).toBe("cuda:0");
    expect(x.grad?.data()).toEqual(z.grad?.data());
  });

  test("tensors that are disposed while they are read are read to the end", async () => {
    const [x, y] = [rows(60, 8), rows(50, 8)];
    const expected = pairwise(x, y).data();
    const running = [1, 2, 3].map(() => pairwiseAsync(x, y));
    x.dispose();
    y.dispose();
    rows(60, 8); // would take the memory if it were free
    for (const result of await Promise.all(running)) expect(result.data()).toEqual(expected);
  });

  test("a signal that is aborted at once, and one midway", async () => {
    const x = rows(30, 4);
    const aborted = expect.objectContaining({ code: "ERR_ABORTED" });
    await expect(pairwiseAsync(x, x, { signal: AbortSignal.abort() })).rejects.toThrow(aborted);
    const stop = new AbortController();
    const running = topKAsync(x, x, { k: 3, signal: stop.signal });
    stop.abort();
    await expect(running).rejects.toThrow(aborted);
    expect((await topKAsync(x, x, { k: 3 })).indices.shape).toEqual([30, 3]);
  });
});
