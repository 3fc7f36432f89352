import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Launch, launchesOf, tensorShare } from "../support/meter.js";
import { onVirtualGpu, places } from "../support/places.js";

const EVALUATE = fileURLToPath(new URL("../../lib/evaluate/index.ts", import.meta.url));
const [n, m, d] = [256, 320, 128];
const STORAGES = ["float32", "float16", "bfloat16"] as const;
type Storage = (typeof STORAGES)[number];

/** Every launch of `code`, which knows the functions as `f` and has x [n, d] and y [m, d] and their labels. */
function launches(storage: Storage, code: string): Launch[] {
  const line = `
    const element = (at) => (Math.sin(at) * 43758.5453) % 1;
    const rows = (count, seed) => w.tensor(Float32Array.from({ length: count * ${d} }, (_, at) => element(seed + at)), [count, ${d}]);
    const [x, y] = [rows(${n}, 0), rows(${m}, 1e6)].map((of) => of.to("${storage}").to("cuda"));
    const [a, b] = [${n}, ${m}].map((count) => Int32Array.from({ length: count }, (_, i) => (i * 7) % 160));
    return import(${JSON.stringify(EVALUATE)}).then((f) => {
      ${code};
      console.log("done");
    });`;
  return launchesOf(line);
}

/** Arithmetic on 16-bit rows belongs to the tensor cores; no sweep's loops meet in a bank of shared memory or leave the registers. */
function expectSweeps(all: readonly Launch[], storage: Storage, times: number): void {
  const sweeps = all.filter(({ kernel }) => kernel === `evaluate_count_${storage}`);
  expect(sweeps.length, `launches among ${all.map(({ kernel }) => kernel)}`).toBe(times);
  for (const sweep of sweeps) {
    const { kernel, ...counts } = sweep;
    expect(counts.shared_wavefronts, `${kernel}: uses shared memory`).toBeGreaterThan(0);
    expect(counts.shared_conflicts, `${kernel}: bank conflicts`).toBe(0);
    expect(counts.local_bytes, `${kernel}: local memory`).toBe(0);
    if (storage !== "float32")
      expect(tensorShare(sweep), `${kernel}: share of tensor cores`).toBeGreaterThanOrEqual(0.9);
  }
}

describe.runIf(onVirtualGpu() && places().includes("cuda")).each(STORAGES)(
  "what the virtual GPU counts for %s",
  (storage) => {
    test("retrieval sweeps twice and writes nothing of N×M elements", () => {
      const all = launches(storage, "f.retrieval(x, a, { reference: { embeddings: y, labels: b } })");
      expectSweeps(all, storage, 2);
      // Two positives a query and their counts by split: a byte a pair would be more.
      for (const { kernel, global_written_bytes } of all) expect(global_written_bytes, kernel).toBeLessThan(n * m);
    });

    test("thresholdInconsistency sweeps once where the metric is bounded", () => {
      expectSweeps(launches(storage, "f.thresholdInconsistency(x, a)"), storage, 1);
    });
  },
);
