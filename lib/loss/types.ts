import type { Input, RunOptions, Tensor } from "../types.js";
import type { LOSSES, MINERS, ParamSpec, ParamSpecs, REDUCTIONS } from "./table.js";

export type LossName = keyof typeof LOSSES;
export type MinerName = keyof typeof MINERS;

/** One class id per row: any int32, compared exactly. */
export type Labels = Int32Array | BigInt64Array | readonly number[] | Tensor;
/** A loss has terms, rows or pairs, its table entry says which. mean divides their sum by their number, meanNonZero by the number of terms > 0 (a constant in the gradient), sum by 1; none returns [N], each anchor's sum of terms. 0 where nothing is counted. */
export type Reduction = keyof typeof REDUCTIONS;

/** Pairs are then embeddings × reference only; in-batch pairs are not added and nothing is taken for a self-pair. */
export interface Reference {
  /** [M, D] */
  embeddings: Input;
  /** one per row of `embeddings` */
  labels: Labels;
}

type Param<P extends ParamSpec> = P extends { kind: "number" }
  ? number
  : P extends { kind: "tensor" }
    ? number | Tensor
    : P extends { kind: "boolean" }
      ? boolean
      : P extends { kind: "enum"; values: readonly (infer V)[] }
        ? V
        : P extends { kind: "indices" }
          ? Int32Array
          : never;
/** The parameters of an entry as options: all of them may be left out. */
export type Params<S extends ParamSpecs> = { -readonly [K in keyof S]?: Param<S[K]> };

export interface MineOptions<N extends MinerName = MinerName> {
  /** mine embeddings × reference instead of the batch with itself */
  reference?: Reference;
  /** default: the miner's, see docs/reference/loss.md */
  metric?: (typeof MINERS)[N]["metrics"][number];
  /** divide rows by their L2 norm first, as the losses do; default true */
  normalize?: boolean;
  threads?: number;
}
export interface MinedPairs {
  anchor1: Int32Array;
  positive: Int32Array;
  anchor2: Int32Array;
  negative: Int32Array;
}
/** A mining rule, fused into the loss that it is given to; `mine` returns what it keeps instead. */
export interface Miner<N extends MinerName = MinerName> {
  readonly name: N;
  readonly params: Readonly<Record<string, number | string | boolean>>;
  /**
   * The kept pairs: (anchor1[i], positive[i]) and (anchor2[i], negative[i]), each sorted by anchor, then by the other.
   *
   * @throws WarpweftError as the losses do.
   */
  mine(embeddings: Input, labels: Labels, options?: MineOptions<N>): MinedPairs;
}
/** One function per miner of the table. */
export type Miners = {
  readonly [N in keyof typeof MINERS]: (options?: Params<(typeof MINERS)[N]["params"]>) => Miner<N>;
};

interface Common<N extends LossName> extends RunOptions {
  /** default: the loss's, see docs/reference/loss.md */
  metric?: (typeof LOSSES)[N]["metrics"][number];
  /** divide rows by their L2 norm (at least 1e-12) first; default true */
  normalize?: boolean;
  /** default: the loss's, see docs/reference/loss.md */
  reduction?: Reduction;
  /** of those that the loss can use */
  miner?: Miner<(typeof LOSSES)[N]["miners"][number]>;
}
export type LossOptions<N extends LossName> = Params<(typeof LOSSES)[N]["params"]> & Common<N>;
export type LabeledOptions<N extends LossName> = LossOptions<N> & { reference?: Reference };

/** labels decide the pairs */
export type Labeled<N extends LossName> = (embeddings: Input, labels: Labels, options?: LabeledOptions<N>) => Tensor;
/** row i of `candidates` is the positive of row i of `anchors`; extra rows are hard negatives */
export type Paired<N extends LossName> = (anchors: Input, candidates: Input, options?: LossOptions<N>) => Tensor;
/** One function per loss of the table. */
export type LossFunctions = {
  readonly [N in keyof typeof LOSSES]: (typeof LOSSES)[N]["kind"] extends "labeled" ? Labeled<N> : Paired<N>;
};
