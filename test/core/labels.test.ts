import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import * as check from "../../lib/check.js";
import { tensor } from "../../lib/index.js";
import type { Labels } from "../../lib/loss/types.js";
import { expectRefused, type Refusal } from "../support/refusal.js";

const refused = (cases: Refusal[]) =>
  test.each(cases)("refused: %s", async (...refusal) => {
    await expectRefused(refusal as unknown as Refusal);
  });

describe("labels", () => {
  const ids = Int32Array.of(3, -1, 16777217);
  test.each<[string, Labels | object]>([
    ["a BigInt64Array", BigInt64Array.of(3n, -1n, 16777217n)],
    ["numbers", [3, -1, 16777217]],
    ["an array of another realm", runInNewContext("Int32Array.of(3, -1, 16777217)")],
    ["an int32 tensor", tensor(ids)],
    ["an int32 tensor of another library", { data: Int32Array.from(ids), dims: [3] }],
    ["an int64 tensor of another library", { data: BigInt64Array.of(3n, -1n, 16777217n), dims: [3], type: "int64" }],
    ["strided", { data: Int32Array.of(3, 0, -1, 0, 16777217), shape: [3], strides: [2] }],
  ])("%s", (_, value) => {
    expect([...check.labels("f", "labels", value, 3)]).toEqual([...ids]);
  });

  test("an Int32Array is taken as it is", () => {
    expect(check.labels("f", "labels", ids, 3)).toBe(ids);
    expect(check.labels("f", "labels", tensor(ids), 3)).toBe(ids);
  });

  test("bytes and floats that are integers will do", () => {
    expect(check.labels("f", "labels", tensor(Uint8Array.of(200, 1)), 2)).toEqual(Int32Array.of(200, 1));
    expect(check.labels("f", "labels", tensor([2, -0]), 2)).toEqual(Int32Array.of(2, 0));
    expect(check.labels("f", "labels", [], 0)).toEqual(new Int32Array(0));
  });

  const kinds = "be an Int32Array, a BigInt64Array, an array of integers or a tensor";
  const of =
    (value: unknown, rows = 2) =>
    () =>
      check.labels("f", "labels", value, rows);
  refused([
    ["nothing", of(undefined), "ERR_ARGUMENT", `f: labels must ${kinds}, got undefined`],
    ["a Float32Array", of(new Float32Array(2)), "ERR_ARGUMENT", `f: labels must ${kinds}, got a Float32Array`],
    ["another number", of([1, 2, 3]), "ERR_SHAPE", "f: labels must have 2 entries, one per row, got 3"],
    ["a fraction", of([1, 2.5]), "ERR_ARGUMENT", "f: labels[1] must be an integer within int32, got 2.5"],
    ["a string", of([1, "2"]), "ERR_ARGUMENT", 'f: labels[1] must be an integer within int32, got "2"'],
    ["NaN", of([Number.NaN, 1]), "ERR_ARGUMENT", "f: labels[0] must be an integer within int32, got NaN"],
    ["a hole", of([1, undefined]), "ERR_ARGUMENT", "f: labels[1] must be an integer within int32, got undefined"],
    ["2³¹", of([0, 2 ** 31]), "ERR_ARGUMENT", "f: labels[1] must be an integer within int32, got 2147483648"],
    [
      "a wide integer",
      of(BigInt64Array.of(1n, -(2n ** 40n))),
      "ERR_ARGUMENT",
      "f: labels[1] must be an integer within int32, got -1099511627776n",
    ],
    [
      "2⁵³ + 1, which Number rounds",
      of(BigInt64Array.of(2n ** 53n + 1n, 0n)),
      "ERR_ARGUMENT",
      "f: labels[0] must be an integer within int32, got 9007199254740993n",
    ],
    [
      "a float tensor with a fraction",
      of(tensor([1, 0.5])),
      "ERR_ARGUMENT",
      "f: labels[1] must be an integer within int32, got 0.5",
    ],
    [
      "16-bit floats",
      of(tensor([1, 2], undefined, { dtype: "bfloat16" })),
      "ERR_DTYPE",
      'f: labels must hold integers, got "bfloat16"',
    ],
    ["a matrix", of(tensor([[1, 2]])), "ERR_SHAPE", "f: labels must have one dimension, got shape [1, 2]"],
    [
      "bit sets",
      of(tensor(new Uint8Array(4), [2, 2])),
      "ERR_ARGUMENT",
      "f: labels is a matrix of bit sets; this release takes one class id per row",
    ],
    [
      "an int64 matrix",
      of({ data: new BigInt64Array(2), dims: [2, 1] }),
      "ERR_SHAPE",
      "f: labels must have one dimension as long as its data, 2, without strides, got shape [2, 1]",
    ],
  ]);

  test("a disposed tensor", async () => {
    const x = tensor(ids);
    x.dispose();
    await expectRefused(["disposed", of(x), "ERR_DISPOSED", "f: labels was disposed"]);
  });
});
