/** Which triplets of an anchor count, and for what: from a loss's options and its miner to what native code is told. */
import * as check from "../../check.js";
import type { Miner } from "../types.js";

/** As src/loss/params.h numbers them. */
const VALUES = ["hinge", "smooth", "margin", "ranked"] as const;
const CHOICES = ["window", "all", "hard", "semihard", "easy", "listed"] as const;
export type Choice = (typeof CHOICES)[number];

export interface Rule {
  readonly value: (typeof VALUES)[number];
  readonly margin: number;
  /** of the margin loss */
  readonly beta: number;
  /** window: lower < gap ≤ upper */
  readonly lower: number;
  readonly upper: number;
  readonly positives: Choice;
  readonly negatives: Choice;
  /** a semi-hard negative that is not there is replaced by the farthest */
  readonly farthest: boolean;
  /** an anchor without positives has one at `missing` */
  readonly everyAnchor: boolean;
  readonly missing: number;
}

export type RuleArguments = [
  value: number,
  numbers: Float64Array,
  positives: number,
  negatives: number,
  farthest: boolean,
  everyAnchor: boolean,
];

export const ruleArguments = (rule: Rule): RuleArguments => [
  VALUES.indexOf(rule.value),
  Float64Array.of(rule.margin, rule.beta, rule.lower, rule.upper, rule.missing),
  CHOICES.indexOf(rule.positives),
  CHOICES.indexOf(rule.negatives),
  rule.farthest,
  rule.everyAnchor,
];

type Selection = Omit<Rule, "value" | "margin" | "beta">;

const EVERY: Selection = {
  lower: -Infinity,
  upper: Infinity,
  positives: "window",
  negatives: "window",
  farthest: false,
  everyAnchor: false,
  missing: 0,
};
const one = (positives: Choice, negatives: Choice): Selection => ({ ...EVERY, positives, negatives });

/** What a miner of triplets keeps; all triplets without one. */
export function selectionOf(fn: string, miner: Pick<Miner, "name" | "params"> | undefined): Selection {
  if (miner === undefined) return EVERY;
  const { margin, type, positive, negative } = miner.params as Readonly<Record<string, never>>;
  switch (miner.name) {
    case "triplet":
      return { ...EVERY, ...windowOf(type, margin) };
    case "batchHard":
      return one("hard", "hard");
    default:
      return choices(fn, positive, negative);
  }
}

function windowOf(type: string, margin: number): Pick<Selection, "lower" | "upper"> {
  if (type === "easy") return { lower: margin, upper: Infinity };
  if (type === "semihard") return { lower: 0, upper: margin };
  return { lower: -Infinity, upper: type === "hard" ? Math.min(0, margin) : margin };
}

function choices(fn: string, positive: Choice, negative: Choice): Selection {
  if (positive === "all" && negative === "all") return EVERY;
  if (positive === "semihard" && (negative === "semihard" || negative === "all"))
    check.fail("ERR_ARGUMENT", fn, "positive", `not be semihard with ${negative} negatives`, positive);
  return one(positive, negative);
}

/** The rules of `loss.triplet` other than counting triplets. */
export const RULES: Readonly<Record<string, Selection>> = {
  everyAnchor: { ...one("hard", "hard"), everyAnchor: true },
  everyPositive: { ...one("all", "semihard"), farthest: true },
};
