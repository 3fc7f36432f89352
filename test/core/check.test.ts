import { describe, expect, test } from "vitest";
import * as check from "../../lib/check.js";
import { allocate } from "../../lib/dense.js";
import { setThreads, tensor } from "../../lib/index.js";
import { expectRefused, type Refusal } from "../support/refusal.js";

const refused = (cases: Refusal[]) =>
  test.each(cases)("refused: %s", async (...refusal) => {
    await expectRefused(refusal as unknown as Refusal);
  });

describe("numbers and names", () => {
  test("what is in range is returned", () => {
    expect(check.number("f", "x", -1.5)).toBe(-1.5);
    expect(check.number("f", "x", 0, { min: 0 })).toBe(0);
    expect(check.count("f", "k", 3, 3, "base")).toBe(3);
    expect(check.choice("f", "mode", "b", ["a", "b"])).toBe("b");
    expect(check.boolean("f", "flag", false)).toBe(false);
    expect(check.threads("f", undefined)).toBeUndefined();
    expect(check.options("f", undefined, ["a"])).toEqual({});
    expect(check.options<{ a?: number; b?: number }>("f", { a: 1, b: undefined }, ["a"])).toEqual({
      a: 1,
      b: undefined,
    });
    expect(check.miner("f", undefined, [])).toBeUndefined();
  });
  const range = (value: unknown, limits: check.Range) => () => check.number("f", "x", value, limits);
  const later = { focal: "is not in this release", lambda: "must wait" };
  refused([
    ["a string", range("1", {}), "ERR_ARGUMENT", 'f: x must be a finite number, got "1"'],
    ["NaN", range(Number.NaN, {}), "ERR_ARGUMENT", "f: x must be a finite number, got NaN"],
    [
      "infinity",
      range(Infinity, { min: 0 }),
      "ERR_ARGUMENT",
      "f: x must be a finite number of at least 0, got Infinity",
    ],
    ["below", range(-1, { min: 0 }), "ERR_ARGUMENT", "f: x must be a finite number of at least 0, got -1"],
    [
      "at an open end",
      range(0, { min: 0, above: true }),
      "ERR_ARGUMENT",
      "f: x must be a finite number above 0, got 0",
    ],
    ["past both", range(2, { min: 0, max: 1 }), "ERR_ARGUMENT", "f: x must be a finite number from 0 to 1, got 2"],
    [
      "at an open upper end",
      range(1, { min: 0, max: 1, below: true }),
      "ERR_ARGUMENT",
      "f: x must be a finite number of at least 0 and below 1, got 1",
    ],
    ["past the only limit", range(2, { max: 1 }), "ERR_ARGUMENT", "f: x must be a finite number of at most 1, got 2"],
    [
      "a fraction",
      range(1.5, { min: 1, integer: true }),
      "ERR_ARGUMENT",
      "f: x must be an integer of at least 1, got 1.5",
    ],
    [
      "k = 0",
      () => check.count("topK", "k", 0, 5, "base"),
      "ERR_ARGUMENT",
      "topK: k must be an integer of at least 1, got 0",
    ],
    [
      "k > M",
      () => check.count("topK", "k", 6, 5, "base"),
      "ERR_ARGUMENT",
      "topK: k must be at most 5, the number of rows of base, got 6",
    ],
    [
      "another choice",
      () => check.choice("f", "mode", "c", ["a", "b"]),
      "ERR_ARGUMENT",
      'f: mode must be one of a, b, got "c"',
    ],
    [
      "a long string is cut",
      () => check.choice("f", "mode", "c".repeat(100), ["a"]),
      "ERR_ARGUMENT",
      `f: mode must be one of a, got "${"c".repeat(60)}…"`,
    ],
    ["no boolean", () => check.boolean("f", "flag", 0), "ERR_ARGUMENT", "f: flag must be true or false, got 0"],
    [
      "minus zero is shown",
      () => check.boolean("f", "flag", -0),
      "ERR_ARGUMENT",
      "f: flag must be true or false, got -0",
    ],
    ["0 threads", () => check.threads("f", 0), "ERR_ARGUMENT", "f: threads must be an integer from 1 to 1024, got 0"],
    [
      "setThreads(1.5)",
      () => setThreads(1.5),
      "ERR_ARGUMENT",
      "setThreads: count must be an integer from 1 to 1024, got 1.5",
    ],
    [
      "an unknown option",
      () => check.options("f", { margin: 1 } as object, ["alpha", "beta"]),
      "ERR_ARGUMENT",
      'f: there is no option "margin"; known are alpha, beta',
    ],
    [
      "no option is known",
      () => check.options("f", { margin: 1 } as object, []),
      "ERR_ARGUMENT",
      'f: there is no option "margin"; known are none',
    ],
    [
      "a later option",
      () => check.options("f", { focal: 1 } as object, ["alpha"], later),
      "ERR_ARGUMENT",
      "f: focal is not in this release",
    ],
    [
      "options as an array",
      () => check.options("f", [] as object, []),
      "ERR_ARGUMENT",
      "f: options must be an object, got an array of length 0",
    ],
    [
      "options null",
      () => check.options("f", null as never, []),
      "ERR_ARGUMENT",
      "f: options must be an object, got null",
    ],
    [
      "a miner that is none",
      () => check.miner("f", { params: {} } as never, ["multiSimilarity"]),
      "ERR_ARGUMENT",
      "f: miner must be a miner that it can use (miner.multiSimilarity()), got an object",
    ],
    [
      "a miner it cannot use",
      () => check.miner("f", { name: "angular" }, ["multiSimilarity"]),
      "ERR_ARGUMENT",
      'f: miner must be a miner that it can use (miner.multiSimilarity()), got "angular"',
    ],
    [
      "any miner where none is of use",
      () => check.miner("f", { name: "angular" }, []),
      "ERR_ARGUMENT",
      'f: miner must be a miner that it can use (none), got "angular"',
    ],
  ]);
});

describe("out", () => {
  const memory = new Float32Array(12);
  const x = check.matrix("f", "x", tensor(memory.subarray(0, 4), [2, 2]));
  const use = { recorded: false, inputs: [x] };
  const floats = ["float32", "bfloat16"] as const;
  const of =
    (value: ReturnType<typeof tensor>, over: Partial<typeof use> = {}, shape = [2, 2]) =>
    () =>
      check.out("f", value, shape, floats, { ...use, ...over });

  test("none, a fresh one, rows apart, and memory beside an input's", () => {
    expect(check.out("f", undefined, [2, 2], floats, use)).toBeUndefined();
    expect(of(tensor(new Float32Array(4), [2, 2]))()?.shape).toEqual([2, 2]);
    expect(of(tensor(new Float32Array(6), [2, 3]).columns(0, 2))()?.strides).toEqual([3, 1]);
    expect(of(tensor(memory.subarray(4, 8), [2, 2]))()?.size).toBe(4);
  });
  refused([
    ["another shape", of(tensor([1, 2])), "ERR_SHAPE", "f: out must have shape [2, 2], got [2]"],
    [
      "another dtype",
      of(tensor(new Int32Array(4), [2, 2])),
      "ERR_DTYPE",
      'f: out must be float32 or bfloat16, got "int32"',
    ],
    [
      "columns apart",
      of(tensor(new Float32Array(4), [2, 2]).transpose()),
      "ERR_SHAPE",
      "f: out must have contiguous columns, got strides [1, 2]",
    ],
    [
      "while recording",
      of(tensor(new Float32Array(4), [2, 2]), { recorded: true }),
      "ERR_ARGUMENT",
      "f: out cannot be given while a gradient is recorded; use noGrad or leave it out",
    ],
    [
      "a leaf",
      of(tensor(new Float32Array(4), [2, 2], { requiresGrad: true })),
      "ERR_ARGUMENT",
      "f: out cannot be given while a gradient is recorded; use noGrad or leave it out",
    ],
    [
      "an input's memory",
      of(tensor(memory.subarray(2, 6), [2, 2])),
      "ERR_ARGUMENT",
      "f: out must not share memory with an input",
    ],
    [
      "no tensor",
      of(1 as never),
      "ERR_ARGUMENT",
      "f: out must be a tensor or have data (a typed array) and shape, got 1",
    ],
  ]);
});

describe("lengths that no array can have", () => {
  refused([
    [
      "2²⁶ × 2²⁶",
      () => allocate("pairwise", [2 ** 26, 2 ** 26]),
      "ERR_MEMORY",
      "pairwise: a float32 array of shape [67108864, 67108864] takes 1.68e+7 GiB, which cannot be had",
    ],
    [
      "bytes",
      () => allocate("f", [2 ** 40], "uint8"),
      "ERR_MEMORY",
      "f: a uint8 array of shape [1099511627776] takes 1.02e+3 GiB, which cannot be had",
    ],
  ]);
});
