import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import * as check from "../../lib/check.js";
import { pairwise } from "../../lib/distance/index.js";
import { retrieval } from "../../lib/evaluate/index.js";
import { devices, tensor } from "../../lib/index.js";
import { native } from "../../lib/native.js";
import type { DType, Tensor } from "../../lib/types.js";
import { places } from "../support/places.js";
import { expectRefused } from "../support/refusal.js";

const inUse = () => native().gpu.memory(0).inUse;
const gpu = (values: number[], dtype: DType = "float32", requiresGrad = false): Tensor =>
  tensor(values, undefined, { dtype, device: "cuda:0", requiresGrad });
const leaf = (values: number[]) => gpu(values, "float32", true);
const square = (n: number) => Float32Array.from({ length: n * n }, (_, i) => i);

describe.runIf(places().includes("cuda"))("tensors on cuda", () => {
  describe("elements go there and back", () => {
    test.each(["float32", "float16", "bfloat16", "int32", "int8", "uint8"] as const)("%s", (dtype) => {
      const x = gpu([0, 1, 2, 127], dtype);
      expect([x.device, x.dtype, x.shape]).toEqual(["cuda:0", dtype, [4]]);
      expect(x.toArray()).toEqual([0, 1, 2, 127]);
      expect(x.data()).toEqual(tensor([0, 1, 2, 127], undefined, { dtype }).data());
      expect(x.reshape([2, 2]).toArray()).toEqual([
        [0, 1],
        [2, 127],
      ]);
    });

    test('"cuda" is the first GPU that can be used', () => {
      const first = devices().find(({ device, available }) => device !== "cpu" && available);
      expect(tensor([1], undefined, { device: "cuda" }).device).toBe(first?.device);
      expect(tensor([1]).to("cuda").device).toBe(first?.device);
    });

    test("more than the staging memory holds at once, and odd sizes", () => {
      for (const length of [0, 1, 262_143, 262_145, 1_500_001]) {
        const data = Float32Array.from({ length }, (_, i) => i % 1009);
        const x = tensor(data, undefined, { device: "cuda" });
        expect(Buffer.compare(Buffer.from((x.data() as Float32Array).buffer), Buffer.from(data.buffer))).toBe(0);
        x.dispose();
      }
    });

    test("the memory is not the array's", () => {
      const data = Float32Array.of(1, 2);
      const x = tensor(data, undefined, { device: "cuda" });
      data[0] = 9;
      (x.data() as Float32Array)[1] = 9;
      expect(x.toArray()).toEqual([1, 2]);
    });

    test("a lone element, and what it says of itself", () => {
      const x = gpu([3]);
      expect(x.item()).toBe(3);
      expect(inspect(x)).toBe("Tensor float32 [1] on cuda:0");
    });
  });

  test("views look at the same memory, and their elements are theirs", () => {
    const x = tensor(square(4), [4, 4], { device: "cuda" });
    const before = inUse();
    const some = x.columns(1, 3);
    const turned = some.transpose();
    expect(inUse()).toBe(before);
    expect(some.toArray()).toEqual([
      [1, 2],
      [5, 6],
      [9, 10],
      [13, 14],
    ]);
    expect(turned.toArray()).toEqual([
      [1, 5, 9, 13],
      [2, 6, 10, 14],
    ]);
    expect(turned.reshape([8]).toArray()).toEqual([1, 5, 9, 13, 2, 6, 10, 14]);
    expect([...some.columns(1, 2).to("cpu").data()]).toEqual([2, 6, 10, 14]);
    expect(x.reshape([2, 8]).columns(7, 8).reshape([2]).toArray()).toEqual([7, 15]);
  });

  describe("to", () => {
    test("moves, and the gradient moves back", () => {
      const x = leaf([1, 2]);
      const home = x.to("cpu");
      expect([home.device, home.toArray()]).toEqual(["cpu", [1, 2]]);
      home
        .mul(tensor([3, 5]))
        .sum()
        .backward();
      expect([x.grad?.device, x.grad?.toArray()]).toEqual(["cuda:0", [3, 5]]);
      const y = tensor([1, 2], undefined, { requiresGrad: true });
      const away = y.to("cuda");
      expect(away.device).toBe("cuda:0");
      away
        .mul(gpu([7, 8]))
        .sum()
        .backward();
      expect([y.grad?.device, y.grad?.toArray()]).toEqual(["cpu", [7, 8]]);
    });

    test("where it is already it shares the memory", () => {
      const x = gpu([1, 2]);
      const before = inUse();
      expect(x.to("cuda:0").toArray()).toEqual([1, 2]);
      expect(x.detach().toArray()).toEqual([1, 2]);
      expect(inUse()).toBe(before);
    });

    test("integers move, too", () => {
      expect(gpu([1, 2], "int32").to("cpu").data()).toEqual(Int32Array.of(1, 2));
    });
  });

  test("gradients are on the device, add up, and can be forgotten", () => {
    const x = leaf([1, 2]);
    for (const expected of [3, 6]) {
      x.mul(3).sum().backward();
      expect([x.grad?.device, x.grad?.toArray()]).toEqual(["cuda:0", [expected, expected]]);
    }
    x.mul(x).backward(gpu([1, 10]));
    expect(x.grad?.toArray()).toEqual([8, 46]);
    x.zeroGrad();
    expect(x.grad).toBeNull();
  });

  test("one call, one device", async () => {
    const [x, y] = [tensor([[1, 2]]), tensor([[1, 2]], undefined, { device: "cuda" })];
    const refused = async (call: () => unknown, message: string) =>
      expectRefused([message, call, "ERR_DEVICE", message]);
    await refused(() => x.add(y), "add: other must be on cpu like this, got cuda:0");
    await refused(() => y.matmul(x.transpose()), "matmul: other must be on cuda:0 like this, got cpu");
    await refused(() => pairwise(y, x), "pairwise: y must be on cuda:0 like x, got cpu");
    const out = tensor([[0]], undefined, { device: "cuda" });
    await refused(() => pairwise(x, x, { out }), "pairwise: out must be on cpu like the inputs, got cuda:0");
    const z = leaf([1]);
    await refused(
      () => z.mul(2).backward(tensor([1])),
      "backward: gradient must be on cuda:0 like the tensor, got cpu",
    );
    await refused(
      () => retrieval(y, [1], { reference: { embeddings: x, labels: [1] } }),
      "retrieval: reference.embeddings must be on cuda:0 like queries, got cpu",
    );
  });

  test("an out that shares memory with an input is noticed", async () => {
    const x = tensor(square(4), [4, 4], { device: "cuda" });
    const message = "pairwise: out must not share memory with an input";
    await expectRefused(["overlap", () => pairwise(x, x, { out: x }), "ERR_ARGUMENT", message]);
    const other = tensor(square(4), [4, 4], { device: "cuda" });
    const use = { recorded: false, inputs: [check.input("f", "x", x)] };
    expect(check.out("f", other, [4, 4], ["float32"], use)).toBe(check.input("f", "out", other));
  });

  test("labels may lie there; they are read", () => {
    expect(check.labels("f", "labels", gpu([3, 1, 3], "int32"), 3)).toEqual(Int32Array.of(3, 1, 3));
  });
});
