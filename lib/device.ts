/** The places that tensors can be. */
import { totalmem } from "node:os";
import * as check from "./check.js";
import { WarpweftError } from "./error.js";
import { type GpuEntry, native } from "./native.js";
import type { Device, DeviceInfo } from "./types.js";

/**
 * What there is to compute on: the CPU with its instruction set and memory (bytes), and one entry per GPU, "cuda:0" and
 * on; where there is none, a "cuda" entry that says by code and in words why. Nothing is probed before this call or the
 * first use of "cuda", and nothing printed.
 */
export function devices(): DeviceInfo[] {
  return [
    {
      device: "cpu",
      name: native().cpuName(),
      available: true,
      memory: totalmem(),
      instructionSet: native().instructionSet(),
    },
    ...native().gpu.devices().map(described),
  ];
}

function described({ name, ...rest }: GpuEntry, ordinal: number): DeviceInfo {
  const device: Device = name === undefined ? "cuda" : `cuda:${ordinal}`;
  return { device, name: name ?? "CUDA", available: rest.code === undefined, ...rest };
}

/**
 * The device by its full name: "cuda" is the first GPU that can be used.
 *
 * @throws WarpweftError ERR_DEVICE with the reason, unless it is there.
 */
export function present(fn: string, arg: string, value: unknown): Device {
  const device = check.device(fn, arg, value);
  if (device === "cpu") return device;
  const gpus = native().gpu.devices().map(described);
  const found = device === "cuda" ? gpus.find(({ available }) => available) : gpus.find((gpu) => gpu.device === device);
  if (found?.available) return found.device;
  const { code, reason } = found ?? whyNot(gpus, device);
  const words = `${fn}: ${arg} "${device}" is not here: ${reason}`;
  throw new WarpweftError("ERR_DEVICE", words, code === undefined ? {} : { device: code });
}

/** Of the only entry where there is no GPU, or of the first one; else there are GPUs, but not this one. */
function whyNot([first]: readonly DeviceInfo[], device: Device): Pick<DeviceInfo, "code" | "reason"> {
  if (first && (device === "cuda" || first.device === "cuda")) return first;
  return { code: "NO_DEVICE", reason: "the driver sees no such device" };
}
