/** `tensor()`: from arrays to tensors. */
import { moved } from "./algebra/device.js";
import * as check from "./check.js";
import { converted, fromNumbers } from "./convert.js";
import { type Dense, sizeOf, wrap } from "./dense.js";
import { present } from "./device.js";
import { DTYPES, isDType, kindOf, NATURAL } from "./dtype.js";
import { WarpweftError } from "./error.js";
import { tensorOf } from "./tensor.js";
import type { DType, NumericArray, Tensor, TensorOptions } from "./types.js";

/**
 * A tensor. On the CPU a typed array that already holds `dtype` is wrapped, not copied: tensor and array are the same
 * memory. Anything else is converted once (to nearest even; into integer dtypes only what they hold exactly).
 *
 * @param data a typed array (16-bit floats as a Uint16Array with `dtype`, or a Float16Array), an array of numbers, or
 * nested arrays of equal lengths, which carry their own shape.
 * @param shape default: [length], or that of the nesting.
 * @param options `dtype`: default that of the array, float32 for numbers and Float64Array; `device`: default
 * "cpu"; "cuda" is the first GPU;
 * `requiresGrad`: default false, float dtypes only.
 * @throws WarpweftError ERR_SHAPE (ragged, or not as many elements as `shape` says), ERR_DTYPE, ERR_DEVICE,
 * ERR_ARGUMENT (an element that is no number or does not fit an integer dtype).
 *
 * Time and memory O(1) when wrapped, O(size) when converted.
 */
export function tensor(
  data: NumericArray | readonly number[] | readonly (readonly number[])[],
  shape?: readonly number[],
  options?: TensorOptions,
): Tensor {
  const { dtype, device = "cpu", requiresGrad = false } = check.options("tensor", options, known);
  const place = present("tensor", "device", device);
  check.boolean("tensor", "requiresGrad", requiresGrad);
  if (dtype !== undefined && !isDType(dtype))
    check.fail("ERR_DTYPE", "tensor", "dtype", `be one of ${check.DTYPE_NAMES.join(", ")}`, dtype);
  const made = Array.isArray(data) ? fromNested(data, shape, dtype) : fromTyped(data as NumericArray, shape, dtype);
  if (requiresGrad && !DTYPES[made.dtype].float)
    check.fail("ERR_DTYPE", "tensor", "dtype", "be a float dtype for requiresGrad", made.dtype);
  const there = place === "cpu" ? made : moved("tensor", made, place);
  there.requiresGrad = requiresGrad;
  return tensorOf(there);
}

const known = ["dtype", "device", "requiresGrad"];

function fromTyped(data: NumericArray, shape: readonly number[] | undefined, wanted?: DType): Dense {
  const kind = kindOf(data);
  if (kind === "") return check.fail("ERR_ARGUMENT", "tensor", "data", "be a typed array or an array of numbers", data);
  const half = kind === "Uint16Array" && (wanted === "float16" || wanted === "bfloat16") ? wanted : undefined;
  const natural = NATURAL[kind] ?? half;
  if (natural === undefined) return check.fail("ERR_DTYPE", "tensor", "dtype", `say what the ${kind} holds`, wanted);
  const dtype = wanted ?? natural;
  const lengths = fitted(lengthsOf(shape, [data.length]), data.length);
  if (kind === "Float64Array") return wrap(fromNumbers("tensor", "data", data, dtype), lengths, dtype);
  return converted("tensor", wrap(check.stored("tensor", "data", data), lengths, natural), dtype);
}

function fromNested(data: readonly unknown[], shape: readonly number[] | undefined, dtype: DType = "float32"): Dense {
  const own = nesting(data);
  const values: number[] = [];
  flatten(data, own, 0, "data", values);
  const lengths = lengthsOf(shape, own);
  if (own.length > 1 && lengths.join() !== own.join())
    throw new WarpweftError(
      "ERR_SHAPE",
      `tensor: shape must be that of data, [${own.join(", ")}], got [${lengths.join(", ")}]`,
    );
  return wrap(fromNumbers("tensor", "data", values, dtype), fitted(lengths, values.length), dtype);
}

function nesting(data: readonly unknown[]): number[] {
  const shape: number[] = [];
  for (let level: unknown = data; Array.isArray(level); level = level[0]) shape.push(level.length);
  return shape;
}

function flatten(data: readonly unknown[], shape: readonly number[], depth: number, path: string, out: number[]): void {
  if (data.length !== shape[depth])
    throw new WarpweftError(
      "ERR_SHAPE",
      `tensor: ${path} must have ${shape[depth]} entries like its neighbours, got ${data.length}`,
    );
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (depth + 1 < shape.length) {
      if (!Array.isArray(value))
        check.fail("ERR_SHAPE", "tensor", `${path}[${i}]`, "be an array like its neighbours", value);
      flatten(value as unknown[], shape, depth + 1, `${path}[${i}]`, out);
    } else if (typeof value === "number") out.push(value);
    else check.fail("ERR_ARGUMENT", "tensor", `${path}[${i}]`, "be a number", value);
  }
}

const lengthsOf = (shape: readonly number[] | undefined, own: readonly number[]): readonly number[] =>
  shape === undefined ? own : check.shape("tensor", "shape", shape);

function fitted(lengths: readonly number[], length: number): readonly number[] {
  if (sizeOf(lengths) === length) return lengths;
  const message = `data must have ${sizeOf(lengths)} elements for shape [${lengths.join(", ")}], got ${length}`;
  throw new WarpweftError("ERR_SHAPE", `tensor: ${message}`);
}
