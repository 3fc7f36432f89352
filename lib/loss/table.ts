/**
 * The losses and miners, each declared once: option types, the C++ lists, parameter structs and the reference page follow from here.
 * A table computes nothing; an entry's place in it is its id, and the order of its parameters is their order on the native side.
 */
import { CLASS_LOSSES } from "./table/classes.js";
import { ANGLE_LOSSES } from "./table/angles.js";
import { CONTRAST_LOSSES } from "./table/contrast.js";
import { MARGIN_LOSSES } from "./table/margins.js";
import { PAIR_LOSSES } from "./table/pairs.js";
import { PROXY_LOSSES } from "./table/proxies.js";
import { SOFTMAX_LOSSES } from "./table/softmax.js";
import type { LossSpec } from "./table/spec.js";
import { TRIPLET_LOSSES } from "./table/triplets.js";

export { MINERS } from "./table/miners.js";
export type * from "./table/spec.js";

/** How terms become a value; the place in the list is the id. */
export const REDUCTIONS = {
  mean: "the sum of the terms divided by their number",
  meanNonZero: "the sum divided by the number of terms above 0, a constant in the gradient",
  sum: "the sum of the terms",
  none: "[N], each anchor's sum of terms",
} as const satisfies Record<LossSpec["reduction"], string>;

/** Metrics whose gradients need more than a slope that follows from the score: losses see whole rows of those. */
export const WHOLE_METRICS: readonly string[] = ["snr"];

export const LOSSES = {
  ...PAIR_LOSSES,
  ...SOFTMAX_LOSSES,
  ...CLASS_LOSSES,
  ...ANGLE_LOSSES,
  ...MARGIN_LOSSES,
  ...CONTRAST_LOSSES,
  ...PROXY_LOSSES,
  ...TRIPLET_LOSSES,
} as const;
