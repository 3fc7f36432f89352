/** A call of a loss as plain numbers, and what is expected of it. */
import type { LOSSES, MINERS, REDUCTIONS } from "../../lib/loss/table.js";
import type { ORACLES as METRICS } from "../distance/oracle.js";
import type { Rows } from "../support/rows.js";
import type { MinerParams, Value } from "./oracle.js";

export interface Mining {
  readonly name: keyof typeof MINERS;
  readonly params: MinerParams;
  /** Rows whose scores it asks beside the pair's own. */
  readonly guide?: { readonly anchors: Rows; readonly candidates: Rows };
}

export interface Problem {
  readonly loss: keyof typeof LOSSES;
  readonly x: Rows;
  /** References, candidates or weights. Without it y is x, and a row is no pair with itself. */
  readonly y?: Rows;
  readonly d: number;
  /** Labels of labeled losses, or the classes of classed ones; −100 for none. */
  readonly labels?: readonly number[];
  readonly referenceLabels?: readonly number[];
  /** Sets of bits, so many bytes each, in place of labels. */
  readonly setBytes?: number;
  readonly sets?: Rows;
  readonly referenceSets?: Rows;
  /** Pairs of equal ids of at least 0 are none. */
  readonly exclude?: { readonly rows: readonly number[]; readonly columns?: readonly number[] };
  /** Widths that the loss is summed over. */
  readonly prefixes?: readonly number[];
  readonly params: Readonly<Record<string, Value>>;
  readonly miner?: Mining;
  readonly metric: keyof typeof METRICS;
  readonly normalize: boolean;
  readonly reduction: keyof typeof REDUCTIONS;
  /** Scores are made of split products (test/support/earned.ts), whose error grows with their Σ|terms|. */
  readonly split?: boolean;
  /** What arrives at each element of the value. */
  readonly upstream?: (row: number) => number;
}

export interface Expected {
  readonly value: Float64Array;
  readonly valueTerms: Float64Array;
  readonly dx: Float64Array;
  /** Σ|terms|, like dyTerms only of the exact values. */
  readonly dxTerms: Float64Array;
  /** Empty in self mode. */
  readonly dy: Float64Array;
  readonly dyTerms: Float64Array;
  /** By the name of a parameter that may be a tensor. */
  readonly tensors: Readonly<Record<string, { readonly slope: number; readonly terms: number }>>;
  /** In what is added to logits, if anything is. */
  readonly beside: Float64Array;
  readonly besideTerms: Float64Array;
  /** In the weights of pairs. */
  readonly pairs: Float64Array;
  readonly pairsTerms: Float64Array;
}
