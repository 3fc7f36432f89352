/** Elements on a GPU: what a tensor's storage needs of a typed array, all but the elements themselves. */
import { DTYPES } from "./dtype.js";
import { type DeviceHandle, native } from "./native.js";
import type { Device, DType, NumericArray } from "./types.js";

/**
 * A block of device memory. Handles, tape entries and gradients count themselves in and out; when the last of them lets
 * go, the memory is free at once. What nobody counted is freed when the garbage collector finds it.
 */
export class DeviceBlock {
  readonly device: Device;
  readonly handle: DeviceHandle;
  #holders = 0;

  constructor(device: Device, bytes: number) {
    this.device = device;
    this.handle = native().gpu.allocate(ordinalOf(device), bytes);
  }

  hold(): void {
    this.#holders++;
  }
  drop(): void {
    if (--this.#holders === 0) native().gpu.release(this.handle);
  }
  /** Counts itself out and leaves the memory to whoever is given it next. */
  pass(): void {
    this.#holders--;
  }
}

/** `kind`, `handle`, `byteOffset` and `length` are what native code reads. */
export class DeviceArray {
  readonly block: DeviceBlock;
  /** the name of the typed array that would hold the elements */
  readonly kind: string;
  readonly BYTES_PER_ELEMENT: number;
  readonly byteOffset: number;
  readonly length: number;

  constructor(block: DeviceBlock, kind: string, bytesPerElement: number, byteOffset: number, length: number) {
    this.block = block;
    this.kind = kind;
    this.BYTES_PER_ELEMENT = bytesPerElement;
    this.byteOffset = byteOffset;
    this.length = length;
  }

  get handle(): DeviceHandle {
    return this.block.handle;
  }
  get device(): Device {
    return this.block.device;
  }
  get byteLength(): number {
    return this.length * this.BYTES_PER_ELEMENT;
  }
  /** The same memory; 0 ≤ start ≤ end ≤ length. */
  subarray(start = 0, end = this.length): DeviceArray {
    const { block, kind, BYTES_PER_ELEMENT: bytes, byteOffset } = this;
    return new DeviceArray(block, kind, bytes, byteOffset + start * bytes, end - start);
  }
}

/** The memory of a tensor, wherever it is. */
export type Memory = NumericArray | DeviceArray;

export function onDevice(memory: Memory): memory is DeviceArray {
  return memory instanceof DeviceArray;
}

/** Its elements are whatever was there before. */
export function allocateOn(device: Device, dtype: DType, length: number): DeviceArray {
  const { array, bytes } = DTYPES[dtype];
  return new DeviceArray(new DeviceBlock(device, length * bytes), array.name, bytes, 0, length);
}

/** "cuda:1" → 1 */
function ordinalOf(device: Device): number {
  return Number(device.slice(device.indexOf(":") + 1));
}
