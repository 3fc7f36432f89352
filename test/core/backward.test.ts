import { describe, expect, test } from "vitest";
import { tensor } from "../../lib/index.js";
import type { Tensor } from "../../lib/types.js";
import { expectRefused } from "../support/refusal.js";

const leaf = (values: number[]) => tensor(values, undefined, { requiresGrad: true });
const gradOf = (x: Tensor) => x.grad?.toArray();

describe("backward", () => {
  test("gradients add up, in one pass and over several", () => {
    const x = leaf([1, 2]);
    x.mul(x).add(x).sum().backward();
    expect(gradOf(x)).toEqual([3, 5]);
    x.mul(10).sum().backward();
    expect(gradOf(x)).toEqual([13, 15]);
    x.zeroGrad();
    expect(x.grad).toBeNull();
  });

  test("a value used in many places gathers all of them once", () => {
    const x = leaf([3]);
    const a = x.mul(2);
    let sum: Tensor = a;
    for (let i = 0; i < 5; i++) sum = sum.add(a);
    sum.mul(a).backward(); // 6a · a = 24 x²
    expect(gradOf(x)).toEqual([144]);
  });

  test("a chain longer than any call stack", () => {
    const x = leaf([1]);
    let y: Tensor = x;
    for (let i = 0; i < 20_000; i++) y = y.add(0);
    y.backward();
    expect(gradOf(x)).toEqual([1]);
  });

  test("leaves never share memory, with each other or with the gradient given", () => {
    const [a, b, g] = [leaf([1, 2]), leaf([3, 4]), tensor([5, 6])];
    a.add(b).backward(g);
    (a.grad?.data() as Float32Array)[0] = 100;
    expect(gradOf(b)).toEqual([5, 6]);
    expect(g.toArray()).toEqual([5, 6]);
    a.backward(g);
    expect(gradOf(a)).toEqual([105, 12]);
  });

  test("grad is the same handle until there is another gradient", () => {
    const x = leaf([1]);
    x.mul(2).backward();
    const first = x.grad;
    expect(x.grad).toBe(first);
    x.mul(2).backward();
    expect(x.grad).not.toBe(first);
    expect(first?.toArray()).toEqual([2]);
  });

  test("a gradient in 16 bits will do; it arrives as float32", () => {
    const x = leaf([1, 2]);
    x.mul(3).backward(tensor([0.5, 2], undefined, { dtype: "bfloat16" }));
    expect(gradOf(x)).toEqual([1.5, 6]);
    expect(x.grad?.dtype).toBe("float32");
  });

  test("only leaves that asked have a gradient", () => {
    const [x, c] = [leaf([1]), tensor([2])];
    const y = x.mul(c);
    y.mul(3).backward();
    expect([gradOf(x), c.grad, y.grad, y.requiresGrad, c.requiresGrad]).toEqual([[6], null, null, true, false]);
  });

  test("detach cuts", () => {
    const x = leaf([2]);
    x.mul(x.detach()).backward();
    expect(gradOf(x)).toEqual([2]);
    expect(x.detach().requiresGrad).toBe(false);
  });

  test("refused in words", async () => {
    const x = leaf([1, 2]);
    await expectRefused([
      "not recorded",
      () => tensor([1]).backward(),
      "ERR_ARGUMENT",
      "backward: the tensor is not on the tape: nothing it was made from has requiresGrad, or it was made inside noGrad",
    ]);
    await expectRefused([
      "not a scalar",
      () => x.mul(2).backward(),
      "ERR_ARGUMENT",
      "backward: gradient is needed because the tensor has shape [2], not one element",
    ]);
    await expectRefused([
      "another shape",
      () => x.mul(2).backward(tensor([1])),
      "ERR_SHAPE",
      "backward: gradient must have shape [2], got [1]",
    ]);
    await expectRefused([
      "integers",
      () => x.mul(2).backward(tensor([1, 1], undefined, { dtype: "int32" })),
      "ERR_DTYPE",
      'backward: gradient must be float32, float16 or bfloat16, got "int32"',
    ]);
    await expectRefused([
      "no tensor",
      () => x.mul(2).backward(1 as never),
      "ERR_ARGUMENT",
      "backward: gradient must be a tensor or have data (a typed array) and shape, got 1",
    ]);
    await expectRefused([
      "an unknown option",
      () => x.sum().backward(undefined, { keep: true } as never),
      "ERR_ARGUMENT",
      'backward: there is no option "keep"; known are retainGraph',
    ]);
    await expectRefused([
      "a signal",
      () => x.sum().backward(undefined, { signal: 1 } as never),
      "ERR_ARGUMENT",
      'backward: there is no option "signal" (it belongs to backwardAsync); known are retainGraph',
    ]);
    await expectRefused([
      "retainGraph: 1",
      () => x.sum().backward(undefined, { retainGraph: 1 as never }),
      "ERR_ARGUMENT",
      "backward: retainGraph must be true or false, got 1",
    ]);
    expect(x.grad).toBeNull();
  });
});
