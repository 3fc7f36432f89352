/** What each dtype is made of. Nothing else in the package knows a dtype's array or number of bytes. */
import type { DType, NumericArray } from "./types.js";

interface DTypeInfo {
  /** its number in native code */
  readonly code: number;
  readonly bytes: number;
  readonly array: new (length: number) => NumericArray;
  readonly float: boolean;
  /** integers only */
  readonly min?: number;
  readonly max?: number;
}

export const DTYPES: { readonly [D in DType]: DTypeInfo } = {
  float32: { code: 0, bytes: 4, array: Float32Array, float: true },
  float16: { code: 1, bytes: 2, array: Uint16Array, float: true },
  bfloat16: { code: 2, bytes: 2, array: Uint16Array, float: true },
  int32: { code: 3, bytes: 4, array: Int32Array, float: false, min: -(2 ** 31), max: 2 ** 31 - 1 },
  int8: { code: 4, bytes: 1, array: Int8Array, float: false, min: -128, max: 127 },
  uint8: { code: 5, bytes: 1, array: Uint8Array, float: false, min: 0, max: 255 },
};

export const DTYPE_NAMES = Object.keys(DTYPES) as DType[];
export const FLOATS: readonly DType[] = DTYPE_NAMES.filter((name) => DTYPES[name].float);

export function isDType(name: unknown): name is DType {
  return typeof name === "string" && Object.hasOwn(DTYPES, name);
}

/**
 * The kind of a typed array by its own name, "" for anything else. Unlike `instanceof` it knows arrays of another realm
 * (a `vm` context, a test runner's) and a Float16Array, which Node has from version 24 on.
 */
export function kindOf(data: unknown): string {
  return ArrayBuffer.isView(data) && !(data instanceof DataView) ? (data as Float32Array)[Symbol.toStringTag] : "";
}

/** What an array holds when nobody says. A Uint16Array may hold either kind of 16-bit float. */
export const NATURAL: { readonly [kind in string]?: DType } = {
  Float64Array: "float32",
  Float32Array: "float32",
  Float16Array: "float16",
  Int32Array: "int32",
  Int8Array: "int8",
  Uint8Array: "uint8",
  Uint8ClampedArray: "uint8",
};
