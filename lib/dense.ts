/**
 * What a tensor is inside the package: memory, shape and strides, and its place on the tape. Operations take
 * and make `Dense`; the handle that people hold (lib/tensor.ts) only points at one. So `dispose` drops a handle
 * and nothing more, and whatever the tape still needs stays where it is.
 */
import { packed } from "./algebra/device.js";
import { allocateOn, type DeviceArray, type Memory, onDevice } from "./device-array.js";
import { DTYPES } from "./dtype.js";
import { translated, WarpweftError } from "./error.js";
import { type Matrix, native } from "./native.js";
import type { Device, DType, NumericArray } from "./types.js";

/** Counts those that may read memory which is free, or lent again, at once when the last of them lets go. */
export interface Holders {
  hold(): void;
  drop(): void;
  /** Counts itself out and leaves the memory to whoever is given it next. */
  pass(): void;
}

/** The memory that several views share. */
export interface Storage {
  readonly data: Memory;
  /** elements; `data.length` falls below it when its buffer is transferred or shrunk */
  readonly length: number;
  /** raised by whoever changes the elements in place */
  version: number;
  /** of borrowed memory on the CPU: lib/scratch.ts */
  readonly lease?: Holders;
}

const holdersOf = ({ data, lease }: Storage): Holders | undefined => (onDevice(data) ? data.block : lease);

/** What made a tensor. Filled by lib/autograd.ts, which alone knows the rest of it. */
export interface Origin {
  readonly id: number;
  readonly inputs: readonly Dense[];
}

export class Dense {
  readonly storage: Storage;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** in elements, one per dimension */
  readonly strides: readonly number[];
  readonly offset: number;
  readonly size: number;
  requiresGrad = false;
  grad: Dense | null = null;
  origin: Origin | null = null;

  constructor(
    storage: Storage,
    shape: readonly number[],
    dtype: DType,
    strides: readonly number[] = rowMajor(shape),
    offset = 0,
  ) {
    this.storage = storage;
    this.shape = Object.freeze([...shape]);
    this.dtype = dtype;
    this.strides = strides;
    this.offset = offset;
    this.size = sizeOf(shape);
  }

  get device(): Device {
    const { data } = this.storage;
    return onDevice(data) ? data.device : "cpu";
  }

  /** Row-major without gaps. */
  get contiguous(): boolean {
    let expected = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      if (this.shape[axis] !== 1 && this.strides[axis] !== expected) return this.size === 0;
      expected *= this.shape[axis];
    }
    return true;
  }

  /** The same memory seen otherwise; not on the tape. */
  view(shape = this.shape, strides: readonly number[] = rowMajor(shape), offset = this.offset): Dense {
    return new Dense(this.storage, shape, this.dtype, strides, offset);
  }
}

/** Under this key a handle keeps its `Dense`; null once disposed. It is what makes an object a tensor. */
export const INSIDE: unique symbol = Symbol("warpweft.tensor");

/** undefined: not a tensor of this package; null: disposed. */
export function insideOf(value: unknown): Dense | null | undefined {
  return typeof value === "object" && value !== null ? (value as { [INSIDE]?: Dense | null })[INSIDE] : undefined;
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

export function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** Around an array that holds the elements in row-major order; nothing is copied. */
export function wrap(data: Memory, shape: readonly number[], dtype: DType = "float32"): Dense {
  return new Dense({ data, length: data.length, version: 0 }, shape, dtype);
}

/** From here on an array's first writing costs less in pages of 2 MiB, where the system has them. */
const LARGE_BYTES = 4 * 2 ** 20;

/** Zeros on the CPU; on a GPU whatever was there before. ERR_MEMORY in words where that many cannot be had. */
export function allocate(
  fn: string,
  shape: readonly number[],
  dtype: DType = "float32",
  device: Device = "cpu",
): Dense {
  const { array: Elements, bytes } = DTYPES[dtype];
  let data: Memory;
  try {
    const size = sizeOf(shape);
    data = device === "cpu" ? new Elements(size) : allocateOn(device, dtype, size);
  } catch (cause) {
    if (device !== "cpu") throw translated(cause, fn);
    const gib = ((sizeOf(shape) * bytes) / 2 ** 30).toPrecision(3);
    const message = `${fn}: a ${dtype} array of shape [${shape.join(", ")}] takes ${gib} GiB, which cannot be had`;
    throw new WarpweftError("ERR_MEMORY", message, { cause });
  }
  if (!onDevice(data) && data.byteLength >= LARGE_BYTES) native().preferLargePages(data);
  return wrap(data, shape, dtype);
}

export function allocateFloats(fn: string, ...shape: number[]): Float32Array {
  return allocate(fn, shape).storage.data as Float32Array;
}

/** Counts in one more that may read the memory: see lib/device-array.ts. On the CPU the garbage collector is enough, but for what is borrowed. */
export function hold({ storage }: Dense): void {
  holdersOf(storage)?.hold();
}

/** Counts it out again. */
export function drop({ storage }: Dense): void {
  holdersOf(storage)?.drop();
}

/** Counts out an operation's input; where the result is a view of it, the memory is now the result's. */
export function dropBut(result: Dense | undefined, { storage }: Dense): void {
  if (result?.storage === storage) holdersOf(storage)?.pass();
  else holdersOf(storage)?.drop();
}

/** Frees the memory of a tensor that nobody else was given. */
export function discard(x: Dense): void {
  hold(x);
  drop(x);
}

/** The elements in row-major order where they are: the memory itself, a part of it, or for strided tensors a copy. */
export function memory(x: Dense): Memory {
  const { data } = x.storage;
  if (!x.contiguous) return onDevice(data) ? packed(x).storage.data : pack(x, data);
  return x.offset === 0 && data.length === x.size ? data : data.subarray(x.offset, x.offset + x.size);
}

/** The elements in row-major order in host memory: as `memory` says, or copied from a GPU, for which it is waited. */
export function elements(x: Dense): NumericArray {
  const { data } = x.storage;
  if (!onDevice(data)) return memory(x) as NumericArray;
  return x.contiguous ? fetched(memory(x) as DeviceArray, x.dtype) : elements(onHost(x, data));
}

function fetched(data: DeviceArray, dtype: DType): NumericArray {
  const out = new DTYPES[dtype].array(data.length);
  try {
    native().gpu.copyOut(out, data);
  } catch (error) {
    throw translated(error, data.device); // perhaps what an earlier kernel did wrong, so no function is named
  }
  return out;
}

/** The same layout over a copy of what it reaches. */
function onHost(x: Dense, data: DeviceArray): Dense {
  let [first, last] = [x.offset, x.offset];
  for (const [axis, stride] of x.strides.entries()) {
    const reach = stride * (x.shape[axis] - 1);
    if (reach < 0) first += reach;
    else last += reach;
  }
  const copy = fetched(data.subarray(first, last + 1), x.dtype);
  return new Dense({ data: copy, length: copy.length, version: 0 }, x.shape, x.dtype, x.strides, x.offset - first);
}

/** The elements as float32 in host memory: `elements`, converted where they are stored otherwise. */
export function floats(x: Dense): Float32Array {
  const data = elements(x);
  if (x.dtype === "float32") return data as Float32Array;
  if (!DTYPES[x.dtype].float) return Float32Array.from(data);
  const out = new Float32Array(x.size);
  native().convert(data, DTYPES[x.dtype].code, out, DTYPES.float32.code, x.size);
  return out;
}

/** The four positional values by which native code takes a matrix; copied only if its rows are not contiguous. */
export function matrix(x: Dense): Matrix {
  const [rows, columns] = x.shape as [number, number];
  const [rowStride, columnStride] = x.strides as [number, number];
  const { code } = DTYPES[x.dtype];
  const rowsContiguous = (columns <= 1 || columnStride === 1) && (rows <= 1 || rowStride >= columns);
  if (!rowsContiguous || x.size === 0) return [memory(x), code, rows, columns];
  const stride = rows <= 1 ? columns : rowStride;
  const end = x.offset + (rows - 1) * stride + columns;
  const { data } = x.storage;
  const whole = x.offset === 0 && data.length === end;
  return [whole ? data : data.subarray(x.offset, end), code, rows, stride];
}

/** A row-major copy of the elements. */
function pack(x: Dense, data: NumericArray): NumericArray {
  const out = new DTYPES[x.dtype].array(x.size);
  if (x.size === 0) return out;
  const inner = x.shape.at(-1) ?? 1;
  const step = x.strides.at(-1) ?? 1;
  if (x.strides.every((stride) => stride === 0)) return out.fill(data[x.offset]);
  let at = 0;
  for (const start of rowStarts(x)) {
    if (step === 1) out.set(data.subarray(start, start + inner), at);
    else for (let j = 0; j < inner; j++) out[at + j] = data[start + j * step];
    at += inner;
  }
  return out;
}

/** Where each row of the last dimension starts in the storage, in order. */
function* rowStarts(x: Dense): Generator<number> {
  const outer = x.shape.slice(0, -1);
  const index = outer.map(() => 0);
  let start = x.offset;
  for (;;) {
    yield start;
    let axis = outer.length - 1;
    for (; axis >= 0; axis--) {
      start += x.strides[axis];
      if (++index[axis] < outer[axis]) break;
      start -= x.strides[axis] * outer[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}
