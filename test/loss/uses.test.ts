import { describe, expect, test } from "vitest";
import { noGrad, tensor } from "../../lib/index.js";
import { loss, miner } from "../../lib/loss/index.js";
import { LOSSES } from "../../lib/loss/table.js";
import { gradCheck } from "../../lib/testing.js";
import type { Tensor } from "../../lib/types.js";
import { LABELS, X, Y } from "../support/golden.js";
import { guarded } from "../support/guard.js";
import { at, places, runOn } from "../support/places.js";
import { fill, normal, type Rows, toBits } from "../support/rows.js";

const leaf = (rows: Rows): Tensor =>
  tensor(Float32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 6], at({ requiresGrad: true }));
const zeros = (n: number): number[][] => Array.from({ length: n }, () => [0, 0, 0, 0, 0, 0]);

type Labeled = (x: Tensor, labels: number[]) => Tensor;
const LABELED: Readonly<Record<string, Labeled>> = {
  ...Object.fromEntries(
    (Object.keys(LOSSES) as (keyof typeof LOSSES)[])
      .filter((name) => LOSSES[name].kind === "labeled")
      .map((name) => [name, loss[name] as unknown as Labeled]),
  ),
  "multiSimilarity with its miner": (x, labels) => loss.multiSimilarity(x, labels, { miner: miner.multiSimilarity() }),
};

describe.each(places())("losses on %s", (place) => {
  runOn(place);

  describe.each(Object.entries(LABELED))("%s", (_, f) => {
    test("one class, no positives, one row, no rows: finite, and zero where nothing is counted", () => {
      for (const labels of [[], [3]]) {
        const x = leaf(X.slice(0, labels.length));
        const value = f(x, labels);
        value.backward();
        expect(value.item()).toBe(0);
        expect(x.grad?.toArray()).toEqual(zeros(labels.length));
      }
      for (const labels of [X.map(() => 1), X.map((_row, i) => i)]) {
        const x = leaf(X);
        const value = f(x, labels);
        value.backward();
        expect(Number.isFinite(value.item())).toBe(true);
        expect([...(x.grad as Tensor).data()].every(Number.isFinite)).toBe(true);
      }
    });

    test("NaN in a row gives NaN, infinities no hang", () => {
      for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const x = leaf(X.map((row, i) => (i === 2 ? row.map((value, k) => (k === 1 ? odd : value)) : row)));
        const value = f(x, LABELS);
        expect(value.item()).toBeNaN();
        value.backward();
        expect((x.grad as Tensor).data()).toHaveLength(48);
      }
    });

    test("takes labels of every kind", () => {
      const value = f(leaf(X), LABELS).item();
      const kinds = [Int32Array.from(LABELS), BigInt64Array.from(LABELS, BigInt), tensor(Int32Array.from(LABELS), [8])];
      for (const labels of kinds) expect(f(leaf(X), labels as unknown as number[]).item()).toBe(value);
      expect(
        f(
          leaf(X),
          LABELS.map((id) => id - 2 ** 31),
        ).item(),
      ).toBe(value);
    });

    test("labels may change between forward and backward", () => {
      const [x, z] = [leaf(X), leaf(X)];
      f(x, LABELS).backward();
      const labels = Int32Array.from(LABELS);
      const value = f(z, labels as unknown as number[]);
      labels.fill(0);
      value.backward();
      expect(z.grad?.data()).toEqual(x.grad?.data());
    });

    test("zero rows have finite gradients", () => {
      const x = leaf(X.map((row, i) => (i % 3 === 0 ? row.map(() => 0) : row)));
      f(x, LABELS).backward();
      expect([...(x.grad as Tensor).data()].every(Number.isFinite)).toBe(true);
    });
  });

  test("slopes agree with differences", () => {
    const check = (f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]) =>
      expect(gradCheck(f, inputs)).toBeLessThan(5e-3);
    check((x) => loss.multiSimilarity(x as Tensor, LABELS, { beta: 5 }), leaf(X));
    check((x) => loss.contrastive(x as Tensor, LABELS, { posMargin: 0.11, negMargin: 1.23 }), leaf(X));
    check((x, y) => loss.infoNCE(x as Tensor, y as Tensor, { temperature: 0.5, symmetric: true }), leaf(X), leaf(Y));
    const warmth = tensor([0.5], undefined, at({ requiresGrad: true }));
    check((x, t) => loss.infoNCE(x as Tensor, leaf(Y).detach(), { temperature: t as Tensor }), leaf(X), warmth);
  });

  test("the temperature's slope is that of all pairs, however many there are", () => {
    const rows = (n: number, seed: number): Tensor =>
      tensor(Float32Array.from(fill(n, 3, normal(seed)).flat()), [n, 3], at());
    const [x, y] = [rows(1030, 1), rows(1300, 2)];
    const sum = (temperature: number): number => {
      const terms = loss.infoNCE(x, y, { temperature, reduction: "none" }).data() as Float32Array;
      return terms.reduce((a, b) => a + b, 0);
    };
    const step = 2 ** -7;
    const warmth = tensor([0.5], undefined, at({ requiresGrad: true }));
    loss.infoNCE(x, y, { temperature: warmth, reduction: "sum" }).backward();
    const slope = (sum(0.5 + step) - sum(0.5 - step)) / (2 * step);
    expect((warmth.grad?.item() as number) / slope).toBeCloseTo(1, 2);
  });

  test("with itself as the reference, each row is its own positive too", () => {
    const x = leaf(X);
    const within = loss.contrastive(x, LABELS, { reduction: "none" });
    const across = loss.contrastive(x, LABELS, { reduction: "none", reference: { embeddings: x, labels: LABELS } });
    expect(across.data()).toEqual(within.data());
    const lone = loss.contrastive(x, [0, 1, 2, 3, 4, 5, 6, 7], {
      metric: "cosineSimilarity",
      posMargin: 2,
      negMargin: 1,
      reduction: "none",
      reference: { embeddings: x, labels: [0, 1, 2, 3, 4, 5, 6, 7] },
    });
    for (const value of lone.data()) expect(value).toBeCloseTo(1, 6);
  });

  test("only the sides that ask for it get a gradient", () => {
    const [x, y] = [leaf(X), leaf(Y)];
    loss.infoNCE(x, y.detach()).backward();
    const alone = x.grad?.data();
    x.zeroGrad();
    loss.infoNCE(x, y).backward();
    expect(x.grad?.data()).toEqual(alone);
    const z = leaf(Y);
    loss.infoNCE(x.detach(), z).backward();
    expect(z.grad?.data()).toEqual(y.grad?.data());
  });

  test("anchors may be their own candidates; both gradients arrive", () => {
    const [x, y] = [leaf(X), leaf(X)];
    const both = leaf(X);
    loss.infoNCE(both, both).backward();
    loss.infoNCE(x, y).backward();
    const sum = x.grad?.add(y.grad as Tensor).data();
    expect(both.grad?.data()).toEqual(sum);
  });

  test("a tensor temperature means what the number means", () => {
    const value = loss.infoNCE(leaf(X), leaf(Y), { temperature: 0.25 }).item();
    for (const warmth of [tensor([0.25], undefined, at()), tensor([0.25], [], at())]) {
      expect(loss.infoNCE(leaf(X), leaf(Y), { temperature: warmth }).item()).toBe(value);
    }
  });

  test("a result may be given, and nothing else is written", () => {
    const x = leaf(X).detach();
    for (const dtype of ["float32", "float16", "bfloat16"] as const) {
      const full = [...loss.multiSimilarity(x, LABELS, { reduction: "none" }).data()];
      const guard = guarded(8, 1, dtype);
      noGrad(() => loss.multiSimilarity(x, LABELS, { reduction: "none", out: guard.out.reshape([8]) }));
      expect([...guard.values()]).toEqual(dtype === "float32" ? full : full.map((value) => toBits(value, dtype)));
      guard.expectIntact(dtype);
    }
  });

  test("losses add up with the algebra of tensors", () => {
    const x = leaf(X);
    const a = loss.multiSimilarity(x, LABELS);
    const b = loss.contrastive(x, LABELS);
    const total = a.add(b.mul(0.5));
    expect(total.item()).toBeCloseTo(a.item() + 0.5 * b.item(), 5);
    total.backward();
    expect([...(x.grad as Tensor).data()].some((value) => value !== 0)).toBe(true);
  });
});
