/** What a miner sees of an anchor: its positives and negatives with their scores, in float32 arithmetic. */
import { type Kind, kindsOf, type RowPairs } from "./pairs.js";

export interface Row {
  readonly anchor: number;
  /** columns, ascending */
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
  /** distance, or similarity with its sign turned, by column */
  u(column: number): number;
}

/** The row taken apart. What is no pair is neither positive nor negative. */
export function rowOf(anchor: number, scores: Float32Array, pairs: RowPairs, larger: boolean, self: boolean): Row {
  const kinds = kindsOf(pairs, anchor, scores.length, self);
  const columns = (kind: Kind): number[] => [...kinds.keys()].filter((column) => kinds[column] === kind);
  const u = (column: number): number => (larger ? -(scores[column] as number) : (scores[column] as number));
  return { anchor, positives: columns(1), negatives: columns(-1), u };
}

/** The first of `columns` with the smallest u beyond a bound; a NaN is never chosen; −1 for none. */
export function closest(columns: readonly number[], u: Row["u"], beyond = -Infinity): number {
  let best = -1;
  for (const column of columns) if (u(column) > beyond && !(best >= 0 && u(column) >= u(best))) best = column;
  return best;
}

/** Likewise the largest below one. */
export function farthest(columns: readonly number[], u: Row["u"], below = Infinity): number {
  let best = -1;
  for (const column of columns) if (u(column) < below && !(best >= 0 && u(column) <= u(best))) best = column;
  return best;
}
