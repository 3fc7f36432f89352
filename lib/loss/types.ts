import type { Input, Labels, Reference, RunOptions, Tensor } from "../types.js";
import type { LOSSES, MINERS, ParamSpec, ParamSpecs, REDUCTIONS } from "./table.js";

export type { Labels, Reference } from "../types.js";
export type LossName = keyof typeof LOSSES;
export type MinerName = keyof typeof MINERS;

/** A loss has terms, rows or pairs, its table entry says which. mean divides their sum by their number, meanNonZero by the number of terms > 0 (a constant in the gradient), sum by 1; none returns [N], each anchor's sum of terms. 0 where nothing is counted. */
export type Reduction = keyof typeof REDUCTIONS;

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
          : P extends { kind: "vector" }
            ? Tensor
            : P extends { kind: "counts" }
              ? Labels
              : P extends { kind: "pairWeights" }
                ? Tensor
                : P extends { kind: "clusters" }
                  ? readonly Labels[]
                  : P extends { kind: "rows" }
                    ? Tensor
                    : never;
/** The parameters of an entry as options: all of them may be left out. */
export type Params<S extends ParamSpecs> = { -readonly [K in keyof S]?: Param<S[K]> };
/** But for counts and matrices, which have no default. */
type Counts<S extends ParamSpecs> = { [K in keyof S]: S[K] extends { kind: "counts" } ? K : never }[keyof S];
type Matrices<S extends ParamSpecs> = { [K in keyof S]: S[K] extends { kind: "rows" } ? K : never }[keyof S];

/** Pairs to leave out: one whose ids are equal and at least 0 is neither positive nor negative. */
export interface Exclude {
  /** one id for each anchor, any int32 */
  rows: Labels;
  /** one for each candidate; default: `rows` */
  columns?: Labels;
}

export interface MineOptions<N extends MinerName = MinerName> {
  /** mine embeddings × reference instead of the batch with itself */
  reference?: Reference;
  /** default: the miner's, see docs/reference/loss.md */
  metric?: (typeof MINERS)[N]["metrics"][number];
  /** divide rows by their L2 norm first, as the losses do; default true */
  normalize?: boolean;
  /** pairs that are none */
  exclude?: Exclude;
  threads?: number;
}
export interface MinedPairs {
  anchor1: Int32Array;
  positive: Int32Array;
  anchor2: Int32Array;
  negative: Int32Array;
}
export interface MinedTriplets {
  anchor: Int32Array;
  positive: Int32Array;
  negative: Int32Array;
}
/** What a miner returns, as its table entry says. */
export type Mined<N extends MinerName> = (typeof MINERS)[N]["result"] extends "triplets"
  ? MinedTriplets
  : (typeof MINERS)[N]["result"] extends "pairs"
    ? MinedPairs
    : MinedPairs | MinedTriplets;
/** A mining rule, fused into the loss that it is given to; `mine` returns what it keeps instead. */
export interface Miner<N extends MinerName = MinerName> {
  readonly name: N;
  readonly params: Readonly<Record<string, number | string | boolean>>;
  /**
   * The kept pairs: (anchor1[i], positive[i]) and (anchor2[i], negative[i]), each sorted by anchor, then by the other;
   * or the kept triplets, sorted by anchor, then positive, then negative.
   *
   * @throws WarpweftError as the losses do.
   */
  mine(embeddings: Input, labels: Labels, options?: MineOptions<N>): Mined<N>;
}
/** Rows whose scores tell false negatives in place of the embeddings' own, of any width. */
export interface Guide {
  /** one row for each anchor */
  anchors: Input;
  /** one for each candidate */
  candidates: Input;
}
export interface HardNegatives {
  /** how many negatives of each row are kept; all without it */
  k?: number;
  /** drop candidates whose score is above the positive's + margin, or (relative) above the positive's · (1 + margin) */
  falseNegative?: { margin: number; kind: "absolute" | "relative" };
  /** by whose scores; those of the embeddings without it. Alone it drops what is above the positive, margin 0 */
  guide?: Guide;
}
/** One function per miner of the table. */
export type Miners = {
  readonly [N in keyof Omit<typeof MINERS, "hardNegatives">]: (
    options?: Params<(typeof MINERS)[N]["params"]>,
  ) => Miner<N>;
} & { hardNegatives(options?: HardNegatives): Miner<"hardNegatives"> };

interface Common<N extends LossName> extends RunOptions {
  /** default: the loss's, see docs/reference/loss.md */
  metric?: (typeof LOSSES)[N]["metrics"][number];
  /** divide rows by their L2 norm (at least 1e-12) first; default true */
  normalize?: boolean;
  /** default: the loss's, see docs/reference/loss.md */
  reduction?: Reduction;
  /** of those that the loss can use */
  miner?: Miner<(typeof LOSSES)[N]["miners"][number]>;
  /**
   * widths of prefixes, ascending: the loss is the sum over the first columns of each width, every prefix divided by
   * its own norm where rows are normalised
   */
  matryoshka?: readonly number[];
  /** pairs that are none: neither pulled nor pushed, whatever their labels or positions */
  exclude?: Exclude;
}
export type LossOptions<N extends LossName> = Params<(typeof LOSSES)[N]["params"]> & Common<N>;
export type LabeledOptions<N extends LossName> = LossOptions<N> & { reference?: Reference };

export type ClassedOptions<N extends LossName> = Params<(typeof LOSSES)[N]["params"]> & {
  [K in Counts<(typeof LOSSES)[N]["params"]>]: Labels;
} & Pick<Common<N>, "normalize" | "reduction" | "matryoshka" | "threads" | "out"> & {
    /** a label that no row of the weights answers: its embeddings are left out; default −100 */
    ignoreIndex?: number;
  };
/** Required when one of its fields is. */
type Tail<O> = Partial<O> extends O ? [options?: O] : [options: O];

/** labels decide the pairs */
export type Labeled<N extends LossName> = (embeddings: Input, labels: Labels, options?: LabeledOptions<N>) => Tensor;
/** row i of `candidates` is the positive of row i of `anchors`; extra rows are hard negatives */
export type Paired<N extends LossName> = (
  anchors: Input,
  candidates: Input,
  ...rest: Tail<LossOptions<N> & { [K in Matrices<(typeof LOSSES)[N]["params"]>]: Tensor }>
) => Tensor;
/** one row of `weights` for each class or proxy, [C, D]; labels are row numbers */
export type Classed<N extends LossName> = (
  embeddings: Input,
  labels: Labels,
  weights: Input,
  ...rest: Tail<ClassedOptions<N>>
) => Tensor;
/** Row i has indices[offsets[i]] … indices[offsets[i + 1] − 1], in any order, each once. */
export interface CompressedRows {
  /** [N + 1], from 0 to the length of indices, never falling */
  offsets: Int32Array;
  indices: Int32Array;
}
/** the items of each user are listed */
export type Listed<N extends LossName> = (
  users: Input,
  items: Input,
  positives: CompressedRows,
  options?: Omit<LossOptions<N>, "miner">,
) => Tensor;
interface Kinds<N extends LossName> {
  listed: Listed<N>;
  labeled: Labeled<N>;
  paired: Paired<N>;
  classed: Classed<N>;
}
/** One function per loss of the table. */
export type LossFunctions = {
  readonly [N in keyof typeof LOSSES]: Kinds<N>[(typeof LOSSES)[N]["kind"]];
};
