import { describe, expect, test } from "vitest";
import { type Op, record, recordAsync } from "../../lib/autograd.js";
import { type Dense, floats, insideOf, wrap } from "../../lib/dense.js";
import { noGrad, tensor } from "../../lib/index.js";
import { sgd } from "../../lib/optim.js";
import { tensorOf } from "../../lib/tensor.js";
import type { Tensor } from "../../lib/types.js";
import { expectRefused } from "../support/refusal.js";

const leaf = (values: number[]) => tensor(values, undefined, { requiresGrad: true });
const gradOf = (x: Tensor) => x.grad?.toArray();

describe("what the tape holds", () => {
  const released = "backward: what mul saved was released by an earlier backward; give that one { retainGraph: true }";

  test("a second backward throws, a retained one does not", async () => {
    const x = leaf([2]);
    const y = x.mul(x);
    y.backward(undefined, { retainGraph: true });
    y.backward();
    expect(gradOf(x)).toEqual([8]);
    await expectRefused(["twice", () => y.backward(), "ERR_ARGUMENT", released]);
    await expectRefused(["through a shared part", () => y.add(1).backward(), "ERR_ARGUMENT", released]);
    expect(gradOf(x)).toEqual([8]);
  });

  test("after release the inputs are let go", async () => {
    const { gc } = globalThis as { gc?: () => void };
    expect(gc, "the tests run with --expose-gc").toBeTypeOf("function");
    const x = leaf([1]);
    let middle: Tensor | undefined = x.mul(2);
    const seen = new WeakRef(insideOf(middle) as Dense);
    const y = middle.mul(3);
    middle = undefined;
    y.backward(undefined, { retainGraph: true });
    await collected(gc, seen, false);
    y.backward();
    await collected(gc, seen, true);
    expect(y.item()).toBe(6);
  });

  test("an input that an optimizer changed since is noticed, and nothing was touched", async () => {
    const [x, w] = [leaf([1, 2]), leaf([3, 4])];
    const y = x.mul(w).sum();
    w.mul(1).sum().backward();
    sgd([w], { learningRate: 1 }).step();
    const changed = "backward: input 1 of mul (shape [2]) was changed in place after it was recorded";
    await expectRefused(["stale", () => y.backward(), "ERR_ARGUMENT", changed]);
    expect(x.grad).toBeNull();
    x.mul(w).sum().backward();
    expect(gradOf(x)).toEqual([2, 3]);
  });

  test("a view of a changed tensor is changed too", async () => {
    const w = tensor([[1, 2]], undefined, { requiresGrad: true });
    const y = w.transpose().mul(2).sum();
    w.sum().backward();
    sgd([w], { learningRate: 1 }).step();
    await expectRefused([
      "stale view",
      () => y.backward(),
      "ERR_ARGUMENT",
      "backward: input 0 of mul (shape [2, 1]) was changed in place after it was recorded",
    ]);
  });

  test("an input whose buffer was transferred is noticed", async () => {
    const x = tensor(new Float32Array(2), undefined, { requiresGrad: true });
    const y = x.mul(2).sum();
    structuredClone(0, { transfer: [x.data().buffer as ArrayBuffer] });
    await expectRefused([
      "transferred",
      () => y.backward(),
      "ERR_ARGUMENT",
      "mul: the buffer of an input of shape [2] was transferred or shrunk while it was needed",
    ]);
  });
});

async function collected(gc: (() => void) | undefined, seen: WeakRef<object>, gone: boolean): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve));
    gc?.();
  }
  expect(seen.deref() === undefined).toBe(gone);
}

describe("recordAsync", () => {
  const slow: Op<readonly [Dense], { by: number }, null> = {
    name: "slow",
    *forward([x], { by }) {
      const out = new Float32Array(x.size);
      yield () => {
        out.set(floats(x).map((v) => v * by));
      };
      return { out: wrap(out, x.shape), saved: null };
    },
    *backward(g, _, __, { by }) {
      const dx = new Float32Array(g.size);
      yield () => {
        dx.set(floats(g).map((v) => v * by));
      };
      return [wrap(dx, g.shape)];
    },
  };
  const inside = (x: Tensor) => [insideOf(x) as Dense] as const;

  test("the same body, later; on the tape like any other", async () => {
    const x = leaf([1, 2]);
    const y = tensorOf(await recordAsync(slow, inside(x), { by: 3 }));
    expect(y.toArray()).toEqual([3, 6]);
    await y.sum().backwardAsync();
    expect(gradOf(x)).toEqual([3, 3]);
    tensorOf(record(slow, inside(x), { by: 5 }))
      .sum()
      .backward();
    expect(gradOf(x)).toEqual([8, 8]);
  });

  test("whether it is recorded is decided when it is called", async () => {
    const x = leaf([1]);
    const promise = noGrad(() => ({ later: recordAsync(slow, inside(x), { by: 3 }) })).later;
    expect((await promise).requiresGrad).toBe(false);
    const recorded = recordAsync(slow, inside(x), { by: 3 });
    noGrad(() => undefined);
    expect((await recorded).requiresGrad).toBe(true);
  });

  test("an input that changed while it ran is noticed by backward", async () => {
    const x = leaf([1]);
    x.mul(1).backward();
    const promise = recordAsync(slow, inside(x), { by: 3 });
    sgd([x], { learningRate: 1 }).step();
    const y = tensorOf(await promise);
    await expectRefused([
      "changed",
      () => y.backward(),
      "ERR_ARGUMENT",
      "backward: input 0 of slow (shape [1]) was changed in place after it was recorded",
    ]);
  });
});

describe("an operation's own promises", () => {
  const op = (
    backward: Op<readonly [Dense], null, null>["backward"],
    name = "own",
  ): Op<readonly [Dense], null, null> => ({
    name,
    forward: ([x]) => ({ out: wrap(new Float32Array(x.size), x.shape), saved: null }),
    backward,
  });
  const through = (x: Tensor, backward: Op<readonly [Dense], null, null>["backward"]) =>
    tensorOf(record(op(backward), [insideOf(x) as Dense], null));

  test("a gradient of another shape or dtype is refused, once, by the tape", async () => {
    const x = leaf([1, 2]);
    const wrong = through(x, () => [wrap(new Float32Array(3), [3])]);
    await expectRefused([
      "shape",
      () => wrong.sum().backward(),
      "ERR_SHAPE",
      "backward: own must give input 0 a gradient of float32 [2], got float32 [3]",
    ]);
    const ints = through(x, () => [wrap(new Int32Array(2), [2], "int32")]);
    await expectRefused([
      "dtype",
      () => ints.sum().backward(),
      "ERR_SHAPE",
      "backward: own must give input 0 a gradient of float32 [2], got int32 [2]",
    ]);
    expect(x.grad).toBeNull();
  });

  test("a failing backward leaves the graph usable and no gradient touched", () => {
    const [x, w] = [leaf([1, 2]), leaf([5, 6])];
    let fails = true;
    const y = through(x, (g) => {
      if (fails) throw new RangeError("not yet");
      return [g];
    })
      .mul(w)
      .sum();
    expect(() => y.backward()).toThrow(RangeError);
    expect([x.grad, w.grad]).toEqual([null, null]);
    fails = false;
    y.backward();
    expect(gradOf(x)).toEqual([5, 6]);
  });

  test("what it receives is contiguous float32", () => {
    const x = tensor(
      [
        [1, 2],
        [3, 4],
      ],
      undefined,
      { requiresGrad: true },
    );
    const got: boolean[] = [];
    const y = tensorOf(
      record(
        op((g) => {
          got.push(g.contiguous, g.dtype === "float32");
          return [g];
        }),
        [insideOf(x) as Dense],
        null,
      ),
    );
    y.transpose()
      .mul(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      )
      .sum()
      .backward();
    expect(got).toEqual([true, true]);
    expect(gradOf(x)).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });
});
