/** What the tests of refused arguments give. */
import { tensor } from "../../lib/index.js";

export const x = tensor([
  [1, 2],
  [3, 4],
  [5, 6],
]);
export const y = tensor([
  [1, 0],
  [0, 1],
]);
export const wide = tensor([[1, 2, 3]]);
export const whole = tensor(new Int32Array(4), [2, 2]);
/** Arguments that the types refuse too. */
export const any = (value: unknown) => value as never;
