import { expect, test } from "vitest";
import { expectEarned } from "./earned.js";

const earned =
  (got: number[], exact: number[], naive = exact) =>
  () =>
    expectEarned("value", got, exact, naive, exact.map(Math.abs));

test("what the naive loop gets wrong may be got wrong twice over, and 4 ulp more", () => {
  expect(earned([1 + 4 * 2 ** -23], [1])).not.toThrow();
  expect(earned([1 + 5 * 2 ** -23], [1])).toThrow(/value\[0\]: got 1.0000005/);
  expect(earned([1.0019], [1], [1.001])).not.toThrow();
  expect(earned([1.0021], [1], [1.001])).toThrow(/off by/);
});

test("the worst element decides, wherever it stands", () => {
  expect(earned([1, 2, 3.1, 4], [1, 2, 3, 4])).toThrow(/value\[2\]/);
});

test("NaN and infinities must be where they belong", () => {
  expect(earned([Number.NaN], [1])).toThrow();
  expect(earned([1], [Number.NaN])).toThrow();
  expect(earned([Number.NaN], [Number.NaN])).not.toThrow();
  expect(earned([Infinity], [-Infinity])).toThrow();
  expect(earned([Infinity], [1])).toThrow();
});

test("no result is not a right result, and 0 is 0", () => {
  expect(earned([], [1])).toThrow(/length/);
  expect(earned([1e-30], [0])).toThrow();
  expect(earned([0], [0])).not.toThrow();
});
