import { describe, expect, test } from "vitest";
import { agreement } from "../../lib/evaluate/index.js";
import { tensor } from "../../lib/index.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { uniform } from "../support/rows.js";

/** I(A; B) in nats from the definition: probabilities of ids and of pairs of ids. */
function information(a: readonly number[], b: readonly number[]): number {
  const share = (test: (i: number) => boolean) => a.filter((_, i) => test(i)).length / a.length;
  let sum = 0;
  for (const u of new Set(a))
    for (const v of new Set(b)) {
      const joint = share((i) => a[i] === u && b[i] === v);
      if (joint > 0) sum += joint * Math.log(joint / (share((i) => a[i] === u) * share((i) => b[i] === v)));
    }
  return sum;
}

function permutations(values: readonly number[]): number[][] {
  if (values.length <= 1) return [[...values]];
  return values.flatMap((value, at) =>
    permutations([...values.slice(0, at), ...values.slice(at + 1)]).map((rest) => [value, ...rest]),
  );
}

/** The mean of I over every way to deal b's ids. */
function chance(a: readonly number[], b: readonly number[]): number {
  const all = permutations(b);
  return all.reduce((sum, dealt) => sum + information(a, dealt), 0) / all.length;
}

function pairF1(a: readonly number[], b: readonly number[]): number {
  let [both, inA, inB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < i; j++) {
      const [sameA, sameB] = [a[i] === a[j], b[i] === b[j]];
      both += sameA && sameB ? 1 : 0;
      inA += sameA ? 1 : 0;
      inB += sameB ? 1 : 0;
    }
  const [precision, recall] = [both / inB, both / inA];
  return (2 * precision * recall) / (precision + recall);
}

describe("agreement", () => {
  test("by hand: two classes of two against one of three and one of one", () => {
    const [a, b] = [
      [0, 0, 1, 1],
      [5, 5, 5, -7],
    ];
    const ofA = Math.log(2);
    const ofB = -(3 / 4) * Math.log(3 / 4) - (1 / 4) * Math.log(1 / 4);
    const shared = (1 / 2) * Math.log(4 / 3) + (1 / 4) * Math.log(2 / 3) + (1 / 4) * Math.log(2);
    const { nmi, ami, f1 } = agreement(a, b);
    expect(nmi).toBeCloseTo((2 * shared) / (ofA + ofB), 14);
    expect(ami).toBeCloseTo(0, 14); // every way to deal these sizes shares as much
    expect(f1).toBeCloseTo((2 * 1) / (2 + 3), 14);
  });

  test("scikit-learn's example of independent halves: AMI below 0", () => {
    const { nmi, ami } = agreement([0, 0, 1, 1], [0, 1, 0, 1]);
    expect(nmi).toBe(0);
    expect(ami).toBeCloseTo(-0.5, 14);
  });

  test("equals the definitions, the expectation over every deal", () => {
    const next = uniform(5);
    for (let round = 0; round < 12; round++) {
      const draw = (classes: number) => Array.from({ length: 7 }, () => Math.floor(next() * classes));
      const [a, b] = [[0, 1, ...draw(3)].slice(0, 7), [0, 1, 0, ...draw(2 + (round % 3))].slice(0, 7)];
      const [shared, expected] = [information(a, b), chance(a, b)];
      const mean = (information(a, a) + information(b, b)) / 2;
      const got = agreement(a, b);
      expect(got.nmi).toBeCloseTo(Math.max(shared, 0) / mean, 12);
      if (got.nmi < 1) expect(got.ami).toBeCloseTo((shared - expected) / (mean - expected), 10);
      const f1 = pairF1(a, b);
      expect(got.f1).toBeCloseTo(Number.isNaN(f1) ? 0 : f1, 12);
    }
  });

  test("does not mind names, order of the arguments, or how ids are given", () => {
    const [a, b] = [
      [0, 0, 1, 1, 2, 2, 2],
      [1, 1, 1, 0, 0, 2, 2],
    ];
    const one = agreement(a, b);
    const same = (other: typeof one) => {
      for (const name of ["nmi", "ami", "f1"] as const) expect(other[name], name).toBeCloseTo(one[name], 13);
    };
    same(agreement(b, a));
    same(
      agreement(
        Int32Array.from(a, (id) => 2 ** 31 - 1 - id),
        BigInt64Array.from(b, (id) => BigInt(-5 * id)),
      ),
    );
    same(agreement(tensor(Int32Array.from(a), [7], { dtype: "int32" }), b));
  });

  test.each([
    ["equal but for names", [0, 0, 1, 2], [9, 9, 4, 1]],
    ["one class of all, twice", [1, 1, 1], [2, 2, 2]],
    ["a class for each row, twice", [0, 1, 2], [7, 8, 9]],
    ["one row", [3], [4]],
  ])("is 1 for assignments that are %s", (_, a, b) => {
    expect(agreement(a, b)).toEqual({ nmi: 1, ami: 1, f1: 1 });
  });

  test("is 0 where one side says nothing, and NaN without rows", () => {
    const { nmi, ami, f1 } = agreement([0, 0, 1, 1], [2, 2, 2, 2]);
    expect([nmi, ami]).toEqual([0, 0]);
    expect(f1).toBeCloseTo((2 * 2) / (2 + 6), 14);
    expect(agreement([], [])).toEqual({ nmi: Number.NaN, ami: Number.NaN, f1: Number.NaN });
  });

  test("stays exact for thousands of rows: independent ids have AMI about 0", () => {
    const next = uniform(77);
    const draw = (classes: number) => Int32Array.from({ length: 5000 }, () => Math.floor(next() * classes));
    const { nmi, ami } = agreement(draw(300), draw(200));
    expect(nmi).toBeGreaterThan(0.4); // so much for chance
    expect(Math.abs(ami)).toBeLessThan(0.01);
  });

  const REFUSALS: readonly Refusal[] = [
    [
      "different lengths",
      () => agreement([0, 1], [0]),
      "ERR_SHAPE",
      "agreement: labelsB must have 2 entries like labelsA, got 1",
    ],
    [
      "what is no list",
      () => agreement("ab" as never, [0, 1]),
      "ERR_ARGUMENT",
      'agreement: labelsA must be an Int32Array, a BigInt64Array, an array of integers or a tensor, got "ab"',
    ],
    [
      "halves",
      () => agreement([0, 1], [0, 0.5]),
      "ERR_ARGUMENT",
      "agreement: labelsB[1] must be an integer within int32, got 0.5",
    ],
  ];
  test.each(REFUSALS)("refuses %s", (...refusal) => expectRefused(refusal));
});
