import { describe, expect, test } from "vitest";
import { tensor, vjp } from "../../lib/index.js";
import { adamW, sgd } from "../../lib/optim.js";
import type { Tensor } from "../../lib/types.js";
import { exactly, expectEarned, type Round, singly } from "../support/earned.js";
import { onePerDevice, runOn, tensorHere } from "../support/places.js";
import { normal } from "../support/rows.js";
import { expectRefused, type Refusal } from "../support/refusal.js";

const SIZE = 37;
const STEPS = 20;
const next = normal(1);
const START = Float32Array.from({ length: SIZE }, next);
/** The gradient of Σ c w²/2 + b w. */
const [C, B] = [0, 1].map(() => Float32Array.from({ length: SIZE }, next));

function train(make: (w: Tensor) => { step(): void; zeroGrad(): void }): Float32Array {
  const w = tensorHere(START.slice(), undefined, { requiresGrad: true });
  const optimizer = make(w);
  for (let i = 0; i < STEPS; i++) {
    optimizer.zeroGrad();
    w.mul(w)
      .mul(tensorHere(C))
      .mul(0.5)
      .add(w.mul(tensorHere(B)))
      .sum()
      .backward();
    optimizer.step();
  }
  return w.data() as Float32Array;
}

/** The same in the oracle's own words; `r` rounds every operation. */
function oracle(r: Round, update: (w: number, g: number, t: number, state: number[]) => number): number[] {
  return Array.from(START, (w, i) => {
    const state = [0, 0];
    for (let t = 1; t <= STEPS; t++) w = r(update(w, r(r(C[i] * w) + B[i]), t, state));
    return w;
  });
}

const plain = (r: Round) => oracle(r, (w, g) => r(w - r(0.05 * g)));
const heavy = (r: Round) =>
  oracle(r, (w, g, _, v) => {
    v[0] = r(r(0.9 * v[0]) + r(g + r(0.1 * w)));
    return w - r(0.05 * v[0]);
  });
const adam = (r: Round) =>
  oracle(r, (w, g, t, s) => {
    s[0] = r(r(0.9 * s[0]) + r(0.1 * g));
    s[1] = r(r(0.999 * s[1]) + r(0.001 * r(g * g)));
    const [m, v] = [r(s[0] / (1 - 0.9 ** t)), r(s[1] / (1 - 0.999 ** t))];
    return r(w * (1 - 0.05 * 0.01)) - r((0.05 * m) / (r(Math.sqrt(v)) + 1e-8));
  });

describe.each(onePerDevice())("each step is the formula's on %s", (place) => {
  runOn(place);
  test.each([
    ["sgd", plain, (w: Tensor) => sgd([w], { learningRate: 0.05 })],
    [
      "sgd with momentum and decay",
      heavy,
      (w: Tensor) => sgd([w], { learningRate: 0.05, momentum: 0.9, weightDecay: 0.1 }),
    ],
    ["adamW", adam, (w: Tensor) => adamW([w], { learningRate: 0.05 })],
  ] as const)("%s", (name, formula, make) => {
    const exact = formula(exactly);
    const terms = exact.map((value, i) => Math.abs(value) + Math.abs(START[i]) + 0.05 * STEPS);
    expectEarned(name, train(make), exact, formula(singly), terms);
  });
});

describe.each(onePerDevice())("on %s", (place) => {
  runOn(place);

  test("parameters without a gradient are left alone, and zeroGrad forgets", () => {
    const [a, b] = [
      tensorHere([1], undefined, { requiresGrad: true }),
      tensorHere([2], undefined, { requiresGrad: true }),
    ];
    const optimizer = adamW([a, b], { learningRate: 0.1 });
    a.mul(3).backward();
    optimizer.step();
    expect(a.item()).not.toBe(1);
    expect(b.item()).toBe(2);
    optimizer.zeroGrad();
    expect([a.grad, b.grad]).toEqual([null, null]);
  });

  test("a backward through a value from before a step throws", () => {
    const w = tensorHere([2], undefined, { requiresGrad: true });
    const optimizer = sgd([w], { learningRate: 1 });
    const old = w.mul(w);
    w.mul(3).backward();
    optimizer.step();
    expect(w.item()).toBe(-1);
    expect(() => old.backward()).toThrow("was changed in place after it was recorded");
  });
});

test("a parameter whose buffer was transferred", async () => {
  const w = tensor(new Float32Array(2), undefined, { requiresGrad: true });
  const optimizer = sgd([w], { learningRate: 1 });
  w.sum().backward();
  structuredClone(0, { transfer: [w.data().buffer as ArrayBuffer] });
  const gone = "must still have its 2 elements, got 0: its buffer was transferred or shrunk";
  await expectRefused(["step", () => optimizer.step(), "ERR_ARGUMENT", `sgd: parameters[0] ${gone}`]);
});

test("a leaf that is a strided view", async () => {
  const words = "sgd: parameters[0] must be a contiguous leaf with requiresGrad, got a strided view";
  const view = tensor([
    [1, 2],
    [3, 4],
  ]).columns(0, 1);
  const train = (x: Tensor) => {
    sgd([x], { learningRate: 1 });
    return x;
  };
  await expectRefused(["strided", () => vjp(train, [view]), "ERR_ARGUMENT", words]);
});

const leaf = tensor([1], undefined, { requiresGrad: true });
const own = "be a contiguous leaf with requiresGrad";
test.each<Refusal>([
  [
    "no array",
    () => sgd(leaf as never, { learningRate: 1 }),
    "ERR_ARGUMENT",
    "sgd: parameters must be an array of tensors, got an object",
  ],
  [
    "no tensor",
    () => sgd([1 as never], { learningRate: 1 }),
    "ERR_ARGUMENT",
    "sgd: parameters[0] must be a tensor or have data (a typed array) and shape, got 1",
  ],
  [
    "no leaf",
    () => sgd([leaf, leaf.mul(2)], { learningRate: 1 }),
    "ERR_ARGUMENT",
    `sgd: parameters[1] must ${own}, got the result of an operation`,
  ],
  [
    "no gradient wanted",
    () => adamW([tensor([1])], { learningRate: 1 }),
    "ERR_ARGUMENT",
    `adamW: parameters[0] must ${own}, got a tensor without it`,
  ],
  [
    "16 bits",
    () => sgd([tensor([1], undefined, { dtype: "float16", requiresGrad: true })], { learningRate: 1 }),
    "ERR_DTYPE",
    'sgd: parameters[0] must be float32, got "float16"',
  ],
  [
    "no learning rate",
    () => sgd([leaf], {} as never),
    "ERR_ARGUMENT",
    "sgd: learningRate must be a finite number of at least 0, got undefined",
  ],
  [
    "momentum 1",
    () => sgd([leaf], { learningRate: 1, momentum: 1 }),
    "ERR_ARGUMENT",
    "sgd: momentum must be a finite number of at least 0 and below 1, got 1",
  ],
  [
    "a negative decay",
    () => sgd([leaf], { learningRate: 1, weightDecay: -1 }),
    "ERR_ARGUMENT",
    "sgd: weightDecay must be a finite number of at least 0, got -1",
  ],
  [
    "beta 1",
    () => adamW([leaf], { learningRate: 1, betas: [0.9, 1] }),
    "ERR_ARGUMENT",
    "adamW: betas[1] must be a finite number of at least 0 and below 1, got 1",
  ],
  [
    "one beta",
    () => adamW([leaf], { learningRate: 1, betas: [0.9] as never }),
    "ERR_ARGUMENT",
    "adamW: betas must be two numbers, got an array of length 1",
  ],
  [
    "an unknown option",
    () => adamW([leaf], { learningRate: 1, momentum: 1 } as never),
    "ERR_ARGUMENT",
    'adamW: there is no option "momentum"; known are learningRate, betas, eps, weightDecay',
  ],
])("refused: %s", async (...refusal) => {
  await expectRefused(refusal as unknown as Refusal);
});
