import { describe, expect, test } from "vitest";
import { type Op, record } from "../../lib/autograd.js";
import { type Dense, floats, insideOf, wrap } from "../../lib/dense.js";
import { tensor } from "../../lib/index.js";
import { tensorOf } from "../../lib/tensor.js";
import { gradCheck } from "../../lib/testing.js";
import type { Tensor } from "../../lib/types.js";
import { fill, normal } from "../support/rows.js";
import { expectRefused } from "../support/refusal.js";

/** What the documentation promises of a correct operation, and of a wrong one. */
const [CORRECT, WRONG] = [1e-3, 0.1];

/** x², with a gradient of the test's choice. */
const squared = (gradient: (g: number, x: number, i: number) => number): ((x: Tensor) => Tensor) => {
  const op: Op<readonly [Dense], null, null> = {
    name: "squared",
    forward: ([x]) => ({
      out: wrap(
        floats(x).map((v) => v * v),
        x.shape,
      ),
      saved: null,
    }),
    backward: (g, [x]) => [
      wrap(
        floats(x).map((v, i) => gradient(floats(g)[i], v, i)),
        x.shape,
      ),
    ],
  };
  return (x) => tensorOf(record(op, [insideOf(x) as Dense], null));
};
const right = (g: number, x: number) => 2 * g * x;

const shapes = [
  [1, 1],
  [7, 3],
  [40, 30],
] as const;
describe.each(shapes)("on %i × %i", (rows, columns) => {
  const x = tensor(fill(rows, columns, normal(3)));

  test("a right gradient passes", () => {
    expect(gradCheck(squared(right), [x])).toBeLessThan(CORRECT);
    expect(gradCheck((v) => v.mul(v).exp().add(1).log().mean(), [x])).toBeLessThan(CORRECT);
  });

  test.each<[string, (g: number, x: number, i: number) => number]>([
    ["a factor", (g, v) => g * v],
    ["a sign", (g, v) => -2 * g * v],
    ["nothing", () => 0],
    ["ten percent and more", (g, v) => 2.3 * g * v],
    ["not a number", () => Number.NaN],
  ])("a wrong one does not: %s", (_, gradient) => {
    expect(gradCheck(squared(gradient), [x])).toBeGreaterThan(WRONG);
  });
});

test("one wrong element of a small input is found", () => {
  const x = tensor(fill(4, 8, normal(4)));
  expect(
    gradCheck(
      squared((g, v, i) => right(g, v) + (i === 17 ? 3 : 0)),
      [x],
    ),
  ).toBeGreaterThan(WRONG);
});

test("every input is looked at, also one that f ignores", () => {
  const [x, y] = [tensor([1, 2]), tensor([3, 4])];
  expect(gradCheck((a) => a.mul(2), [x, y])).toBeLessThan(CORRECT);
  expect(gradCheck((a, b) => a.mul(b.detach()), [x, y])).toBeGreaterThan(WRONG);
});

test("the scale of an input does not matter", () => {
  for (const scale of [1e-6, 1, 1e6]) {
    const x = tensor(fill(5, 4, normal(5)).map((row) => row.map((v) => v * scale)));
    expect(
      gradCheck((v) => v.mul(v).sum(), [x]),
      `× ${scale}`,
    ).toBeLessThan(CORRECT);
  }
});

test("a kink at the inputs shows, and a smaller step steps past one nearby", () => {
  const near = tensor([0.001, 1, -1]);
  expect(gradCheck((v) => v.relu(), [near])).toBeGreaterThan(10 * CORRECT);
  expect(gradCheck((v) => v.relu(), [near], { step: 2 ** -12 })).toBeLessThan(CORRECT);
});

test("inputs stay as they are; the same seed gives the same number", () => {
  const x = tensor([0.5, -2], undefined, { requiresGrad: true });
  const before = [...x.data()];
  const once = gradCheck((v) => v.exp(), [x], { seed: 9 });
  expect(gradCheck((v) => v.exp(), [x], { seed: 9 })).toBe(once);
  expect([...x.data()]).toEqual(before);
  expect(x.grad).toBeNull();
});

test("nothing to look at is no error", () => {
  expect(gradCheck((v) => v.sum(), [tensor([])])).toBe(0);
  expect(gradCheck(() => tensor([1]), [])).toBe(0);
});

test("refused in words", async () => {
  const x = tensor([1]);
  await expectRefused([
    "dtype",
    () => gradCheck((v) => v, [x.to("bfloat16")]),
    "ERR_DTYPE",
    'gradCheck: inputs[0] must be float32, got "bfloat16"',
  ]);
  await expectRefused([
    "step",
    () => gradCheck((v) => v, [x], { step: 0 }),
    "ERR_ARGUMENT",
    "gradCheck: step must be a finite number above 0, got 0",
  ]);
  await expectRefused([
    "seed",
    () => gradCheck((v) => v, [x], { seed: 0.5 }),
    "ERR_ARGUMENT",
    "gradCheck: seed must be an integer, got 0.5",
  ]);
  await expectRefused([
    "option",
    () => gradCheck((v) => v, [x], { eps: 1 } as never),
    "ERR_ARGUMENT",
    'gradCheck: there is no option "eps"; known are step, seed',
  ]);
  await expectRefused([
    "result",
    () => gradCheck(() => 1 as never, [x]),
    "ERR_ARGUMENT",
    "vjp: f must return a tensor, got 1",
  ]);
});
