import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { type Launch, metered, tensorShare } from "../support/meter.js";
import { onVirtualGpu, places } from "../support/places.js";

const ATTENTION = fileURLToPath(new URL("../../lib/attention/index.ts", import.meta.url));
/** 16 heads a rank; fewer sequences and shorter ones than 32 of 8192, as what is read grows with both alike. */
const [BATCH, LENGTH, HEADS, PAGE] = [4, 1024, 16, 64];

const SHAPES = { MLA: [512, 64], TPLA: [256, 64] } as const;
type Shape = keyof typeof SHAPES;
const DTYPES = ["float32", "float16", "bfloat16", "fp8"] as const;
type DType = (typeof DTYPES)[number];
/** Bytes of a cached row, and of a query's element. */
const ROW: Record<DType, Record<Shape, number>> = {
  float32: { MLA: 2304, TPLA: 1280 },
  float16: { MLA: 1152, TPLA: 640 },
  bfloat16: { MLA: 1152, TPLA: 640 },
  fp8: { MLA: 672, TPLA: 416 },
};

/** One step of decoding over a cache whose pages are dealt out in turns. */
const PROGRAM = `
import(${JSON.stringify(ATTENTION)}).then(({ LatentCache, latentDecode, mergePartials }) => {
  const [latentDim, ropeDim, heads] = JSON.parse(process.env.WIDTHS);
  const kept = process.env.QUERY ?? (process.env.DTYPE === "fp8" ? "bfloat16" : process.env.DTYPE);
  const rows = (...shape) => w.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i)), shape).to(kept).to("cuda");
  const cache = new LatentCache({ pages: ${(BATCH * LENGTH) / PAGE}, pageSize: ${PAGE}, latentDim, ropeDim, dtype: process.env.DTYPE, device: "cuda" });
  const [latent, rope] = [rows(${PAGE}, latentDim), rows(${PAGE}, ropeDim)];
  for (let t = 0; t < ${LENGTH}; t += ${PAGE}) for (let b = 0; b < ${BATCH}; b++) cache.append(b, latent, rope);
  const ids = Array.from({ length: ${BATCH} }, (_, b) => b);
  const query = { latent: rows(${BATCH}, 1, heads, latentDim), rope: rows(${BATCH}, 1, heads, ropeDim) };
  const { output, lse } = latentDecode(query, cache, ids, { scale: 0.1 });
  console.log(mergePartials([output, output], [lse, lse]).output.data().length);
});
`;

function launchesOf(dtype: DType, shape: Shape, heads = HEADS, more: Record<string, string> = {}): readonly Launch[] {
  const env = { DTYPE: dtype, WIDTHS: JSON.stringify([...SHAPES[shape], heads]), ...more };
  const { out, err, launches } = metered(PROGRAM, env);
  expect([err, out]).toEqual(["", String(BATCH * heads * SHAPES[shape][0])]);
  return launches.filter(({ kernel }) => kernel.startsWith("attention_"));
}
const decodeOf = (launches: readonly Launch[]): Launch =>
  launches.find(({ kernel }) => kernel.startsWith("attention_decode_")) as Launch;

/** Of each cached row once, and of a sequence's queries once for each part of its keys. */
function leastSectors({ grid }: Launch, dtype: DType, shape: Shape, heads: number): number {
  const columns = SHAPES[shape][0] + SHAPES[shape][1];
  const queries = (grid[0] as number) * heads * columns * (dtype === "float32" ? 4 : 2);
  return (BATCH * LENGTH * ROW[dtype][shape] + queries) / 32;
}

describe.runIf(onVirtualGpu() && places().includes("cuda"))("what decoding does on a GPU", () => {
  describe.each(DTYPES)("from a cache of %s", (dtype) => {
    const launches = {} as Record<Shape, readonly Launch[]>;
    beforeAll(() => {
      for (const shape of ["MLA", "TPLA"] as const) launches[shape] = launchesOf(dtype, shape);
    }, 120_000);

    test.each(["MLA", "TPLA"] as const)("%s: cached bytes are read once for all heads", (shape) => {
      const decode = decodeOf(launches[shape]);
      expect(decode.kernel).toMatch(/_16$/);
      const beyond = decode.global_read_sectors / leastSectors(decode, dtype, shape, HEADS);
      expect(beyond).toBeGreaterThanOrEqual(1);
      expect(beyond).toBeLessThan(1.05);
    });

    test("a slice of half the latent reads as much less as its rows are shorter", () => {
      const [whole, slice] = [decodeOf(launches.MLA), decodeOf(launches.TPLA)];
      const most = dtype === "fp8" ? ROW.fp8.TPLA / ROW.fp8.MLA + 0.01 : 0.57;
      expect(slice.global_read_sectors / whole.global_read_sectors).toBeLessThanOrEqual(most);
    });

    test("nine tenths of the arithmetic is the tensor cores', without conflicts of banks and without local memory", () => {
      for (const shape of ["MLA", "TPLA"] as const) {
        expect(tensorShare(decodeOf(launches[shape])), shape).toBeGreaterThan(0.9);
        for (const { kernel, shared_conflicts, local_bytes } of launches[shape])
          expect([shared_conflicts, local_bytes], kernel).toEqual([0, 0]);
      }
    });

    test("nothing is written but results, or sums of parts and then results", () => {
      const rows = BATCH * HEADS * SHAPES.MLA[0] * 4;
      const { grid, global_written_bytes } = decodeOf(launches.MLA);
      const parts = (grid[0] as number) / BATCH;
      expect(global_written_bytes).toBe(rows * parts + BATCH * HEADS * parts * 8);
    });
  });

  test.each(DTYPES)(
    "a cache of %s is read by chips of 99 KiB of shared memory too, and for queries of float32",
    (dtype) => {
      const { kernel, shared_conflicts } = decodeOf(
        launchesOf(dtype, "MLA", 32, { PTXVM_CAPABILITY: "8.6", QUERY: "float32" }),
      );
      expect([kernel.endsWith("_float32_16"), shared_conflicts]).toEqual([true, 0]);
    },
    120_000,
  );

  test("32 rows share a block, and so a reading of the keys", () => {
    const decode = decodeOf(launchesOf("bfloat16", "TPLA", 32));
    expect(decode.kernel).toMatch(/_32$/);
    expect(decode.global_read_sectors / leastSectors(decode, "bfloat16", "TPLA", 32)).toBeLessThan(1.05);
  }, 120_000);
});
