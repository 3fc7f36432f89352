/** Tensors, and whatever is shaped like one. */
import { DTYPE_NAMES, DTYPES, FLOATS, isDType, kindOf, NATURAL } from "../dtype.js";
import { Dense, insideOf, rowMajor, sizeOf } from "../dense.js";
import { WarpweftError } from "../error.js";
import type { Device, DType, Input, NumericArray, TensorLike } from "../types.js";
import { fail, show } from "./options.js";

/** Any rank, any dtype; nothing is copied but a Float64Array, which becomes float32. */
export function input(fn: string, arg: string, value: unknown): Dense {
  const inside = insideOf(value);
  if (inside === null) throw new WarpweftError("ERR_DISPOSED", `${fn}: ${arg} was disposed`);
  if (inside !== undefined) return attached(fn, arg, inside);
  if (typeof value === "object" && value !== null && kindOf((value as TensorLike).data) !== "")
    return adopted(fn, arg, value as TensorLike);
  return fail("ERR_ARGUMENT", fn, arg, "be a tensor or have data (a typed array) and shape", value);
}

/** Rank 2, float dtypes unless told otherwise. */
export function matrix(fn: string, arg: string, value: Input, dtypes: readonly DType[] = FLOATS): Dense {
  const x = input(fn, arg, value);
  if (x.shape.length !== 2) {
    const shape = `[${x.shape.join(", ")}]`;
    throw new WarpweftError("ERR_SHAPE", `${fn}: ${arg} must be a matrix [rows, columns], got shape ${shape}`);
  }
  return ofDType(fn, arg, x, dtypes);
}

export function ofDType(fn: string, arg: string, x: Dense, dtypes: readonly DType[]): Dense {
  if (dtypes.includes(x.dtype)) return x;
  return fail("ERR_DTYPE", fn, arg, `be ${listed(dtypes)}`, x.dtype);
}

/** `x` against `like`, which was checked before. */
export function sameColumns(fn: string, arg: string, x: Dense, likeArg: string, like: Dense): void {
  const [wanted, got] = [like.shape[1], x.shape[1]];
  if (wanted === got) return;
  throw new WarpweftError("ERR_SHAPE", `${fn}: ${arg} must have ${wanted} columns like ${likeArg}, got ${got}`);
}

interface Placed {
  readonly device: Device;
}

/** A call's tensors lie in one place, and its cache. */
export function sameDevice(fn: string, arg: string, x: Placed, likeArg: string, like: Placed): void {
  if (x.device === like.device) return;
  throw new WarpweftError("ERR_DEVICE", `${fn}: ${arg} must be on ${like.device} like ${likeArg}, got ${x.device}`);
}

/** At least, or exactly, as many rows. */
export function rows(fn: string, arg: string, x: Dense, wanted: number, likeArg: string, atLeast = false): void {
  const got = x.shape[0];
  if (atLeast ? got >= wanted : got === wanted) return;
  const many = atLeast ? `at least ${wanted}` : `${wanted}`;
  throw new WarpweftError("ERR_SHAPE", `${fn}: ${arg} must have ${many} rows like ${likeArg}, got ${got}`);
}

/** Whole numbers that are not negative, with a product that can be counted. */
export function shape(fn: string, arg: string, value: unknown): readonly number[] {
  if (!Array.isArray(value)) return fail("ERR_SHAPE", fn, arg, "be an array of lengths", value);
  for (const [axis, length] of value.entries())
    if (!Number.isInteger(length) || length < 0)
      fail("ERR_SHAPE", fn, `${arg}[${axis}]`, "be a whole number of at least 0", length);
  if (!Number.isSafeInteger(sizeOf(value)))
    throw new WarpweftError("ERR_SHAPE", `${fn}: ${arg} [${value.join(", ")}] has more elements than can be counted`);
  return value;
}

/** A buffer that was transferred or shrunk since is noticed here. */
export function attached(fn: string, arg: string, x: Dense): Dense {
  if (x.storage.data.length >= x.storage.length) return x;
  const { length } = x.storage.data;
  const message = `${arg} must still have its ${x.storage.length} elements, got ${length}: its buffer was transferred or shrunk`;
  throw new WarpweftError("ERR_ARGUMENT", `${fn}: ${message}`);
}

function adopted(fn: string, arg: string, value: TensorLike): Dense {
  const lengths = shape(fn, `${arg}.shape`, value.shape ?? value.dims);
  const dtype = dtypeOf(fn, arg, value);
  const data = stored(fn, arg, value.data);
  const strides = value.strides ?? value.stride ?? rowMajor(lengths);
  const offset = value.offset ?? 0;
  if (!Array.isArray(strides) || strides.length !== lengths.length || !strides.every(Number.isInteger))
    fail("ERR_SHAPE", fn, `${arg}.strides`, `be ${lengths.length} integers`, strides);
  reaches(fn, arg, data.length, lengths, strides, offset);
  return new Dense({ data, length: data.length, version: 0 }, lengths, dtype, [...strides], offset);
}

function dtypeOf(fn: string, arg: string, { data, dtype, type }: TensorLike): DType {
  const named = dtype ?? type;
  const kind = kindOf(data);
  const natural = NATURAL[kind];
  if (kind === "BigInt64Array") return fail("ERR_DTYPE", fn, arg, `be ${listed(DTYPE_NAMES)}`, "int64");
  if (named === undefined || named === SPELLED[kind])
    return natural ?? fail("ERR_DTYPE", fn, `${arg}.dtype`, `say what the ${kind} holds: float16 or bfloat16`, named);
  if (!isDType(named)) return fail("ERR_DTYPE", fn, `${arg}.dtype`, `be ${listed(DTYPE_NAMES)}`, named);
  if (holds(kind, named)) return named;
  return fail("ERR_DTYPE", fn, `${arg}.data`, `be a ${DTYPES[named].array.name} for ${named}`, data);
}

/** How other libraries spell what is no dtype here. */
const SPELLED: { readonly [kind in string]?: string } = { Float64Array: "float64", Uint8ClampedArray: "uint8_clamped" };

/** Whether an array of this kind keeps this dtype without conversion. */
function holds(kind: string, dtype: DType): boolean {
  if (kind === "Uint16Array") return dtype === "float16" || dtype === "bfloat16";
  return kind !== "Float64Array" && NATURAL[kind] === dtype;
}

/** The array as storage: itself, a view of its bytes, or for float64 a float32 copy. */
export function stored(fn: string, arg: string, data: ArrayBufferView): NumericArray {
  const { buffer, byteOffset } = data;
  const { length } = data as Float32Array;
  const kind = kindOf(data);
  if (detached(buffer)) throw new WarpweftError("ERR_ARGUMENT", `${fn}: the buffer of ${arg} was transferred`);
  if (kind === "Float64Array") return Float32Array.from(data as Float64Array);
  if (kind === "Float16Array") return new Uint16Array(buffer, byteOffset, length);
  if (kind === "Uint8ClampedArray") return new Uint8Array(buffer, byteOffset, length);
  return data as NumericArray;
}

/** A view cannot be made on a detached buffer, and that is how Node 20 tells one. */
function detached(buffer: ArrayBufferLike): boolean {
  if (buffer.byteLength > 0) return false;
  try {
    return new Uint8Array(buffer).length !== 0;
  } catch {
    return true;
  }
}

function reaches(
  fn: string,
  arg: string,
  length: number,
  lengths: readonly number[],
  strides: readonly number[],
  offset: number,
): void {
  if (!Number.isInteger(offset) || offset < 0)
    fail("ERR_SHAPE", fn, `${arg}.offset`, "be a whole number of at least 0", offset);
  if (sizeOf(lengths) === 0) return;
  let [first, last] = [offset, offset];
  for (const [axis, stride] of strides.entries()) {
    const reach = stride * (lengths[axis] - 1);
    if (reach < 0) first += reach;
    else last += reach;
  }
  if (first >= 0 && last < length) return;
  const needed = first < 0 ? `start at element ${first}` : `have ${last + 1} elements`;
  const described = `[${lengths.join(", ")}]`;
  throw new WarpweftError(
    "ERR_SHAPE",
    `${fn}: ${arg}.data must ${needed} for shape ${described}, got ${show(length)} elements`,
  );
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
