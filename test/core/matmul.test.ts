import { describe, expect, test } from "vitest";
import { setThreads, threads } from "../../lib/index.js";
import { gradCheck } from "../../lib/testing.js";
import type { Tensor } from "../../lib/types.js";
import { exactly, expectEarned, type Round, singly } from "../support/earned.js";
import { places, runOn, tensorHere as tensor } from "../support/places.js";
import { fill, normal } from "../support/rows.js";

/** What lib/testing.ts says a correct operation stays below. */
const CORRECT = 1e-3;

describe.each(places())("matmul on %s", (place) => {
  runOn(place);
  const shapes = [
    [1, 1, 1],
    [3, 5, 2],
    [17, 33, 9],
    [64, 64, 64],
    [65, 129, 63],
    [1, 300, 7],
    [130, 1, 20],
  ];

  test.each(shapes)("%i × %i · %i agrees, plain and with views", (m, k, n) => {
    const [a, b] = [fill(m, k, normal(1)), fill(k, n, normal(2))];
    const product = (round: Round, terms = false) =>
      a.flatMap((row) =>
        b[0].map((_, j) => {
          let sum = 0;
          for (let i = 0; i < k; i++) {
            const term = round(Math.fround(row[i]) * Math.fround(b[i][j]));
            sum = round(sum + (terms ? Math.abs(term) : term));
          }
          return sum;
        }),
      );
    const [exact, naive, terms] = [product(exactly), product(singly), product(exactly, true)];
    const [x, y] = [tensor(a), tensor(b)];
    const turned = (v: Tensor) => tensor(v.transpose().toArray() as number[][]).transpose();
    const padded = (v: Tensor) =>
      tensor((v.toArray() as number[][]).map((row) => [Number.NaN, ...row, Number.NaN])).columns(1, 1 + v.shape[1]);
    for (const [left, right] of [
      [x, y],
      [turned(x), y],
      [x, turned(y)],
      [padded(x), padded(y)],
      [turned(x), padded(y)],
    ])
      expectEarned("matmul", left.matmul(right).data(), exact, naive, terms);
  });

  test("gradients", () => {
    expect(
      gradCheck((a, b) => a.matmul(b), [tensor(fill(7, 5, normal(3))), tensor(fill(5, 9, normal(4)))]),
    ).toBeLessThan(CORRECT);
    expect(gradCheck((a) => a.transpose().matmul(a), [tensor(fill(6, 4, normal(5)))])).toBeLessThan(CORRECT);
  });

  test("the same bits with 1, 2 and 7 threads", () => {
    const [a, b] = [tensor(fill(131, 77, normal(6))), tensor(fill(77, 203, normal(7)))];
    const before = threads();
    const [one, ...others] = [1, 2, 7].map((count) => {
      setThreads(count);
      return Buffer.from(a.matmul(b).data().buffer);
    });
    setThreads(before);
    expect(others.map((bytes) => bytes.equals(one))).toEqual([true, true]);
  });

  test("nothing to add up gives zeros", () => {
    expect(
      tensor([[], []])
        .matmul(tensor(new Float32Array(0), [0, 2]))
        .toArray(),
    ).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(tensor(new Float32Array(0), [0, 3]).matmul(tensor(new Float32Array(6), [3, 2])).shape).toEqual([0, 2]);
  });
});
