import { LOSSES, type LossSpec } from "../../lib/loss/table.js";
import { isWhole } from "./clearance.js";
import { VARIANTS, type Variant } from "./variants.js";
import { OPTIONS } from "./variants/options.js";

type Group = "pairs" | "classes" | "options" | "triplets";

function groupOf(variant: Variant): Group {
  if (isWhole(variant)) return "triplets";
  if (OPTIONS.includes(variant)) return "options";
  return (LOSSES[variant.loss] as LossSpec).kind === "classed" ? "classes" : "pairs";
}

const of = (group: Group): readonly Variant[] => VARIANTS.filter((variant) => groupOf(variant) === group);

/** All variants in four parts of about the same length in time, a test file and so a process each. */
export const grouped: Readonly<Record<Group, readonly Variant[]>> = {
  pairs: of("pairs"),
  classes: of("classes"),
  options: of("options"),
  /** Losses that need whole rows of scores. */
  triplets: of("triplets"),
};
