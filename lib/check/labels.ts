/** Labels of every kind become one Int32Array. */
import { type Dense, elements, insideOf } from "../dense.js";
import { kindOf } from "../dtype.js";
import { WarpweftError } from "../error.js";
import type { Tensor, TensorLike } from "../types.js";
import { input, shape } from "./input.js";
import { fail } from "./options.js";

/**
 * One int32 class id per row. An Int32Array is taken as it is, the rest is copied.
 *
 * @throws WarpweftError ERR_ARGUMENT for another kind, for a value that is no int32 (with its index), and for bit
 * sets; ERR_SHAPE unless there are `rows` of them; ERR_DISPOSED.
 */
export function labels(fn: string, arg: string, value: unknown, rows: number): Int32Array {
  const ids = idsOf(fn, arg, value);
  if (ids.length !== rows) fail("ERR_SHAPE", fn, arg, `have ${rows} entries, one per row`, ids.length);
  return ids;
}

/**
 * Rows of a table of `count` by their numbers, however many are asked for. A copy.
 *
 * @throws WarpweftError as `labels` does, and ERR_ARGUMENT for a number that is no row.
 */
export function indices(fn: string, arg: string, value: unknown, count: number, of: string): Int32Array {
  const ids = idsOf(fn, arg, value).slice();
  for (let i = 0; i < ids.length; i++)
    if ((ids[i] as number) < 0 || (ids[i] as number) >= count)
      fail("ERR_ARGUMENT", fn, `${arg}[${i}]`, `be a row of ${of}, which has ${count}`, ids[i]);
  return ids;
}

/** What rows are matched by: a class id each, or a set of bits each. */
export interface RowLabels {
  /** [rows, words]; a set's bytes stand in as many words as they fill, the rest of which is 0 */
  readonly values: Int32Array;
  readonly words: number;
  /** bytes of a set; undefined: class ids */
  readonly bytes: number | undefined;
}

/**
 * Class ids as `labels` takes them, or for a uint8 matrix [rows, W] the set of bits of each row. A copy either way.
 *
 * @throws WarpweftError as `labels` does.
 */
export function rowLabels(fn: string, arg: string, value: unknown, rows: number): RowLabels {
  const x = typeof value === "object" && value !== null && "data" in value ? bitsOf(fn, arg, value) : undefined;
  if (x === undefined) return { values: labels(fn, arg, value, rows).slice(), words: 1, bytes: undefined };
  const [count, bytes] = x.shape as [number, number];
  if (count !== rows) fail("ERR_SHAPE", fn, arg, `have ${rows} entries, one per row`, count);
  const words = Math.max(1, Math.ceil(bytes / 4));
  const values = new Int32Array(rows * words);
  const [into, from] = [new Uint8Array(values.buffer), elements(x) as Uint8Array];
  for (let row = 0; row < rows; row++) into.set(from.subarray(row * bytes, (row + 1) * bytes), row * words * 4);
  return { values, words, bytes };
}

function bitsOf(fn: string, arg: string, value: object): Dense | undefined {
  if (insideOf(value) === undefined && kindOf((value as TensorLike).data) !== "Uint8Array") return undefined;
  const x = input(fn, arg, value);
  return x.shape.length === 2 && x.dtype === "uint8" ? x : undefined;
}

function idsOf(fn: string, arg: string, value: unknown): Int32Array {
  const kind = kindOf(value);
  if (kind === "Int32Array") return value as Int32Array;
  if (kind === "BigInt64Array" || Array.isArray(value)) return copied(fn, arg, value as BigInt64Array);
  const data = (value as { data?: unknown } | null)?.data;
  if (insideOf(value) === undefined && kindOf(data) === "BigInt64Array") return fromWide(fn, arg, value as TensorLike);
  if (insideOf(value) === undefined && (typeof value !== "object" || value === null || !("data" in value)))
    return fail("ERR_ARGUMENT", fn, arg, "be an Int32Array, a BigInt64Array, an array of integers or a tensor", value);
  return fromTensor(fn, arg, value as Tensor | TensorLike);
}

function fromTensor(fn: string, arg: string, value: Tensor | TensorLike): Int32Array {
  const x = input(fn, arg, value);
  if (x.shape.length === 2 && x.dtype === "uint8")
    throw new WarpweftError(
      "ERR_ARGUMENT",
      `${fn}: ${arg} is a matrix of bit sets; this release takes one class id per row`,
    );
  if (x.shape.length !== 1) {
    const got = `[${x.shape.join(", ")}]`;
    throw new WarpweftError("ERR_SHAPE", `${fn}: ${arg} must have one dimension, got shape ${got}`);
  }
  if (x.dtype === "float16" || x.dtype === "bfloat16") fail("ERR_DTYPE", fn, arg, "hold integers", x.dtype);
  const data = elements(x);
  return x.dtype === "int32" ? (data as Int32Array) : copied(fn, arg, data as ArrayLike<number>);
}

/** An int64 tensor of another library. */
function fromWide(fn: string, arg: string, value: TensorLike): Int32Array {
  const lengths = shape(fn, `${arg}.shape`, value.shape ?? value.dims);
  const plain = value.strides === undefined && value.stride === undefined && !value.offset;
  if (lengths.length === 1 && lengths[0] === value.data.length && plain)
    return copied(fn, arg, value.data as BigInt64Array);
  const wanted = `have one dimension as long as its data, ${value.data.length}, without strides`;
  throw new WarpweftError("ERR_SHAPE", `${fn}: ${arg} must ${wanted}, got shape [${lengths.join(", ")}]`);
}

function copied(fn: string, arg: string, values: ArrayLike<number | bigint>): Int32Array {
  const out = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const id = Number(values[i]);
    if ((id | 0) !== id || typeof values[i] === "string")
      fail("ERR_ARGUMENT", fn, `${arg}[${i}]`, "be an integer within int32", values[i] as unknown);
    out[i] = id;
  }
  return out;
}
