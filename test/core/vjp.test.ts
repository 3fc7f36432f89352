import { describe, expect, test } from "vitest";
import { noGrad, tensor, vjp } from "../../lib/index.js";
import { expectRefused } from "../support/refusal.js";

const leaf = (values: number[]) => tensor(values, undefined, { requiresGrad: true });

describe("vjp", () => {
  test("the value and gradients, without touching grad", () => {
    const [x, y] = [tensor([2, 3]), leaf([5, 7])];
    const { value, pullback } = vjp((a, b) => a.mul(b), [x, y] as const);
    expect([value.toArray(), value.requiresGrad]).toEqual([[10, 21], false]);
    const [dx, dy] = pullback(tensor([1, 10]));
    expect([dx?.toArray(), dy?.toArray()]).toEqual([
      [5, 70],
      [2, 30],
    ]);
    expect(pullback(tensor([2, 0])).map((g) => g?.toArray())).toEqual([
      [10, 0],
      [4, 0],
    ]);
    expect(y.grad).toBeNull();
  });

  test("null where the value does not depend on an input; works inside noGrad", async () => {
    const [x, y] = [tensor([2]), tensor([3])];
    const { pullback, pullbackAsync } = noGrad(() => vjp((a, _) => a.mul(a), [x, y] as const));
    expect(pullback().map((g) => g?.item())).toEqual([4, undefined]);
    expect((await pullbackAsync()).map((g) => g?.item())).toEqual([4, undefined]);
    expect(
      vjp((a) => a, [x] as const)
        .pullback()[0]
        ?.item(),
    ).toBe(1);
    expect(vjp((_) => tensor([1]), [x] as const).pullback()).toEqual([null]);
  });

  test("refused in words", async () => {
    const x = tensor([1, 2]);
    const pulled = vjp((a) => a.mul(2), [x] as const);
    await expectRefused([
      "no gradient",
      () => pulled.pullback(),
      "ERR_ARGUMENT",
      "pullback: gradient is needed because the tensor has shape [2], not one element",
    ]);
    await expectRefused([
      "another shape",
      () => pulled.pullback(tensor([1])),
      "ERR_SHAPE",
      "pullback: gradient must have shape [2], got [1]",
    ]);
    pulled[Symbol.dispose]();
    await expectRefused(["disposed", () => pulled.pullback(x), "ERR_DISPOSED", "pullback: it was disposed"]);
    await expectRefused(["disposed", () => pulled.pullbackAsync(x), "ERR_DISPOSED", "pullback: it was disposed"]);
    await expectRefused([
      "no tensor",
      () => vjp((_) => 1 as never, [x]),
      "ERR_ARGUMENT",
      "vjp: f must return a tensor, got 1",
    ]);
    await expectRefused([
      "integers",
      () => vjp((a) => a, [tensor([1], undefined, { dtype: "int32" })]),
      "ERR_DTYPE",
      'vjp: inputs[0] must be float32, float16 or bfloat16, got "int32"',
    ]);
  });
});
