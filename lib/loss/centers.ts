/** Several rows of weights a class. */
import type { Attrs } from "./ops.js";
import { isScalar } from "./params.js";
import { LOSSES, type LossSpec } from "./table.js";

/** Of a class: 1, where the loss has no such parameter. */
export function centersOf({ loss, scalars }: Pick<Attrs, "loss" | "scalars">): number {
  const { params }: LossSpec = LOSSES[loss];
  const at = Object.keys(params)
    .filter((name) => isScalar(params[name] as never))
    .indexOf("centers");
  return at < 0 ? 1 : (scalars[at] as number);
}
