import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runLine } from "../support/child.js";
import { type Launch, launchesOf, only, tensorShare } from "../support/meter.js";
import { onVirtualGpu, places } from "../support/places.js";

const ATTENTION = fileURLToPath(new URL("../../lib/attention/index.ts", import.meta.url));
const [tokens, heads, columns] = [256, 2, 128];
const [TILE, SECTOR] = [64, 32];
const STORAGES = ["float32", "float16", "bfloat16"] as const;
type Storage = (typeof STORAGES)[number];

/** Every launch of `code`, which knows the family as `f` and has q, k and v of 256 tokens, 2 heads and 128 columns. */
function launches(storage: Storage, code: string): Launch[] {
  const line = `
    const element = (at) => (Math.sin(at) * 43758.5453) % 1;
    const leaf = (seed) => {
      const values = Float32Array.from({ length: ${tokens * heads * columns} }, (_, i) => element(seed + i));
      const shape = [1, ${tokens}, ${heads}, ${columns}];
      return w.tensor(w.tensor(values).to("${storage}").data(), shape, { dtype: "${storage}", device: "cuda", requiresGrad: true });
    };
    return import(${JSON.stringify(ATTENTION)}).then((f) => {
      const [q, k, v] = [leaf(0), leaf(1e6), leaf(2e6)];
      ${code};
      console.log("done");
    });`;
  return launchesOf(line);
}

/** Nobody meets in a bank of shared memory or leaves the registers. */
function expectBars({ kernel, shared_wavefronts, shared_conflicts, local_bytes }: Launch): void {
  expect(shared_wavefronts, `${kernel}: uses shared memory`).toBeGreaterThan(0);
  expect(shared_conflicts, `${kernel}: bank conflicts`).toBe(0);
  expect(local_bytes, `${kernel}: local memory`).toBe(0);
}

describe.runIf(onVirtualGpu() && places().includes("cuda")).each(STORAGES)(
  "what the virtual GPU counts for %s",
  (storage) => {
    const forward = (options: string) =>
      only(launches(storage, `f.attention(q, k, v, { ${options} }).output.data()`), `attention_forward_${storage}`);

    test("forward reads queries once, keys and values once a block, and writes no scores", () => {
      const counts = forward("");
      expectBars(counts);
      if (storage !== "float32") expect(tensorShare(counts), "share of tensor cores").toBeGreaterThanOrEqual(0.9);
      const bytes = tokens * heads * columns * (storage === "float32" ? 4 : 2);
      const read = (bytes * (1 + 2 * (tokens / TILE))) / SECTOR;
      expect(counts.global_read_sectors).toBeGreaterThanOrEqual(read);
      expect(counts.global_read_sectors).toBeLessThanOrEqual(1.1 * read);
      // Beside the output two logarithms and sums a row, apart by heads.
      const written = (tokens * heads * columns * 4) / SECTOR;
      expect(counts.global_written_sectors).toBeLessThanOrEqual(1.15 * written);
    });

    test("tiles that no query sees are passed over", () => {
      const tiles = tokens / TILE;
      const all = forward("").tensor_operations;
      expect(forward("causal: true").tensor_operations / all).toBeCloseTo((tiles + 1) / (2 * tiles), 6);
      // A window that reaches into the tile before; a prefix within the first.
      expect(forward("causal: true, window: 10").tensor_operations / all).toBeCloseTo((2 * tiles - 1) / tiles ** 2, 6);
      const withPrefix = forward("causal: true, window: 10, prefix: 3").tensor_operations / all;
      expect(withPrefix).toBeCloseTo((2 * tiles - 1 + (tiles - 2)) / tiles ** 2, 6);
    });

    test("backward stays in registers, and its sums are the tensor cores'", () => {
      const all = launches(
        storage,
        "f.attention(q, k, v).output.sum().backward(); q.grad.data(); k.grad.data(); v.grad.data()",
      );
      for (const of of ["queries", "keys", "values"]) {
        const counts = only(all, `attention_backward_${of}`);
        expectBars(counts);
        expect(tensorShare(counts), `${of}: share of tensor cores`).toBeGreaterThanOrEqual(0.8);
      }
      for (const { kernel, global_written_bytes } of all)
        expect(global_written_bytes, kernel).toBeLessThan(tokens * tokens * heads * 4 * 2);
    });
  },
);

describe.runIf(onVirtualGpu() && places().includes("cuda"))("whatever the order of blocks and warps", () => {
  const bits = (seed: string, threads: string) => {
    const line = `
      const leaf = (n, seed) => w.tensor(Array.from({ length: n * 36 }, (_, i) => Math.sin(seed + i * i)), undefined, { device: "cuda", requiresGrad: true });
      return import(${JSON.stringify(ATTENTION)}).then((f) => {
        const leaves = [leaf(150, 1), leaf(170, 2), leaf(170, 3)];
        const [q, k, v] = leaves.map((x) => x.reshape([1, x.size / 36, 3, 12]));
        const { output, lse } = f.attention(q, k, v, { causal: true, keyHeads: Int32Array.of(2, 0, 2), valueHeads: Int32Array.of(1, 1, 0) });
        const gain = w.tensor(new Float32Array(12).fill(2), undefined, { device: "cuda", requiresGrad: true });
        f.rmsNorm(output.reshape([450, 12]), gain).sum().backward();
        console.log([output, lse, gain.grad, ...leaves.map((x) => x.grad)].map((x) => Buffer.from(x.data().buffer).toString("base64")).join());
      });`;
    const { out, err } = runLine(line, { PTXVM_SEED: seed, PTXVM_THREADS: threads });
    expect(err).toBe("");
    return out;
  };
  test("the same bits", () => {
    const found = ["1", "2", "77"].map((seed) => bits(seed, seed));
    expect(new Set(found)).toEqual(new Set([bits("99", "1")]));
  });
});
