import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { root } from "../layout/read.js";
import { runLine } from "../support/child.js";
import { onVirtualGpu, places } from "../support/places.js";

/** nvcc's other dialect of PTX: see test/gpu/dialect.test.ts. */
const SECOND = join(root, "build/cuda/compute_100");
const ATTENTION = fileURLToPath(new URL("../../lib/attention/index.ts", import.meta.url));
const [BATCH, HEADS] = [2, 5];

/** Every kernel of the cache and of decoding, as the bytes of all results. */
const PROGRAM = `
import(${JSON.stringify(ATTENTION)}).then(({ LatentCache, latentDecode, mergePartials }) => {
  const rows = (dtype, ...shape) => w.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * i)), shape).to(dtype).to("cuda");
  const found = {};
  const keep = (name, x) => { found[name] = Buffer.from(x.data().buffer).toString("base64"); };
  for (const dtype of ["float32", "float16", "bfloat16", "fp8"]) {
    const cache = new LatentCache({ pages: 40, pageSize: 4, latentDim: 33, ropeDim: 8, dtype, device: "cuda" });
    for (let b = 0; b < ${BATCH}; b++) cache.append(b, rows("float32", 61 + b, 33), rows("float32", 61 + b, 8));
    keep(dtype + " rows", cache.read(1).latent);
    for (const asked of ["float32", dtype === "fp8" ? "bfloat16" : dtype])
      for (const queries of [1, 4]) {
        const query = { latent: rows(asked, ${BATCH}, queries, ${HEADS}, 33), rope: rows(asked, ${BATCH}, queries, ${HEADS}, 8) };
        const { output, lse } = latentDecode(query, cache, [0, 1], { scale: 0.2, causal: true, splitSize: 40 });
        keep([dtype, asked, queries].join(" "), output);
        keep([dtype, asked, queries, "merged"].join(" "), mergePartials([output, output], [lse, lse]).output);
      }
  }
  console.log(JSON.stringify(found));
});
`;

describe.runIf(onVirtualGpu() && places().includes("cuda"))("decoding in nvcc's second dialect", () => {
  test("gives the same bits as in the first", () => {
    expect(existsSync(join(SECOND, "attention.ptx"))).toBe(true);
    const [first, second] = [{}, { WARPWEFT_CUDA_IMAGES: SECOND, PTXVM_CAPABILITY: "10.0" }].map((env) => {
      const { out, err } = runLine(PROGRAM, env as Record<string, string>);
      expect(err).toBe("");
      return JSON.parse(out) as Record<string, string>;
    });
    expect(Object.keys(first ?? {}).length).toBe(4 + (1 + 3 * 2) * 2 * 2);
    expect(second).toEqual(first);
  });
});
