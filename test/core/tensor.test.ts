import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { tensor } from "../../lib/index.js";
import type { DType } from "../../lib/types.js";

describe("what is wrapped and what is copied", () => {
  test.each([
    [new Float32Array([1, 2, 3, 4]), "float32"],
    [new Int32Array([1, 2, 3, 4]), "int32"],
    [new Int8Array([1, 2, 3, 4]), "int8"],
    [new Uint8Array([1, 2, 3, 4]), "uint8"],
  ] as const)("%o is the tensor's memory", (data, dtype) => {
    const x = tensor(data, [2, 2]);
    expect(x.dtype).toBe(dtype);
    expect(x.data()).toBe(data);
    data[3] = 9;
    expect(x.toArray()).toEqual([
      [1, 2],
      [3, 9],
    ]);
  });

  test("16-bit floats are wrapped as bits", () => {
    const bits = new Uint16Array([0x3c00, 0xc000]);
    const x = tensor(bits, [2], { dtype: "float16" });
    expect(x.data()).toBe(bits);
    expect(x.toArray()).toEqual([1, -2]);
    expect(tensor(new Uint16Array([0x3f80, 0xc000]), undefined, { dtype: "bfloat16" }).toArray()).toEqual([1, -2]);
  });

  test("a Float16Array is viewed as bits", () => {
    class Float16Array extends Uint16Array {
      override get [Symbol.toStringTag]() {
        return "Float16Array" as never; // what Node 24 has under this name, as far as memory goes
      }
    }
    const data = new Float16Array([0x3c00, 0xc000]);
    const x = tensor(data);
    expect(x.dtype).toBe("float16");
    expect(x.toArray()).toEqual([1, -2]);
    expect(x.data().buffer).toBe(data.buffer);
    expect(tensor(data, undefined, { dtype: "float32" }).toArray()).toEqual([1, -2]);
  });

  test("arrays of another realm are arrays", () => {
    const data = runInNewContext("Float32Array.of(1, 2)") as Float32Array;
    expect(data).not.toBeInstanceOf(Float32Array);
    expect(tensor(data).data()).toBe(data);
    expect(
      tensor(data, [1, 2])
        .matmul(tensor([[3], [4]]))
        .item(),
    ).toBe(11);
    expect(tensor(runInNewContext("[[1, 2]]")).shape).toEqual([1, 2]);
  });

  test("a view on shared memory is wrapped", () => {
    const data = new Float32Array(new SharedArrayBuffer(8));
    const x = tensor(data);
    data[1] = 5;
    expect(x.toArray()).toEqual([0, 5]);
    expect(x.mul(2).toArray()).toEqual([0, 10]);
  });

  test("doubles and numbers become float32, a copy", () => {
    const doubles = new Float64Array([0.1, 2]);
    const x = tensor(doubles);
    expect(x.dtype).toBe("float32");
    expect(x.data()).toEqual(Float32Array.of(0.1, 2));
    expect(tensor([0.1, 2]).data()).toEqual(Float32Array.of(0.1, 2));
  });

  test("integers beyond 2²⁴ survive", () => {
    expect(tensor([16777217, -2147483648], undefined, { dtype: "int32" }).toArray()).toEqual([16777217, -2147483648]);
    expect(tensor(Float64Array.of(16777217), undefined, { dtype: "int32" }).toArray()).toEqual([16777217]);
  });
});

describe("shapes", () => {
  test("nested arrays carry their own", () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(x.shape).toEqual([2, 3]);
    expect(x.size).toBe(6);
    expect(x.device).toBe("cpu");
    expect(tensor([[[1], [2]]] as never).shape).toEqual([1, 2, 1]);
    expect(tensor([]).shape).toEqual([0]);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
    expect(tensor([7], []).item()).toBe(7);
  });

  test("a shape cannot be written to", () => {
    const { shape } = tensor([1, 2]);
    expect(() => {
      (shape as number[])[0] = 3;
    }).toThrow(TypeError);
  });

  test("reshape, transpose and columns look at the same memory", () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const data = x.data();
    const [turned, flat, some] = [x.transpose(), x.reshape([6]), x.columns(1, 3)];
    data[1] = 20;
    expect(turned.toArray()).toEqual([
      [1, 4],
      [20, 5],
      [3, 6],
    ]);
    expect(flat.toArray()).toEqual([1, 20, 3, 4, 5, 6]);
    expect(flat.data()).toBe(data);
    expect(some.toArray()).toEqual([
      [20, 3],
      [5, 6],
    ]);
    expect(turned.reshape([2, 3]).toArray()).toEqual([
      [1, 4, 20],
      [5, 3, 6],
    ]);
    expect([...some.transpose().columns(1, 2).data()]).toEqual([5, 6]);
    expect(x.columns(1, 1).shape).toEqual([2, 0]);
  });

  test("toArray nests, item unpacks", () => {
    expect(tensor(new Float32Array(8), [2, 2, 2]).toArray()).toEqual([
      [
        [0, 0],
        [0, 0],
      ],
      [
        [0, 0],
        [0, 0],
      ],
    ]);
    expect(tensor([3]).reshape([]).toArray()).toBe(3);
    expect(tensor([[4]]).item()).toBe(4);
  });

  test("it introduces itself", () => {
    const x = tensor([[1, 2]]);
    expect(inspect(x)).toBe("Tensor float32 [1, 2]");
    x.dispose();
    expect(inspect(x)).toBe("Tensor (disposed)");
  });
});

describe("to", () => {
  const floats: DType[] = ["float32", "float16", "bfloat16"];
  test.each(floats.flatMap((a) => floats.map((b) => [a, b] as const)))("%s → %s keeps what both hold", (a, b) => {
    const values = [0, 1, -2.5, 0.15625, Infinity, Number.NaN];
    const x = tensor(values, undefined, { dtype: a }).to(b);
    expect(x.dtype).toBe(b);
    expect(x.toArray()).toEqual(values);
  });

  test("rounds to nearest even", () => {
    const halfway = [1 + 2 ** -11, 1 + 3 * 2 ** -11]; // between two float16
    expect(tensor(halfway).to("float16").toArray()).toEqual([1, 1 + 2 ** -9]);
    const wider = [1 + 2 ** -8, 1 + 3 * 2 ** -8]; // between two bfloat16
    expect(tensor(wider).to("bfloat16").toArray()).toEqual([1, 1 + 2 ** -6]);
  });

  test("integers that fit go both ways", () => {
    const x = tensor([0, 127, -128]);
    expect(x.to("int8").data()).toEqual(Int8Array.of(0, 127, -128));
    expect(x.to("int8").to("int32").to("float16").toArray()).toEqual([0, 127, -128]);
  });

  test("without anything to do it shares the memory", () => {
    const x = tensor([1, 2]);
    expect(x.to("float32").data()).toBe(x.data());
    expect(x.to("cpu").data()).toBe(x.data());
  });
});
