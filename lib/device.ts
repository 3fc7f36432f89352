/** The places that tensors can be. This release computes on the CPU; the GPU's entry says why it is not there. */
import { totalmem } from "node:os";
import * as check from "./check.js";
import { WarpweftError } from "./error.js";
import { native } from "./native.js";
import type { Device, DeviceInfo } from "./types.js";

const NO_KERNELS = {
  code: "BUILT_WITHOUT_KERNELS",
  reason: "this release of warpweft has no GPU kernels",
} as const;

/**
 * What there is to compute on: the CPU with its instruction set and memory (bytes), and a "cuda" entry that says by
 * code and in words why it is not available. Nothing is probed before this call, and nothing printed.
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
    { device: "cuda", name: "CUDA", available: false, ...NO_KERNELS },
  ];
}

/** @throws WarpweftError ERR_DEVICE with the reason, unless it is the CPU. */
export function present(fn: string, arg: string, value: unknown): Device {
  const device = check.device(fn, arg, value);
  if (device === "cpu") return device;
  throw new WarpweftError("ERR_DEVICE", `${fn}: ${arg} "${device}" is not here: ${NO_KERNELS.reason}`, {
    device: NO_KERNELS.code,
  });
}
