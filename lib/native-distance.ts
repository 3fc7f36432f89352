/** What the addon does for distances, and the handles it gives out for them: a part of lib/native.ts, types alone. */
import type { Memory } from "./device-array.js";
import type { Done, Floats, Ints, Matrix, opaque, Run } from "./native.js";

/** Owns a prepared base, which is freed with it. */
export interface BaseHandle {
  readonly [opaque]: "prepared base";
}
/** The pairs that `radius` found, in native memory. */
export interface PairsHandle {
  readonly [opaque]: "pairs";
}
/** Rows as `Matrix`; or a prepared base: its handle, the scale of the other side's int8 codes, its rows and columns. */
export type Side = [rows: Memory | BaseHandle, dtypeOrScale: number, count: number, strideOrColumns: number];

/** The metric's id and numbers, both sides, and for mahalanobis its whitener [d, d]. What is stored pair by pair takes no base for y. */
export type PairArguments = [
  metric: number,
  first: number,
  second: number,
  ...x: Matrix,
  ...y: Side,
  d: number,
  self: boolean,
  whitener: Float64Array | null,
];

export interface PreparedNative {
  /** An empty one, for `prepare`. */
  base(): BaseHandle;
  /** At once; calls that still run with it keep it. A second time does nothing. */
  release(base: BaseHandle): void;
  /** What it holds; the garbage collector is told. */
  bytes(base: BaseHandle): number;
  /** dtype: what rows are kept in; scale [rows]: of int8, null: to be found */
  prepare(
    ...a: [
      ...run: Run,
      into: BaseHandle,
      metric: number,
      first: number,
      second: number,
      ...rows: Matrix,
      d: number,
      whitener: Float64Array | null,
      dtype: number,
      scale: Float32Array | null,
    ]
  ): Done;
}

export interface DistanceNative {
  readonly prepared: PreparedNative;
  /** out [n, m] */
  pairwise(...a: [...run: Run, ...pair: PairArguments, out: Memory, outDtype: number, outRowStride: number]): Done;
  /** value and grad [n, m]; dx [n, d], dy [m, d], all contiguous. With `self`, dx holds both sides and dy is null. With a whitener they are gradients of whitened rows. */
  pairwiseBackward(
    ...a: [...run: Run, ...pair: PairArguments, value: Floats, grad: Floats, dx: Floats | null, dy: Floats | null]
  ): Done;
  /** values, indices [n, k] */
  topK(
    ...a: [...run: Run, ...pair: PairArguments, k: number, excludeSelf: boolean, values: Floats, indices: Ints]
  ): Done;
  newPairs(): PairsHandle;
  /** Fills `found`, or throws ERR_MEMORY with the number of pairs where there are more than `maxPairs`. */
  radius(
    ...a: [
      ...run: Run,
      ...pair: PairArguments,
      radius: number,
      excludeSelf: boolean,
      maxPairs: number,
      found: PairsHandle,
    ]
  ): Done;
  /** [n + 1]; the last one is the number of pairs */
  pairOffsets(found: PairsHandle): Int32Array;
  /** indices and values [pairs] */
  takePairs(...a: [...run: Run, found: PairsHandle, indices: Int32Array, values: Float32Array]): Done;
  /** out [n] */
  reduceRows(...a: [...run: Run, ...pair: PairArguments, reduce: number, scale: number, out: Floats]): Done;
  /** Five of `rows`, each [n], then five of `columns`, each [m], by reduction; null where it is not asked for. */
  rowStatistics(...a: [...run: Run, ...pair: PairArguments, scale: number, ...out: (Floats | null)[]]): Done;
  /** Each result [n]: five of values, then five of indices, by choice; positives, negatives, those beyond `posMargin` and within `negMargin`. */
  labelStatistics(
    ...a: [
      ...run: Run,
      ...pair: PairArguments,
      own: boolean,
      labels: Int32Array,
      referenceLabels: Int32Array,
      beyondEasiest: boolean,
      posMargin: number,
      negMargin: number,
      ...results: (Floats | Ints | null)[],
    ]
  ): Done;
  /** Each result [n], in host memory wherever the rows are: relevant references, rank of the best one (0: none), precision at R, MAP@R (0 where R is 0). */
  rank(
    ...a: [
      ...run: Run,
      ...pair: PairArguments,
      own: boolean,
      queryLabels: Int32Array,
      referenceLabels: Int32Array,
      relevant: Int32Array,
      firstRank: Int32Array,
      rPrecision: Float64Array,
      mapAtR: Float64Array,
    ]
  ): Done;
  /**
   * How many pairs of different rows of x and y, as many, have which value, by the class of the first row: of all pairs, and of those
   * within the class. In host memory wherever the rows are: counts [2, classes, bins + 1]; classes in ascending order of their label; the last bin counts NaN.
   */
  histogram(
    ...a: [
      ...run: Run,
      ...pair: PairArguments,
      labels: Int32Array,
      classes: number,
      low: number,
      high: number,
      bins: number,
      counts: Float64Array,
    ]
  ): Done;
  /** Rows times diagonal [d] plus blocks [d/g, g, g], or their transpose; out [rows, d] */
  structuredRows(
    ...a: [
      ...run: Run,
      ...rows: Matrix,
      d: number,
      g: number,
      transposed: boolean,
      diagonal: Floats | null,
      blocks: Floats | null,
      out: Floats,
    ]
  ): Done;
  /** Points of the ball, or with grad the gradient of the rows; grad and out [rows, d] */
  expMap0(
    ...a: [...run: Run, ...rows: Matrix, d: number, curvature: number, clip: number, grad: Floats | null, out: Floats]
  ): Done;
  /** Of those weights, from the gradient of the weighted rows and the rows. */
  structuredGradient(
    ...a: [
      ...run: Run,
      ...gradient: Matrix,
      ...rows: Matrix,
      d: number,
      g: number,
      diagonal: Floats | null,
      blocks: Floats | null,
    ]
  ): Done;
}
