import { describe, expect, test } from "vitest";
import { noGrad, scope, tensor } from "../../lib/index.js";
import type { Tensor } from "../../lib/types.js";
import { expectRefused } from "../support/refusal.js";

const leaf = (values: number[]) => tensor(values, undefined, { requiresGrad: true });
const gradOf = (x: Tensor) => x.grad?.toArray();

describe("noGrad", () => {
  test("records nothing inside and everything after, also when the body throws", () => {
    const x = leaf([1]);
    expect(noGrad(() => x.mul(2)).requiresGrad).toBe(false);
    expect(() =>
      noGrad(() => {
        throw new RangeError();
      }),
    ).toThrow(RangeError);
    expect(x.mul(2).requiresGrad).toBe(true);
    expect(noGrad(() => noGrad(() => 1) + (x.mul(2).requiresGrad ? 1 : 0))).toBe(1);
  });

  test("a promise is refused, and its failure is not another error", async () => {
    await expectRefused([
      "noGrad",
      () =>
        noGrad(async () => {
          throw new Error("inside");
        }),
      "ERR_ARGUMENT",
      "noGrad: body must not return a promise: the tape cannot be switched off across an await",
    ]);
    await expectRefused([
      "scope",
      () => scope(async () => 1),
      "ERR_ARGUMENT",
      "scope: body must not return a promise: a scope ends when its body returns, not when a promise settles",
    ]);
  });
});

describe("scope", () => {
  test("disposes what was made inside, except what is returned, however deep", () => {
    const x = leaf([1, 2]);
    const made: Tensor[] = [];
    const keep = <T extends Tensor>(t: T) => {
      made.push(t);
      return t;
    };
    const kept = scope(() => {
      const [a, b, c] = [keep(x.mul(1)), keep(x.mul(2)), keep(x.mul(3))];
      keep(tensor([1]));
      return { list: [a], map: new Map([["b", b]]), set: new Set([c]) };
    });
    expect(kept.list[0].toArray()).toEqual([1, 2]);
    expect(kept.map.get("b")?.toArray()).toEqual([2, 4]);
    expect([...kept.set][0].toArray()).toEqual([3, 6]);
    expect(() => made[3].shape).toThrow(expect.objectContaining({ code: "ERR_DISPOSED" }));
    expect(x.toArray()).toEqual([1, 2]);
  });

  test("what an inner scope returns belongs to the outer one", () => {
    let inner: Tensor | undefined;
    scope(() => {
      inner = scope(() => tensor([1]));
      expect(inner.size).toBe(1);
    });
    expect(() => inner?.size).toThrow(expect.objectContaining({ code: "ERR_DISPOSED" }));
  });

  test("disposes when the body throws", () => {
    let made: Tensor | undefined;
    expect(() =>
      scope(() => {
        made = tensor([1]);
        throw new RangeError();
      }),
    ).toThrow(RangeError);
    expect(() => made?.size).toThrow(expect.objectContaining({ code: "ERR_DISPOSED" }));
  });

  test("a training step leaves parameters and their gradients", () => {
    const w = leaf([1, 2]);
    scope(() => {
      w.mul(w).sum().backward();
      expect(w.grad?.toArray()).toEqual([2, 4]);
    });
    expect(gradOf(w)).toEqual([2, 4]);
  });
});
