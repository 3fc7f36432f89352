import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Launch, launchesOf, only, tensorShare } from "../support/meter.js";
import { onVirtualGpu, places } from "../support/places.js";

const DISTANCE = fileURLToPath(new URL("../../lib/distance/index.ts", import.meta.url));
const [n, m, d] = [256, 320, 128];
const [TILE_ROWS, TILE_COLUMNS, SECTOR] = [128, 64, 32];
const STORAGES = ["float32", "float16", "bfloat16"] as const;
type Storage = (typeof STORAGES)[number];
const bytesOf = (storage: Storage): number => (storage === "float32" ? 4 : 2);

/** Every launch of `code`, which knows the family as `f` and has the leaves x [n, d] and y [m, d]. */
function launches(storage: Storage, code: string): Launch[] {
  const line = `
    // Without near pairs, which are evaluated again one by one: numbers that look like chance.
    const element = (at) => (Math.sin(at) * 43758.5453) % 1;
    const rows = (count, seed) => w.tensor(Array.from({ length: count }, (_, i) => Array.from({ length: ${d} }, (_, k) => element(seed + i * ${d} + k))));
    const options = { dtype: "${storage}", device: "cuda", requiresGrad: true };
    const leaf = (count, seed) => w.tensor(rows(count, seed).to("${storage}").data(), [count, ${d}], options);
    return import(${JSON.stringify(DISTANCE)}).then((f) => {
      const [x, y] = [leaf(${n}, 0), leaf(${m}, 1e6)];
      ${code};
      console.log("done");
    });`;
  return launchesOf(line);
}

/** Arithmetic on 16-bit rows belongs to the tensor cores; no kernel's loops meet in a bank of shared memory or leave the registers. */
function expectBars(launch: Launch, storage: Storage): void {
  const { kernel, ...counts } = launch;
  expect(counts.shared_wavefronts, `${kernel}: uses shared memory`).toBeGreaterThan(0);
  expect(counts.shared_conflicts, `${kernel}: bank conflicts`).toBe(0);
  expect(counts.local_bytes, `${kernel}: local memory`).toBe(0);
  if (storage !== "float32")
    expect(tensorShare(launch), `${kernel}: share of tensor cores`).toBeGreaterThanOrEqual(0.9);
}

const classes = (count: number) => `Int32Array.from({ length: ${count} }, (_, i) => i % 7)`;
const reference = `reference: { embeddings: y, labels: ${classes(m)} }`;
const closest = 'f.topK(x, y, { k: 1, metric: "inner" }).values.data()';
/** The kernel, how often it is launched, and by what. */
const FOLDS = {
  topK: ["top_k", 1, 'f.topK(x, y, { k: 3, metric: "inner" }).values.data()'],
  radius: ["fold", 1, `f.radius(x, y, { metric: "inner", radius: ${closest}.sort()[${n / 2}] })`],
  reduceRows: ["fold", 1, 'f.reduceRows(x, y, { reduce: "logSumExp" }).data()'],
  rowStatistics: ["fold", 1, 'f.rowStatistics(x, y, { rows: ["min"], columns: ["max"] }).columns.max.data()'],
  labelStatistics: ["fold", 2, `f.labelStatistics(x, ${classes(n)}, { ${reference} }).positives.data()`],
} as const;

describe.runIf(onVirtualGpu() && places().includes("cuda")).each(STORAGES)(
  "what the virtual GPU counts for %s",
  (storage) => {
    test("pairwise reads and writes little more than its tiles imply", () => {
      for (const metric of ["inner", "cosine", "euclidean"]) {
        const all = launches(storage, `f.pairwise(x, y, { metric: "${metric}" }).data()`);
        const counts = only(all, `distance_pairwise_${storage}`);
        expectBars(counts, storage);
        const tiles = Math.ceil(n / TILE_ROWS) * Math.ceil(m / TILE_COLUMNS);
        const read = (tiles * (TILE_ROWS + TILE_COLUMNS) * d * bytesOf(storage)) / SECTOR;
        const written = (n * m * 4) / SECTOR;
        expect(counts.global_read_sectors, metric).toBeGreaterThanOrEqual(read);
        expect(counts.global_read_sectors, metric).toBeLessThanOrEqual(1.15 * read);
        expect(counts.global_written_sectors, metric).toBeGreaterThanOrEqual(written);
        expect(counts.global_written_sectors, metric).toBeLessThanOrEqual(1.15 * written);
      }
    });

    test.each(Object.entries(FOLDS))("%s writes nothing of N×M elements", (_, [name, times, code]) => {
      const all = launches(storage, code);
      const sweeps = all.filter(({ kernel }) => kernel === `distance_${name}_${storage}`);
      expect(sweeps.length).toBe(times);
      for (const sweep of sweeps) expectBars(sweep, storage);
      // Rows' states by split, columns' by tile of rows, lists of neighbours: a byte a pair would be more than each.
      for (const { kernel, global_written_bytes } of all) expect(global_written_bytes, kernel).toBeLessThan(n * m);
    });

    test("gradients of inner products are added up by tensor cores", () => {
      const all = launches(
        storage,
        'f.pairwise(x, y, { metric: "inner" }).sum().backward(); x.grad.data(); y.grad.data()',
      );
      expectBars(only(all, `distance_panel_${storage}`), storage);
      expectBars(only(all, `distance_panel_across_${storage}`), storage);
    });
  },
);

describe.runIf(onVirtualGpu() && places().includes("cuda"))("what it counts for values accumulated over x − y", () => {
  test.each(["cityblock", "chebyshev", { name: "minkowski", p: 2.5 }])("%o, with both gradients", (metric) => {
    const all = launches(
      "float32",
      // Few columns: powers are long.
      `f.pairwise(x, y, { metric: ${JSON.stringify(metric)}, dims: 16 }).sum().backward(); x.grad.data(); y.grad.data()`,
    );
    expectBars(only(all, "distance_pairwise_float32"), "float32");
    expectBars(only(all, "distance_partials"), "float32");
    expectBars(only(all, "distance_partials_across"), "float32");
  });
});
