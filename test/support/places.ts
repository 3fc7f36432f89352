import { afterAll, beforeAll } from "vitest";
import { devices, tensor } from "../../lib/index.js";
import { native } from "../../lib/native.js";
import type { Device, Input, Tensor, TensorOptions } from "../../lib/types.js";
import { type Rows, type Storage, type Stored, store, toBits } from "./rows.js";

/** The instruction sets that a kernel can use on this machine's processor. */
export function processors(): string[] {
  return native().instructionSets();
}

/** Everywhere that a kernel can run on this machine: a test that goes through them all has seen every kernel it can. "cuda" is among them where there is a driver, be it the virtual GPU's. */
export function places(): string[] {
  const gpu = devices().some(({ device, available }) => available && device !== "cpu");
  return [...processors(), ...(gpu ? ["cuda"] : [])];
}

/** The best instruction set and the GPU, for what no instruction set has kernels of its own for. */
export function onePerDevice(): string[] {
  return places().slice(processors().length - 1);
}

/** Whether the driver is the virtual GPU, which can pretend to be many. */
export function onVirtualGpu(): boolean {
  return /ptxvm/.test(process.env.WARPWEFT_CUDA_DRIVER ?? "");
}

/** Numbers of threads whose results shall be the same. A GPU has none to choose, and is asked twice all the same: at once and later. */
export const threadsOn = (place: string): readonly number[] => (place === "cuda" ? [1] : [1, 2, 7]);

let device: Device = "cpu";

/** From now on kernels run there. */
export function use(place: string): void {
  device = place === "cuda" ? "cuda:0" : "cpu";
  if (device === "cpu") native().useInstructionSet(place);
}

/** Inside a `describe`: its tests run on `place`, and what was in use before is put back. */
export function runOn(place: string): void {
  let before = "";
  beforeAll(() => {
    before = native().instructionSet();
    use(place);
  });
  afterAll(() => use(before));
}

/** The device of the place that is in use. */
export function here(): Device {
  return device;
}

/** Options for `tensor`, with that device. */
export function at(options: Omit<TensorOptions, "device"> = {}): TensorOptions {
  return { ...options, device };
}

/** `tensor` on that device. */
export const tensorHere: typeof tensor = (data, shape, options) => tensor(data, shape, at(options));

/** `store`, where the place in use reads it: on a GPU a view of a tensor, with the same gaps between its rows. */
export function put(rows: Rows, d: number, storage: Storage = "float32", stride = d): Input {
  const stored = store(rows, d, storage, stride);
  return device === "cpu" ? stored : whole(stored).columns(0, d);
}

/** Stored rows, gaps and all, as a matrix of full rows on the device. */
function whole({ data, shape: [n], dtype, strides: [stride] }: Stored): Tensor {
  const padded = new (data.constructor as Float32ArrayConstructor)(n * stride);
  padded.fill(dtype === "float32" ? Number.NaN : toBits(Number.NaN, dtype)).set(data);
  return tensor(padded, [n, stride], at({ dtype }));
}
