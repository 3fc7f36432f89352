import { tensor } from "../../lib/index.js";
import type { Tensor } from "../../lib/types.js";

export const zeros = (...shape: number[]): Tensor => tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
// biome-ignore lint/suspicious/noExplicitAny: a wrong argument on purpose
export const any = (value: unknown): any => value;
