/** From numbers of any kind to the elements of a dtype. */
import { convertedOn, deliver } from "./algebra/device.js";
import * as check from "./check.js";
import { allocate, type Dense, discard, elements, floats, wrap } from "./dense.js";
import { DTYPES, kindOf } from "./dtype.js";
import { native } from "./native.js";
import type { DType, NumericArray } from "./types.js";

/** Rounds to nearest even; into an integer dtype only what it holds exactly. */
export function converted(fn: string, x: Dense, dtype: DType): Dense {
  if (x.dtype === dtype) return x;
  if (x.device !== "cpu") return convertedOn(fn, x, dtype);
  const source = DTYPES[x.dtype].float ? floats(x) : elements(x);
  return wrap(fromNumbers(fn, "data", source, dtype), x.shape, dtype);
}

/** `result`, float32, in the caller's tensor, rounded once to its dtype; without one, as it is. */
export function delivered(result: Dense, out: Dense | undefined): Dense {
  if (out === undefined) return result;
  if (out.device !== "cpu") {
    deliver("out", result, out);
    discard(result);
    out.storage.version++;
    return out;
  }
  const target = (out.storage.data as NumericArray).subarray(out.offset, out.offset + out.size);
  native().convert(floats(result), DTYPES.float32.code, target, DTYPES[out.dtype].code, out.size);
  out.storage.version++;
  return out;
}

/** Numbers, as a new array of the dtype. */
export function fromNumbers(fn: string, arg: string, values: ArrayLike<number>, dtype: DType): NumericArray {
  const { float, code } = DTYPES[dtype];
  if (!float) return whole(fn, arg, values, dtype);
  const singles = kindOf(values) === "Float32Array" ? (values as Float32Array) : Float32Array.from(values);
  if (dtype === "float32") return singles;
  const out = allocate(fn, [singles.length], dtype).storage.data as NumericArray;
  native().convert(singles, DTYPES.float32.code, out, code, singles.length);
  return out;
}

function whole(fn: string, arg: string, values: ArrayLike<number>, dtype: DType): NumericArray {
  const { min = 0, max = 0, array: Elements } = DTYPES[dtype];
  const out = new Elements(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!(Number.isInteger(value) && value >= min && value <= max))
      check.fail("ERR_ARGUMENT", fn, `${arg}[${i}]`, `be an integer from ${min} to ${max} for ${dtype}`, value);
    out[i] = value;
  }
  return out;
}
