import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { allocate } from "../../lib/dense.js";
import { scope, tensor } from "../../lib/index.js";
import { native } from "../../lib/native.js";
import { sgd } from "../../lib/optim.js";
import type { Tensor } from "../../lib/types.js";
import { runLine } from "../support/child.js";
import { collect } from "../support/collect.js";
import { onVirtualGpu, places } from "../support/places.js";

const inUse = () => native().gpu.memory(0).inUse;
const gpu = (values: number[]): Tensor => tensor(values, undefined, { device: "cuda:0" });
const leaf = (values: number[]): Tensor => tensor(values, undefined, { device: "cuda:0", requiresGrad: true });
const square = (n: number) => Float32Array.from({ length: n * n }, (_, i) => i);

describe.runIf(places().includes("cuda"))("memory on cuda", () => {
  let before = 0;
  beforeEach(async () => {
    await collect();
    before = inUse();
  });
  afterEach(async () => {
    await collect();
    expect(inUse()).toBeLessThanOrEqual(before);
  });
  const size = 256 * 256 * 4;
  const large = () => tensor(square(256), [256, 256], { device: "cuda", requiresGrad: true });

  test("dispose gives it back at once, the second time is none", () => {
    const x = large();
    expect(inUse() - before).toBeGreaterThanOrEqual(size);
    x.dispose();
    expect(inUse()).toBe(before);
    x.dispose();
    expect(inUse()).toBe(before);
    expect(() => x.data()).toThrow(expect.objectContaining({ code: "ERR_DISPOSED" }));
  });

  test("a block's end is the end", () => {
    {
      using x = large();
      expect(x.size).toBe(65536);
    }
    expect(inUse()).toBe(before);
  });

  test("a view keeps it, and the last view gives it back", () => {
    const x = large();
    const [some, turned] = [x.columns(1, 2), x.transpose()];
    x.dispose();
    expect(some.toArray()).toHaveLength(256);
    some.dispose();
    expect(turned.shape).toEqual([256, 256]);
    expect(inUse() - before).toBeGreaterThanOrEqual(size);
  });

  test("the tape keeps what it needs until it is released", () => {
    const x = leaf([1, 2, 3]);
    const y = large();
    const z = y.mul(y).sum();
    y.dispose();
    expect(inUse() - before).toBeGreaterThanOrEqual(size);
    z.backward();
    x.dispose();
    expect(z.item()).toBeGreaterThan(0);
  });

  test("a gradient stays with its leaf when its handle is disposed", () => {
    const x = leaf([1, 2]);
    x.mul(2).sum().backward();
    x.grad?.dispose();
    expect(x.grad?.toArray()).toEqual([2, 2]);
    x.zeroGrad();
  });

  test("an optimizer keeps its parameters", () => {
    const x = leaf([1, 2]);
    x.sum().backward();
    const optimizer = sgd([x], { learningRate: 1 });
    const seen = x.detach();
    x.dispose();
    optimizer.step();
    expect(seen.toArray()).toEqual([0, 1]);
  });

  test("a scope disposes what was made in it", () => {
    scope(() => {
      large();
      large().detach().reshape([65536]);
    });
    expect(inUse()).toBe(before);
  });

  test("the garbage collector frees what nobody disposed", async () => {
    for (let i = 0; i < 8; i++) large();
    expect(inUse() - before).toBeGreaterThanOrEqual(8 * size);
    await collect();
    expect(inUse()).toBe(before);
  });

  test("the garbage collector is told how much there is: it comes by itself before memory that nobody points at piles up", async () => {
    const numbers = square(512);
    const [count, each] = [300, numbers.byteLength];
    let most = 0;
    for (let i = 0; i < count; i++) {
      tensor(numbers, [512, 512], { device: "cuda" });
      if (i % 10 === 0) await new Promise((turn) => setImmediate(turn)); // finalizers run between turns
      most = Math.max(most, inUse() - before);
    }
    expect(most).toBeLessThan((count * each) / 2);
  });

  test("more than there is: requested, free and total, and nothing is lost", () => {
    const { total } = native().gpu.memory(0);
    expect(() => allocate("pairwise", [total], "float32", "cuda:0")).toThrow(
      expect.objectContaining({
        code: "ERR_MEMORY",
        message: expect.stringMatching(
          new RegExp(`^pairwise: device memory ran out: requested ${total * 4} bytes, \\d+ free of ${total}$`),
        ),
      }),
    );
    expect(inUse()).toBe(before);
    expect(gpu([1]).item()).toBe(1);
  });
});

describe.runIf(onVirtualGpu())("memory of a small GPU", () => {
  test("what is kept for later goes back to the driver before memory runs out", () => {
    const line = `
      const of = (mib) => w.tensor(new Uint8Array(mib * 2 ** 20), undefined, { device: "cuda" });
      of(40).dispose();
      const x = of(50);
      try { of(20) } catch (e) { console.log(x.size, e.code) }`;
    const env = { PTXVM_MEMORY: String(64 * 2 ** 20), WARPWEFT_CUDA_POOL: "" };
    expect(runLine(line, env)).toEqual({ out: `${50 * 2 ** 20} ERR_MEMORY`, err: "" });
  });
});
