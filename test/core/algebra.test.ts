import { describe, expect, test } from "vitest";
import { gradCheck } from "../../lib/testing.js";
import type { Tensor } from "../../lib/types.js";
import { exactly, expectEarned, type Round, singly } from "../support/earned.js";
import { onePerDevice, runOn, tensorHere as tensor } from "../support/places.js";
import { fill, normal, uniform } from "../support/rows.js";

/** What lib/testing.ts says a correct operation stays below. */
const CORRECT = 1e-3;

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
/** Numbers away from 0, of both signs. */
function random(seed: number, shape: readonly number[]): Tensor {
  const next = uniform(seed);
  const value = () => (next() < 0.5 ? -1 : 1) * (0.5 + next());
  return tensor(Float32Array.from({ length: sizeOf(shape) }, value), shape);
}

/** The element that a broadcast operand shows at an index of the result. */
function at(x: Tensor, index: readonly number[]): number {
  const own = index.slice(index.length - x.shape.length);
  const flat = x.shape.reduce((sum, length, axis) => sum * length + (length === 1 ? 0 : own[axis]), 0);
  return x.data()[flat];
}

const SHAPES: [a: number[], b: number[], result: number[]][] = [
  [[4], [4], [4]],
  [
    [5, 7],
    [5, 7],
    [5, 7],
  ],
  [[5, 7], [7], [5, 7]],
  [[7], [5, 7], [5, 7]],
  [
    [5, 7],
    [5, 1],
    [5, 7],
  ],
  [
    [5, 1],
    [1, 7],
    [5, 7],
  ],
  [[5, 7], [], [5, 7]],
  [[], [3], [3]],
  [[], [], []],
  [
    [2, 3, 4, 5],
    [3, 1, 5],
    [2, 3, 4, 5],
  ],
  [
    [2, 1, 4, 1],
    [3, 1, 6],
    [2, 3, 4, 6],
  ],
  [[0, 3], [3], [0, 3]],
  [
    [1, 0],
    [4, 1],
    [4, 0],
  ],
];
const OPERATIONS = {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
};

function indexOf(flat: number, shape: readonly number[]): number[] {
  const index = shape.map(() => 0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = flat % shape[axis];
    flat = Math.floor(flat / shape[axis]);
  }
  return index;
}

describe.each(onePerDevice())("on %s", (place) => {
  runOn(place);

  describe.each(Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[])("%s", (name) => {
    test.each(SHAPES)("%j with %j", (aShape, bShape, shape) => {
      const [a, b] = [random(1, aShape), random(2, bShape)];
      const c = a[name](b);
      expect(c.shape).toEqual(shape);
      const indices = Array.from({ length: sizeOf(shape) }, (_, flat) => indexOf(flat, shape));
      const expected = indices.map((index) => Math.fround(OPERATIONS[name](at(a, index), at(b, index))));
      expect([...c.data()]).toEqual(expected);
    });

    test.each(SHAPES)("gradients of %j with %j", (aShape, bShape) => {
      const inputs = [random(3, aShape), random(4, bShape)];
      expect(gradCheck((a, b) => a[name](b), inputs)).toBeLessThan(CORRECT);
    });

    test("a number is a scalar", () => {
      const x = tensor([1, -2, 4]);
      expect([...x[name](0.1).data()]).toEqual(
        [1, -2, 4].map((v) => Math.fround(OPERATIONS[name](v, Math.fround(0.1)))),
      );
      expect(gradCheck((y) => y[name](0.75), [x])).toBeLessThan(CORRECT);
    });

    test("strided views are read as they are", () => {
      const [x, y] = [random(5, [4, 6]), random(6, [5, 4])];
      const [a, b] = [x.transpose().columns(1, 3), y.columns(0, 2).reshape([5, 2])];
      const [aCopy, bCopy] = [tensor(Float32Array.from(a.data()), [6, 2]), tensor(Float32Array.from(b.data()), [5, 2])];
      const wide = (v: Tensor, n: number) => v.reshape([n, 1, 2]);
      expect(wide(a, 6)[name](b).toArray()).toEqual(wide(aCopy, 6)[name](bCopy).toArray());
      expect(gradCheck((u, v) => u.transpose().columns(1, 3)[name](v.columns(0, 2).mean()), [x, y])).toBeLessThan(
        CORRECT,
      );
    });
  });

  describe("one tensor", () => {
    const sample = () =>
      tensor([
        [0.5, -1.25, 2],
        [3, -0.75, 0.125],
      ]);

    test("exp, log and relu are those of JavaScript, rounded once", () => {
      const x = sample();
      const positive = x.mul(x);
      expect([...x.exp().data()]).toEqual(Array.from(x.data(), (v) => Math.fround(Math.exp(v))));
      expect([...positive.log().data()]).toEqual(Array.from(positive.data(), (v) => Math.fround(Math.log(v))));
      expect([...x.relu().data()]).toEqual(Array.from(x.data(), (v) => Math.max(v, 0)));
    });

    test("sums are float64 inside", () => {
      const many = tensor([1e8, 1, -1e8, 3, 0.25]);
      expect(many.sum().item()).toBe(4.25);
      expect(many.mean().item()).toBe(Math.fround(4.25 / 5));
      expect(many.sum().shape).toEqual([]);
      expect(tensor([]).sum().item()).toBe(0);
      expect(tensor([]).mean().item()).toBe(0);
    });

    const bodies: Record<string, (x: Tensor) => Tensor> = {
      exp: (v) => v.exp(),
      log: (v) => v.mul(v).log(),
      relu: (v) => v.relu(),
      sum: (v) => v.mul(v).sum(),
      mean: (v) => v.mul(v).mean(),
      normalize: (v) => v.normalize(),
      transpose: (v) => v.transpose().mul(v.reshape([3, 2])),
      reshape: (v) =>
        v
          .transpose()
          .reshape([6])
          .mul(v.reshape([6])),
      columns: (v) => v.columns(1, 3).mul(v.columns(0, 2)),
      to: (v) => v.add(v.to("float32")),
    };
    test.each(Object.entries(bodies))("gradient of %s", (_, body) => {
      expect(gradCheck(body, [sample()])).toBeLessThan(CORRECT);
    });

    test("the gradient passes a change of dtype as it is", () => {
      const leaf = tensor([1, 2], undefined, { dtype: "bfloat16", requiresGrad: true });
      leaf
        .to("float16")
        .mul(tensor([3, 5]))
        .sum()
        .backward();
      expect(leaf.grad?.dtype).toBe("float32");
      expect(leaf.grad?.toArray()).toEqual([3, 5]);
    });

    test("NaN and infinity go through", () => {
      const odd = tensor([Number.NaN, Infinity, -Infinity], undefined, { requiresGrad: true });
      expect(odd.relu().toArray()).toEqual([Number.NaN, Infinity, 0]);
      expect(odd.add(1).toArray()).toEqual([Number.NaN, Infinity, -Infinity]);
      expect(odd.exp().toArray()).toEqual([Number.NaN, Infinity, 0]);
      odd.relu().sum().backward();
      expect(odd.grad?.toArray()).toEqual([1, 1, 0]);
    });

    test("relu keeps every bit of what it lets pass: the smallest, the largest, NaN of either sign", () => {
      const patterns = [1, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fffffff, 0xff800001, 0xffc00000, 0xffffffff];
      const stopped = [0, 0x80000000, 0x80000001, 0xff7fffff, 0xff800000];
      const through = tensor(new Float32Array(Uint32Array.of(...patterns, ...stopped).buffer)).relu();
      const bits = [...new Uint32Array(through.data().buffer)];
      expect(bits).toEqual([...patterns, ...stopped.map(() => 0)]);
    });

    test("relu is flat at 0", () => {
      const zero = tensor([0, -0], undefined, { requiresGrad: true });
      zero.relu().sum().backward();
      expect(zero.grad?.toArray()).toEqual([0, 0]);
    });
  });

  describe("16-bit floats", () => {
    test.each(["float16", "bfloat16"] as const)("%s is read exactly, results are float32", (dtype) => {
      const x = tensor([1.5, -2, 0.375], undefined, { dtype });
      expect(x.add(2 ** -20).dtype).toBe("float32");
      expect([...x.add(2 ** -20).data()]).toEqual([1.5, -2, 0.375].map((v) => Math.fround(v + 2 ** -20)));
      expect(
        x
          .reshape([1, 3])
          .matmul(x.reshape([3, 1]))
          .item(),
      ).toBe(1.5 ** 2 + 4 + 0.375 ** 2);
      expect(x.sum().item()).toBe(-0.125);
    });
  });

  describe("normalize", () => {
    const rows = [...fill(5, 33, normal(7)), new Array(33).fill(0), new Array(33).fill(1e-20)];

    test("agrees with the formula", () => {
      const divided = (round: Round) =>
        rows.flatMap((row) => {
          const values = row.map(Math.fround);
          let squares = 0;
          for (const v of values) squares = round(squares + round(v * v));
          return values.map((v) => round(v / Math.max(round(Math.sqrt(squares)), 1e-12)));
        });
      const exact = divided(exactly);
      expectEarned(
        "normalize",
        tensor(rows).normalize().data(),
        exact,
        divided(singly),
        exact.map(() => 1),
      );
    });

    test("a row of zeros stays, with gradient 0; a row too short is multiplied by 10¹²", () => {
      const x = tensor(
        [
          [0, 0],
          [1e-20, 0],
        ],
        undefined,
        { requiresGrad: true },
      );
      const y = x.normalize();
      expect(y.toArray()).toEqual([
        [0, 0],
        [Math.fround(Math.fround(1e-20) * 1e12), 0],
      ]);
      y.sum().backward();
      expect(x.grad?.toArray()).toEqual([[0, 0], [1, 1].map(() => Math.fround(1e12))]);
    });
  });
});
