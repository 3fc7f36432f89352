/** Tensors, tape, devices. Distances, losses and retrieval have their own entries: "warpweft/distance" and so on. */
export { devices } from "./device.js";
export { type ErrorCode, WarpweftError } from "./error.js";
export { tensor } from "./make.js";
export { noGrad, scope } from "./scope.js";
export { setThreads, threads } from "./threads.js";
export type {
  Async,
  AsyncOptions,
  Device,
  DeviceInfo,
  DType,
  Input,
  NumericArray,
  RunOptions,
  Tensor,
  TensorLike,
  TensorOptions,
  WithTwins,
} from "./types.js";
export { type Vjp, vjp } from "./vjp.js";
