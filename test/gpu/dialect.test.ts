import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { root } from "../layout/read.js";
import { runLine } from "../support/child.js";
import { onVirtualGpu, places } from "../support/places.js";

/** nvcc writes PTX in two dialects. What ships is the first, compute_80's; newer chips' own code would be the second. */
const SECOND = join(root, "build/cuda/compute_100");
const at = (path: string) => JSON.stringify(fileURLToPath(new URL(`../../lib/${path}`, import.meta.url)));

/** Every kernel of the families that a user can reach, as the hashes of all results. */
const PROGRAM = `
Promise.all([import(${at("distance/index.ts")}), import(${at("loss/index.ts")}), import(${at("optim.ts")}), import(${at("evaluate/index.ts")}), import(${at("attention/index.ts")}), import("node:crypto")]).then(([d, l, o, e, t, { createHash }]) => {
  let seed = 7;
  const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5;
  const leaf = (n, dtype) => w.tensor(w.tensor(Array.from({ length: n }, () => Array.from({ length: 21 }, next))).to(dtype).data(), [n, 21], { dtype, device: "cuda", requiresGrad: true });
  const found = {};
  const keep = (name, x) => { found[name] = createHash("sha256").update(x.data()).digest("base64"); };
  const labels = Int32Array.from({ length: 70 }, (_, i) => i % 9);
  for (const dtype of ["float32", "float16", "bfloat16"]) {
    const [x, y] = [leaf(70, dtype), leaf(135, dtype)];
    const step = (name, value) => {
      value.backward();
      keep(name, value);
      keep(name + " dx", x.grad);
      x.zeroGrad();
    };
    for (const metric of ["inner", "cosineSimilarity", "cosine", "sqeuclidean", "euclidean"]) {
      const all = d.pairwise(x, y, { metric });
      keep(dtype + metric, all);
      step(dtype + metric + " sum", all.mul(all).sum());
      const near = d.topK(x, y, { metric, k: 5 });
      keep(dtype + metric + " values", near.values);
      keep(dtype + metric + " indices", near.indices);
      keep(dtype + metric + " min", d.reduceRows(x, y, { metric, reduce: "logSumExp" }));
    }
    step(dtype + " multiSimilarity", l.loss.multiSimilarity(x, labels, { miner: l.miner.multiSimilarity() }));
    step(dtype + " contrastive", l.loss.contrastive(x, labels));
    step(dtype + " infoNCE", l.loss.infoNCE(x, y, { symmetric: true }));
    found[dtype + " ranks"] = JSON.stringify(e.retrieval(x, labels, { metric: "inner" }));
    found[dtype + " inconsistency"] = String(e.thresholdInconsistency(x, labels));
    found[dtype + " mined"] = [...l.miner.multiSimilarity().mine(x, labels).negative].join();
  }
  for (const dtype of ["float32", "float16", "bfloat16"]) {
    const leaves = [leaf(70, dtype), leaf(135, dtype), leaf(135, dtype)];
    const [q, k, v] = leaves.map((x) => x.reshape([1, x.shape[0], 1, 21]));
    const options = { causal: true, softcap: 4, window: 100, bias: w.tensor([0.1], undefined, { device: "cuda" }) };
    const { output, lse } = t.attention(q, k, v, options);
    keep(dtype + " attention", output);
    keep(dtype + " lse", lse);
    output.sum().backward();
    for (const [i, x] of leaves.entries()) keep(dtype + " attention gradient " + i, x.grad);
  }
  const [table, gain] = [leaf(9, "float32"), w.tensor(Array.from({ length: 21 }, next), undefined, { device: "cuda", requiresGrad: true })];
  t.rope(t.rmsNorm(t.embedding(table, [3, 1, 4, 1]), gain).columns(0, 20), Int32Array.of(7, 8, 9, 1000)).sum().backward();
  keep("rows", table.grad);
  keep("gain", gain.grad);
  const [a, b] = [leaf(21, "float32"), leaf(21, "float32")];
  e.softmax(a.matmul(b).relu().normalize()).add(a.exp()).div(3).log().mean().backward();
  o.adamW([a], { learningRate: 0.01 }).step();
  keep("algebra", a);
  console.log(JSON.stringify(found));
});
`;

function results(env: Readonly<Record<string, string>>): Record<string, string> {
  const { out, err } = runLine(PROGRAM, env);
  expect(err).toBe("");
  return JSON.parse(out) as Record<string, string>;
}

describe.runIf(onVirtualGpu() && places().includes("cuda"))("the kernels in nvcc's second dialect", () => {
  let [first, second]: Record<string, string>[] = [{}, {}];
  beforeAll(() => {
    first = results({});
    second = results({ WARPWEFT_CUDA_IMAGES: SECOND, PTXVM_CAPABILITY: "10.0" });
  }, 120_000);

  test("are built", () => {
    for (const family of ["algebra", "attention", "distance", "evaluate", "loss"])
      expect(existsSync(join(SECOND, `${family}.ptx`))).toBe(true);
  });

  test("give the same bits as those in the first", () => {
    expect(Object.keys(first).length).toBe(3 * (5 * 6 + 3 * 2 + 3) + 3 * 5 + 2 + 1);
    expect(second).toEqual(first);
  });

  test("and need a chip that has them", () => {
    const line = `try { w.tensor([1], undefined, { device: "cuda" }).add(1).data(); } catch (e) { console.log(e.code, e.device); }`;
    const { out } = runLine(line, { WARPWEFT_CUDA_IMAGES: SECOND, PTXVM_CAPABILITY: "8.0" });
    expect(out).toMatch(/^ERR_(DEVICE|CUDA)/);
  });
});
