import { describe, expect, test } from "vitest";
import { devices, tensor } from "../../lib/index.js";
import type { DeviceInfo } from "../../lib/types.js";
import { expectRefused, type Refusal } from "../support/refusal.js";

const flat = tensor([1, 2, 3]);
const square = tensor([
  [1, 2],
  [3, 4],
]);
const whole = tensor([[1, 2]], undefined, { dtype: "int32" });
const REFUSED: Refusal[] = [
  [
    "a string",
    () => tensor("12" as never),
    "ERR_ARGUMENT",
    'tensor: data must be a typed array or an array of numbers, got "12"',
  ],
  [
    "a DataView",
    () => tensor(new DataView(new ArrayBuffer(4)) as never),
    "ERR_ARGUMENT",
    "tensor: data must be a typed array or an array of numbers, got a DataView",
  ],
  [
    "nested data with a number for a shape",
    () => tensor([[1, 2]], 2 as never),
    "ERR_SHAPE",
    "tensor: shape must be an array of lengths, got 2",
  ],
  [
    "ragged rows",
    () => tensor([[1, 2], [3]]),
    "ERR_SHAPE",
    "tensor: data[1] must have 2 entries like its neighbours, got 1",
  ],
  [
    "mixed depth",
    () => tensor([[1], 2] as never),
    "ERR_SHAPE",
    "tensor: data[1] must be an array like its neighbours, got 2",
  ],
  [
    "an element that is no number",
    () => tensor([[1, "2"]] as never),
    "ERR_ARGUMENT",
    'tensor: data[0][1] must be a number, got "2"',
  ],
  [
    "too few elements",
    () => tensor([1, 2, 3], [2, 2]),
    "ERR_SHAPE",
    "tensor: data must have 4 elements for shape [2, 2], got 3",
  ],
  [
    "another shape than the nesting",
    () => tensor([[1, 2]], [2, 1]),
    "ERR_SHAPE",
    "tensor: shape must be that of data, [1, 2], got [2, 1]",
  ],
  [
    "a negative length",
    () => tensor([1], [-1]),
    "ERR_SHAPE",
    "tensor: shape[0] must be a whole number of at least 0, got -1",
  ],
  [
    "a shape that is no array",
    () => tensor([1], 1 as never),
    "ERR_SHAPE",
    "tensor: shape must be an array of lengths, got 1",
  ],
  [
    "an uncountable shape",
    () => tensor([1], [2 ** 30, 2 ** 30]),
    "ERR_SHAPE",
    "tensor: shape [1073741824, 1073741824] has more elements than can be counted",
  ],
  [
    "an unknown dtype",
    () => tensor([1], undefined, { dtype: "float8" as never }),
    "ERR_DTYPE",
    'tensor: dtype must be one of float32, float16, bfloat16, int32, int8, uint8, got "float8"',
  ],
  [
    "16 bits of unknown kind",
    () => tensor(new Uint16Array(1)),
    "ERR_DTYPE",
    "tensor: dtype must say what the Uint16Array holds, got undefined",
  ],
  [
    "wide integers",
    () => tensor(new BigInt64Array(1) as never),
    "ERR_DTYPE",
    "tensor: dtype must say what the BigInt64Array holds, got undefined",
  ],
  [
    "a fraction for int32",
    () => tensor([1, 2.5], undefined, { dtype: "int32" }),
    "ERR_ARGUMENT",
    "tensor: data[1] must be an integer from -2147483648 to 2147483647 for int32, got 2.5",
  ],
  [
    "300 for uint8",
    () => tensor(Float32Array.of(300)).to("uint8"),
    "ERR_ARGUMENT",
    "to: data[0] must be an integer from 0 to 255 for uint8, got 300",
  ],
  [
    "NaN for int8",
    () => tensor([Number.NaN]).to("int8"),
    "ERR_ARGUMENT",
    "to: data[0] must be an integer from -128 to 127 for int8, got NaN",
  ],
  [
    "a gradient for integers",
    () => tensor([1], undefined, { dtype: "int32", requiresGrad: true }),
    "ERR_DTYPE",
    'tensor: dtype must be a float dtype for requiresGrad, got "int32"',
  ],
  [
    "requiresGrad: 1",
    () => tensor([1], undefined, { requiresGrad: 1 as never }),
    "ERR_ARGUMENT",
    "tensor: requiresGrad must be true or false, got 1",
  ],
  [
    "an unknown option",
    () => tensor([1], undefined, { grad: true } as never),
    "ERR_ARGUMENT",
    'tensor: there is no option "grad"; known are dtype, device, requiresGrad',
  ],
  [
    "options that are none",
    () => tensor([1], undefined, "float32" as never),
    "ERR_ARGUMENT",
    'tensor: options must be an object, got "float32"',
  ],
  [
    "an unknown device",
    () => tensor([1], undefined, { device: "gpu" as never }),
    "ERR_DEVICE",
    'tensor: device must be "cpu", "cuda" or "cuda:<number>", got "gpu"',
  ],
  [
    "an unknown target",
    () => flat.to("float8" as never),
    "ERR_ARGUMENT",
    'to: target must be a dtype or a device, got "float8"',
  ],
  ["item of many", () => flat.item(), "ERR_SHAPE", "item: the tensor must have one element, got shape [3]"],
  [
    "reshape to another size",
    () => flat.reshape([2, 2]),
    "ERR_SHAPE",
    "reshape: shape must keep the 3 elements, got [2, 2] with 4",
  ],
  [
    "columns of a vector",
    () => flat.columns(0, 1),
    "ERR_SHAPE",
    "columns: this must be a matrix [rows, columns], got shape [3]",
  ],
  [
    "columns past the end",
    () => square.columns(0, 3),
    "ERR_ARGUMENT",
    "columns: end must be an integer from 0 to 2, got 3",
  ],
  [
    "columns backwards",
    () => square.columns(2, 1),
    "ERR_ARGUMENT",
    "columns: start must be an integer from 0 to 1, got 2",
  ],
  [
    "transpose of a vector",
    () => flat.transpose(),
    "ERR_SHAPE",
    "transpose: this must be a matrix [rows, columns], got shape [3]",
  ],
  [
    "matmul of widths that differ",
    () => square.matmul(tensor([[1, 2]])),
    "ERR_SHAPE",
    "matmul: other must have 2 rows, as many as this has columns, got 1",
  ],
  [
    "matmul with integers",
    () => square.matmul(whole),
    "ERR_DTYPE",
    'matmul: other must be float32, float16 or bfloat16, got "int32"',
  ],
  [
    "matmul with a number",
    () => square.matmul(2 as never),
    "ERR_ARGUMENT",
    "matmul: other must be a tensor or have data (a typed array) and shape, got 2",
  ],
  ["add of integers", () => whole.add(1), "ERR_DTYPE", 'add: this must be float32, float16 or bfloat16, got "int32"'],
  [
    "shapes that do not broadcast",
    () => square.add(flat),
    "ERR_SHAPE",
    "add: other must broadcast with shape [2, 2], got [3]",
  ],
  [
    "normalize of a vector",
    () => flat.normalize(),
    "ERR_SHAPE",
    "normalize: this must be a matrix [rows, columns], got shape [3]",
  ],
];
describe("refused in words", () => {
  test.each(REFUSED)("%s", async (...refusal) => {
    await expectRefused(refusal as unknown as Refusal);
  });

  test("a device that is not there says why, by code and in words", () => {
    const [, gpu] = devices();
    const { code, reason } = gpu?.available
      ? { code: "NO_DEVICE", reason: "the driver sees no such device" }
      : (gpu as DeviceInfo);
    const why = `to: target "cuda:99" is not here: ${reason}`;
    expect(() => flat.to("cuda:99")).toThrow(
      expect.objectContaining({ code: "ERR_DEVICE", device: code, message: why }),
    );
    expect(() => tensor([1], undefined, { device: "cuda:99" })).toThrow(expect.objectContaining({ device: code }));
  });

  test("a buffer that was shrunk", async () => {
    type Resizable = ArrayBuffer & { resize(bytes: number): void };
    const buffer = new (ArrayBuffer as never as new (n: number, o: object) => Resizable)(16, { maxByteLength: 16 });
    const x = tensor(new Float32Array(buffer));
    buffer.resize(8);
    const words = "data: this must still have its 4 elements, got 2: its buffer was transferred or shrunk";
    await expectRefused(["data", () => x.data(), "ERR_ARGUMENT", words]);
  });

  test("a buffer that was transferred", async () => {
    const x = tensor(new Float32Array(2));
    structuredClone(0, { transfer: [x.data().buffer as ArrayBuffer] });
    const gone = "must still have its 2 elements, got 0: its buffer was transferred or shrunk";
    await expectRefused(["data", () => x.data(), "ERR_ARGUMENT", `data: this ${gone}`]);
    await expectRefused(["add", () => tensor([1, 2]).add(x), "ERR_ARGUMENT", `add: other ${gone}`]);
    const data = new Float32Array(0);
    structuredClone(0, { transfer: [data.buffer] });
    await expectRefused(["tensor", () => tensor(data), "ERR_ARGUMENT", "tensor: the buffer of data was transferred"]);
  });
});
