/** Where results go, and whether they can. */
import type { Dense } from "../dense.js";
import { type Memory, onDevice } from "../device-array.js";
import { WarpweftError } from "../error.js";
import type { Device, DType, Tensor } from "../types.js";
import { input, ofDType, sameDevice } from "./input.js";
import { fail } from "./options.js";

/** The caller's tensor for a result: shape, dtype, contiguous columns, not read by the same call, and nothing recorded. */
export function out(
  fn: string,
  value: Tensor | undefined,
  shape: readonly number[],
  dtypes: readonly DType[],
  use: { readonly recorded: boolean; readonly inputs: readonly Dense[] },
  arg = "out",
): Dense | undefined {
  if (value === undefined) return undefined;
  const x = ofDType(fn, arg, input(fn, arg, value), dtypes);
  const wanted = `[${shape.join(", ")}]`;
  if (x.shape.join() !== shape.join())
    throw new WarpweftError("ERR_SHAPE", `${fn}: ${arg} must have shape ${wanted}, got [${x.shape.join(", ")}]`);
  const rowsApart =
    shape.length < 2 || x.size === 0 || (shape.length === 2 && x.strides[0] >= shape[1] && x.strides[1] === 1);
  if (!x.contiguous && !rowsApart)
    throw new WarpweftError(
      "ERR_SHAPE",
      `${fn}: ${arg} must have contiguous columns, got strides [${x.strides.join(", ")}]`,
    );
  if (use.recorded || x.requiresGrad)
    throw new WarpweftError(
      "ERR_ARGUMENT",
      `${fn}: ${arg} cannot be given while a gradient is recorded; use noGrad or leave it out`,
    );
  const [first] = use.inputs;
  if (first) sameDevice(fn, arg, x, "the inputs", first);
  if (use.inputs.some(({ storage }) => overlap(storage.data, x.storage.data)))
    throw new WarpweftError("ERR_ARGUMENT", `${fn}: ${arg} must not share memory with an input`);
  return x;
}

function overlap(a: Memory, b: Memory): boolean {
  const owner = (memory: Memory) => (onDevice(memory) ? memory.block : memory.buffer);
  const apart = a.byteOffset >= b.byteOffset + b.byteLength || b.byteOffset >= a.byteOffset + a.byteLength;
  return owner(a) === owner(b) && !apart;
}

/** The places of the contract; which of them is there is lib/device.ts's to say. */
export function device(fn: string, arg: string, value: unknown): Device {
  const known = value === "cpu" || value === "cuda" || (typeof value === "string" && /^cuda:\d+$/.test(value));
  return known ? (value as Device) : fail("ERR_DEVICE", fn, arg, 'be "cpu", "cuda" or "cuda:<number>"', value);
}
