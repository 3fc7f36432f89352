// Anything with a typed array and a shape is a tensor: what other libraries hand over, and what is wrong with it.
import { describe, expect, test } from "vitest";
import * as check from "../../lib/check.js";
import { elements, matrix } from "../../lib/dense.js";
import { tensor } from "../../lib/index.js";
import { expectRefused, type Refusal } from "../support/refusal.js";

const six = () => Float32Array.of(1, 2, 3, 4, 5, 6);
const read = (value: unknown) => [...elements(check.input("f", "x", value))];

describe("taken without a copy", () => {
  test.each([
    ["onnxruntime and transformers.js", { type: "float32", dims: [2, 3], data: six() }],
    ["ndarray", { data: six(), shape: [2, 3], stride: [3, 1], offset: 0, dtype: "float32" }],
    ["the least there is", { data: six(), shape: [2, 3] }],
  ] as const)("%s", (_, like) => {
    const x = check.matrix("f", "x", like);
    expect(x.shape).toEqual([2, 3]);
    expect(elements(x)).toBe(like.data);
  });

  test("rows apart from each other keep their stride all the way to native code", () => {
    const data = Float32Array.of(0, 1, 2, -1, 3, 4, -1);
    const x = check.matrix("f", "x", { data, shape: [2, 2], stride: [3, 1], offset: 1 });
    const [view, dtype, rows, stride] = matrix(x);
    expect([dtype, rows, stride]).toEqual([0, 2, 3]);
    expect([(view as Float32Array).buffer === data.buffer, view.byteOffset, view.length]).toEqual([true, 4, 5]);
    expect([...elements(x)]).toEqual([1, 2, 3, 4]);
  });

  test("16 bits, clamped bytes, shared memory", () => {
    const bits = new Uint16Array([0x3c00]);
    expect(elements(check.input("f", "x", { data: bits, dims: [1], type: "float16" }))).toBe(bits);
    const clamped = Uint8ClampedArray.of(7);
    const bytes = check.input("f", "x", { data: clamped, shape: [1] });
    expect([bytes.dtype, elements(bytes).buffer === clamped.buffer]).toEqual(["uint8", true]);
    const shared = new Float32Array(new SharedArrayBuffer(4));
    expect(elements(check.input("f", "x", { data: shared, shape: [1] }))).toBe(shared);
  });
});

describe("read through strides", () => {
  test.each([
    ["transposed", { data: six(), shape: [3, 2], stride: [1, 3] }, [1, 4, 2, 5, 3, 6]],
    ["backwards", { data: six(), shape: [6], stride: [-1], offset: 5 }, [6, 5, 4, 3, 2, 1]],
    ["every other", { data: six(), shape: [3], strides: [2], offset: 1 }, [2, 4, 6]],
    ["one row repeated", { data: six(), shape: [2, 3], strides: [0, 1] }, [1, 2, 3, 1, 2, 3]],
    ["three dimensions", { data: six(), shape: [1, 2, 2], strides: [6, 1, 3] }, [1, 4, 2, 5]],
    ["clamped bytes by ndarray's name", { data: Uint8ClampedArray.of(7), shape: [1], dtype: "uint8_clamped" }, [7]],
    ["doubles", { data: Float64Array.of(1, 2.5), shape: [2], dtype: "float64" }, [1, 2.5]],
    ["nothing", { data: new Float32Array(0), shape: [0, 3] }, []],
  ] as const)("%s", (_, like, expected) => {
    expect(read(like)).toEqual(expected);
  });

  test("a matrix whose rows are not contiguous is packed for native code", () => {
    const turned = check.matrix("f", "x", { data: six(), shape: [3, 2], stride: [1, 3] });
    expect(matrix(turned)).toEqual([Float32Array.of(1, 4, 2, 5, 3, 6), 0, 3, 2]);
    const repeated = check.matrix("f", "x", { data: six(), shape: [2, 3], strides: [0, 1] });
    expect(matrix(repeated)).toEqual([Float32Array.of(1, 2, 3, 1, 2, 3), 0, 2, 3]);
    const column = check.matrix("f", "x", { data: six(), shape: [3, 1], strides: [2, 5] });
    expect(matrix(column)[3]).toBe(2);
  });
});

const of = (like: unknown) => () => check.input("f", "x", like);
const float = { data: six() };
const square = tensor(new Float32Array(4), [2, 2]);
const REFUSED: Refusal[] = [
  ["null", of(null), "ERR_ARGUMENT", "f: x must be a tensor or have data (a typed array) and shape, got null"],
  [
    "a bare array",
    of([1]),
    "ERR_ARGUMENT",
    "f: x must be a tensor or have data (a typed array) and shape, got an array of length 1",
  ],
  [
    "a bare typed array",
    of(six()),
    "ERR_ARGUMENT",
    "f: x must be a tensor or have data (a typed array) and shape, got a Float32Array",
  ],
  [
    "data that is a plain array",
    of({ data: [1], shape: [1] }),
    "ERR_ARGUMENT",
    "f: x must be a tensor or have data (a typed array) and shape, got an object",
  ],
  ["no shape", of(float), "ERR_SHAPE", "f: x.shape must be an array of lengths, got undefined"],
  [
    "a fraction",
    of({ ...float, shape: [1.5] }),
    "ERR_SHAPE",
    "f: x.shape[0] must be a whole number of at least 0, got 1.5",
  ],
  [
    "too short",
    of({ ...float, shape: [2, 4] }),
    "ERR_SHAPE",
    "f: x.data must have 8 elements for shape [2, 4], got 6 elements",
  ],
  [
    "too short for its strides",
    of({ ...float, shape: [2, 2], strides: [5, 1] }),
    "ERR_SHAPE",
    "f: x.data must have 7 elements for shape [2, 2], got 6 elements",
  ],
  [
    "before its start",
    of({ ...float, shape: [2], strides: [-1] }),
    "ERR_SHAPE",
    "f: x.data must start at element -1 for shape [2], got 6 elements",
  ],
  [
    "too few strides",
    of({ ...float, shape: [2, 2], strides: [2] }),
    "ERR_SHAPE",
    "f: x.strides must be 2 integers, got an array of length 1",
  ],
  [
    "strides of fractions",
    of({ ...float, shape: [2], strides: [0.5] }),
    "ERR_SHAPE",
    "f: x.strides must be 1 integers, got an array of length 1",
  ],
  [
    "an odd offset",
    of({ ...float, shape: [2], offset: -1 }),
    "ERR_SHAPE",
    "f: x.offset must be a whole number of at least 0, got -1",
  ],
  [
    "an unknown dtype",
    of({ ...float, shape: [6], dtype: "complex64" }),
    "ERR_DTYPE",
    'f: x.dtype must be float32, float16, bfloat16, int32, int8 or uint8, got "complex64"',
  ],
  [
    "a dtype that the array is not",
    of({ ...float, shape: [6], dtype: "int32" }),
    "ERR_DTYPE",
    "f: x.data must be a Int32Array for int32, got a Float32Array",
  ],
  [
    "16 bits of unknown kind",
    of({ data: new Uint16Array(1), shape: [1] }),
    "ERR_DTYPE",
    "f: x.dtype must say what the Uint16Array holds: float16 or bfloat16, got undefined",
  ],
  [
    "int64",
    of({ data: new BigInt64Array(1), dims: [1], type: "int64" }),
    "ERR_DTYPE",
    'f: x must be float32, float16, bfloat16, int32, int8 or uint8, got "int64"',
  ],
  [
    "a vector for a matrix",
    () => check.matrix("f", "x", { ...float, shape: [6] }),
    "ERR_SHAPE",
    "f: x must be a matrix [rows, columns], got shape [6]",
  ],
  [
    "integers for floats",
    () => check.matrix("f", "x", { data: new Int8Array(1), shape: [1, 1] }),
    "ERR_DTYPE",
    'f: x must be float32, float16 or bfloat16, got "int8"',
  ],
  [
    "other columns",
    () =>
      check.sameColumns(
        "topK",
        "base",
        check.input("f", "x", tensor(new Float32Array(64), [1, 64])),
        "queries",
        check.input("f", "y", tensor(new Float32Array(128), [1, 128])),
      ),
    "ERR_SHAPE",
    "topK: base must have 128 columns like queries, got 64",
  ],
  [
    "other rows",
    () => check.rows("f", "y", check.matrix("f", "y", square), 3, "x"),
    "ERR_SHAPE",
    "f: y must have 3 rows like x, got 2",
  ],
  [
    "too few rows",
    () => check.rows("f", "y", check.matrix("f", "y", square), 3, "x", true),
    "ERR_SHAPE",
    "f: y must have at least 3 rows like x, got 2",
  ],
];
test.each(REFUSED)("refused: %s", async (...refusal) => {
  await expectRefused(refusal as unknown as Refusal);
});

test("a transferred buffer is told from an empty one", async () => {
  const data = new Float32Array(2);
  structuredClone(0, { transfer: [data.buffer] });
  await expectRefused(["transferred", of({ data, shape: [2] }), "ERR_ARGUMENT", "f: the buffer of x was transferred"]);
  expect(read({ data: new Float32Array(0), shape: [0] })).toEqual([]);
});
