// The argument layer against everything: what is accepted is read right, what is not throws the package's error.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as check from "../../lib/check.js";
import { elements, matrix } from "../../lib/dense.js";
import { WarpweftError } from "../../lib/error.js";
import { tensor } from "../../lib/index.js";
import { native } from "../../lib/native.js";
import type { NumericArray, Tensor } from "../../lib/types.js";

const runs = { numRuns: 300 };

/** Runs a body; anything thrown must be a WarpweftError whose words name the function. */
function refusedOr<T>(fn: string, body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    expect(error).toBeInstanceOf(WarpweftError);
    expect((error as Error).message).toMatch(new RegExp(`^${fn}: .`));
    return undefined;
  }
}

const typed = fc.oneof(
  fc.float32Array({ maxLength: 40 }),
  fc.float64Array({ maxLength: 40 }),
  fc.int32Array({ maxLength: 40 }),
  fc.int8Array({ maxLength: 40 }),
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8ClampedArray({ maxLength: 40 }),
  fc.uint16Array({ maxLength: 40 }),
  fc.bigInt64Array({ maxLength: 10 }),
);
const length = fc.oneof({ weight: 9, arbitrary: fc.nat(6) }, fc.integer(), fc.double());
const shape = fc.oneof(fc.array(length, { maxLength: 4 }), fc.anything());
const dtype = fc.oneof(
  fc.constantFrom("float32", "float16", "bfloat16", "int32", "int8", "uint8", "float64", undefined),
  fc.anything(),
);

test("tensor() of anything", () => {
  const data = fc.oneof(typed, fc.array(fc.oneof(fc.double(), fc.array(fc.double()))), fc.anything());
  const options = fc.oneof(
    fc.record({ dtype, requiresGrad: fc.anything(), device: fc.anything() }, { requiredKeys: [] }),
    fc.anything(),
  );
  const property = fc.property(data, shape, options, (d, s, o) => {
    const x = refusedOr("tensor", () => tensor(d as never, s as never, o as never));
    if (x) expect(x.data().length).toBe(x.size);
  });
  fc.assert(property, runs);
});

const like = fc.record(
  {
    data: fc.oneof(typed, fc.anything()),
    shape,
    dims: shape,
    dtype,
    type: dtype,
    stride: fc.oneof(fc.array(fc.integer({ min: -8, max: 8 }), { maxLength: 4 }), fc.anything()),
    offset: fc.oneof(fc.nat(40), fc.anything()),
  },
  { requiredKeys: ["data"] },
);

test("anything shaped like a tensor is read element by element, or refused", () => {
  const property = fc.property(fc.oneof(like, fc.anything()), (value) => {
    const x = refusedOr("f", () => check.input("f", "x", value));
    if (!x) return;
    const got = elements(x);
    const data = x.storage.data as NumericArray;
    const at = (flat: number) => {
      let place = x.offset;
      for (let axis = x.shape.length - 1; axis >= 0; axis--) {
        place += (flat % x.shape[axis]) * x.strides[axis];
        flat = Math.floor(flat / x.shape[axis]);
      }
      return data[place];
    };
    expect(got.length).toBe(x.size);
    got.forEach((element, flat) => {
      expect(element).toBe(at(flat));
    });
  });
  fc.assert(property, runs);
});

test("what native code gets of a strided matrix is that matrix", () => {
  const of = fc.record({
    rows: fc.nat(5),
    columns: fc.nat(5),
    row: fc.integer({ min: -9, max: 9 }),
    column: fc.integer({ min: -3, max: 3 }),
    offset: fc.nat(60),
  });
  const memory = Float32Array.from({ length: 64 }, (_, i) => i);
  const property = fc.property(of, ({ rows, columns, row, column, offset }) => {
    const value = { data: memory, shape: [rows, columns], stride: [row, column], offset };
    const x = refusedOr("f", () => check.matrix("f", "x", value));
    if (!x) return;
    const [seen, , n, stride] = matrix(x);
    const data = seen as NumericArray;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < columns; j++) expect(data[i * stride + j]).toBe(memory[offset + i * row + j * column]);
    expect(n).toBe(rows);
    expect(data.length).toBeGreaterThanOrEqual(n > 0 ? (n - 1) * stride + columns : 0);
  });
  fc.assert(property, { numRuns: 1000 });
});

test("labels of anything", () => {
  const value = fc.oneof(fc.array(fc.oneof(fc.integer(), fc.anything())), typed, like, fc.anything());
  const property = fc.property(value, fc.nat(5), (labels, rows) => {
    const ids = refusedOr("f", () => check.labels("f", "labels", labels, rows));
    if (ids) expect([ids.constructor.name, ids.length]).toEqual(["Int32Array", rows]);
  });
  fc.assert(property, runs);
});

test("numbers are in range or refused", () => {
  const range = fc.record(
    { min: fc.integer(), max: fc.integer(), above: fc.boolean(), below: fc.boolean(), integer: fc.boolean() },
    { requiredKeys: [] },
  );
  const property = fc.property(fc.oneof(fc.double(), fc.integer(), fc.anything()), range, (value, limits) => {
    const x = refusedOr("f", () => check.number("f", "x", value, limits));
    if (x === undefined) return;
    expect(Number.isFinite(x)).toBe(true);
    expect(x).toBeGreaterThanOrEqual(limits.min ?? -Infinity);
    expect(x).toBeLessThanOrEqual(limits.max ?? Infinity);
  });
  fc.assert(property, { numRuns: 1000 });
});

describe("methods", () => {
  const x = () =>
    tensor(
      Float32Array.from({ length: 12 }, (_, i) => i),
      [3, 4],
      { requiresGrad: true },
    );
  const uses: Record<string, (t: Tensor, ...args: never[]) => unknown> = {
    add: (t, other: never) => t.add(other),
    div: (t, other: never) => t.div(other),
    matmul: (t, other: never) => t.matmul(other),
    reshape: (t, to: never) => t.reshape(to),
    columns: (t, start: never, end: never) => t.columns(start, end),
    to: (t, target: never) => t.to(target),
    backward: (t, gradient: never, options: never) => t.backward(gradient, options),
  };
  const argument = fc.oneof(shape, like, fc.nat(5), dtype, fc.anything());
  test.each(Object.entries(uses))("%s of anything", (fn, use) => {
    const property = fc.property(argument, argument, (a, b) => {
      refusedOr(fn, () => use(x(), a as never, b as never));
    });
    fc.assert(property, runs);
  });
});

test("native conversions of any bits come back as they were", () => {
  const property = fc.property(fc.uint16Array({ minLength: 1, maxLength: 70 }), fc.constantFrom(1, 2), (bits, code) => {
    const [wide, back] = [new Float32Array(bits.length), new Uint16Array(bits.length)];
    native().convert(bits, code, wide, 0, bits.length);
    native().convert(wide, 0, back, code, bits.length);
    bits.forEach((pattern, i) => {
      if (Number.isNaN(wide[i])) expect(back[i] & 0x7fff).toBeGreaterThan(code === 1 ? 0x7c00 : 0x7f80);
      else expect(back[i]).toBe(pattern);
    });
  });
  fc.assert(property, { numRuns: 1000 });
});
