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
