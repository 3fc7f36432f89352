import type { DeviceInfo } from "./types.js";

export type ErrorCode =
  | "ERR_SHAPE"
  | "ERR_DTYPE"
  | "ERR_DEVICE"
  | "ERR_ARGUMENT"
  | "ERR_MEMORY"
  | "ERR_CUDA"
  | "ERR_COMM"
  | "ERR_ABORTED"
  | "ERR_DISPOSED";

/** The one error of the package. The message names function, argument, what was wanted and what came. */
export class WarpweftError extends Error {
  override readonly name = "WarpweftError";
  readonly code: ErrorCode;
  /** with ERR_DEVICE: why the device is not there */
  readonly device?: DeviceInfo["code"];

  constructor(code: ErrorCode, message: string, options: { device?: DeviceInfo["code"]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options.device !== undefined) this.device = options.device;
  }
}

/** What native code and the engine throw becomes the package's error; anything else passes through as it is. */
export function translated(error: unknown, fn: string): unknown {
  if (error instanceof WarpweftError || !(error instanceof Error)) return error;
  const { code, device } = error as { code?: unknown; device?: DeviceInfo["code"] };
  if (isNative(code))
    return new WarpweftError(code, named(fn, error.message), { cause: error, ...(device ? { device } : {}) });
  if (error instanceof RangeError && /allocation failed|typed array length/.test(error.message))
    return new WarpweftError("ERR_MEMORY", `${fn}: ${error.message}`, { cause: error });
  return error;
}

const NATIVE = ["ERR_ARGUMENT", "ERR_MEMORY", "ERR_ABORTED", "ERR_DEVICE", "ERR_CUDA", "ERR_DISPOSED"] as const;

function isNative(code: unknown): code is (typeof NATIVE)[number] {
  return NATIVE.includes(code as (typeof NATIVE)[number]);
}

/** Native words may begin with the function's name already. */
function named(fn: string, message: string): string {
  return message.startsWith(`${fn}: `) ? message : `${fn}: ${message}`;
}
