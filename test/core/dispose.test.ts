import { describe, expect, test } from "vitest";
import { tensor } from "../../lib/index.js";
import { expectRefused } from "../support/refusal.js";

describe("dispose", () => {
  const uses: Record<string, (x: ReturnType<typeof tensor>) => unknown> = {
    shape: (x) => x.shape,
    dtype: (x) => x.dtype,
    device: (x) => x.device,
    size: (x) => x.size,
    requiresGrad: (x) => x.requiresGrad,
    grad: (x) => x.grad,
    backward: (x) => x.backward(),
    backwardAsync: (x) => x.backwardAsync(),
    zeroGrad: (x) => x.zeroGrad(),
    detach: (x) => x.detach(),
    to: (x) => x.to("float16"),
    data: (x) => x.data(),
    item: (x) => x.item(),
    toArray: (x) => x.toArray(),
    add: (x) => x.add(1),
    sub: (x) => x.sub(1),
    mul: (x) => x.mul(1),
    div: (x) => x.div(1),
    exp: (x) => x.exp(),
    log: (x) => x.log(),
    relu: (x) => x.relu(),
    sum: (x) => x.sum(),
    mean: (x) => x.mean(),
    normalize: (x) => x.normalize(),
    transpose: (x) => x.transpose(),
    matmul: (x) => x.matmul(x),
    reshape: (x) => x.reshape([1]),
    columns: (x) => x.columns(0, 1),
  };
  test.each(Object.entries(uses))("%s of a disposed tensor throws", async (name, use) => {
    const x = tensor([[1]]);
    x.dispose();
    await expectRefused([name, () => use(x), "ERR_DISPOSED", `${name}: the tensor was disposed`]);
  });

  test("every method is among them", () => {
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(tensor([1])));
    const always = ["constructor", "dispose"];
    expect(methods.filter((name) => !always.includes(name)).sort()).toEqual(Object.keys(uses).sort());
  });

  test("it takes one handle, not the memory", async () => {
    const data = Float32Array.of(1, 2);
    const x = tensor(data);
    const other = x.detach();
    x[Symbol.dispose]();
    x.dispose();
    expect(other.data()).toBe(data);
    await expectRefused(["add", () => other.add(x), "ERR_DISPOSED", "add: other was disposed"]);
  });

  test("the tape still has what it needs", () => {
    const x = tensor([2, 3], undefined, { requiresGrad: true });
    const y = x.mul(x);
    const z = y.sum();
    y.dispose();
    z.backward();
    expect(x.grad?.toArray()).toEqual([4, 6]);
  });
});
