import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../layout/read.js";
import { runLine } from "../support/child.js";
import { onVirtualGpu, places } from "../support/places.js";

const tests = join(root, "build/ptxvm_tests");

describe.runIf(onVirtualGpu() && places().includes("cuda"))("the virtual GPU", () => {
  const product =
    "console.log(JSON.stringify(w.tensor([[1, 2], [3, 4]], undefined, { device: 'cuda' }).matmul(w.tensor([[5], [6]], undefined, { device: 'cuda' })).toArray()))";

  test("runs the kernels inside the addon, compressed as they are", () => {
    expect(runLine(product, { WARPWEFT_CUDA_IMAGES: "" })).toEqual({ out: "[[17],[39]]", err: "" });
  });

  test.each(["1", "2", "77"])("gives the same bits whatever the order of blocks and warps: seed %s", (seed) => {
    const line = `
      const x = w.tensor(Array.from({ length: 300 }, (_, i) => [Math.sin(i * i), Math.cos(i)]), undefined, { device: "cuda" });
      console.log(Buffer.from(x.matmul(x.transpose()).exp().normalize().data().buffer).toString("base64"));`;
    const { out, err } = runLine(line, { PTXVM_SEED: seed, PTXVM_THREADS: seed });
    expect(err).toBe("");
    expect(out).toBe(runLine(line, { PTXVM_SEED: "99", PTXVM_THREADS: "1" }).out);
  });

  test("a fault is an error with kernel, line, block and thread, and nothing on stderr", () => {
    const line = `
      const x = w.tensor(new Float32Array(64), [8, 8], { device: "cuda" });
      try { x.matmul(x).add(1).data(); } catch (e) { console.log(e.code, e.message); }`;
    const { out, err } = runLine(line, { PTXVM_FUEL: "10" });
    expect(err).toBe("");
    expect(out).toMatch(/^ERR_CUDA .*CUDA_ERROR_LAUNCH_TIMEOUT.*kernel algebra_\w+, PTX line \d+, block \(0, 0, 0\)/);
  });

  test.runIf(existsSync(tests))("the README's number of tests that rest on memory is that of the tests", () => {
    const { stdout } = spawnSync(tests, ["recall"], { encoding: "utf8" });
    const counted = /(\d+) passed, 0 failed, 0 skipped/.exec(stdout)?.[1];
    expect(readFileSync(join(root, "README.md"), "utf8")).toContain(`${counted} of its own tests rest on our memory`);
  });
});
