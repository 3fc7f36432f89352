/**
 * The only validation of public arguments. Each function takes the public function's name and the argument's, and
 * throws a WarpweftError that says what was wanted and what came: `topK: base must have 128 columns like queries, got 64`.
 */
export * from "./check/input.js";
export * from "./check/labels.js";
export * from "./check/options.js";
export * from "./check/out.js";
export { DTYPE_NAMES, FLOATS } from "./dtype.js";
