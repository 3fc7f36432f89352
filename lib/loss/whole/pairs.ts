/** What the pairs of whole rows are: an anchor's columns that are positives, negatives, or neither. */
import type { Dense } from "../../dense.js";
import type { DeviceArray } from "../../device-array.js";
import { DISTANCES } from "../../distance/table.js";
import type { Device } from "../../types.js";
import type { Ids } from "../exclude.js";
import type { Attrs } from "../ops.js";
import { type Lists, listed, there } from "./lists.js";
import { type Block, floatsOf, intsOf, rowsOf, type Scored } from "./scores.js";

export interface RowPairs {
  /** positives of each anchor; all empty where sets tell */
  readonly lists: Lists;
  /** rows are positives of each other where they share a bit */
  readonly sets: Sets | undefined;
  /** a pair of equal ids of at least 0 is none */
  readonly ids: Ids | undefined;
}

interface Sets {
  /** int32 of a set */
  readonly words: number;
  readonly x: Int32Array;
  readonly y: Int32Array;
}

type Labeled = Pick<Attrs, "match" | "labels" | "otherLabels" | "words" | "exclude"> &
  Partial<Pick<Attrs, "positives">>;

/** Of a call with labels, with classes in their order, or with positives that it lists. */
export function rowPairs(
  { match, labels, otherLabels, words, exclude: ids, positives }: Labeled,
  classes = 0,
): RowPairs {
  const [x, y] = [labels as Int32Array, otherLabels as Int32Array];
  if (match === "sharedBits")
    return {
      lists: { members: new Int32Array(), ranges: new Int32Array((2 * x.length) / words) },
      sets: { words, x, y },
      ids,
    };
  const among = match === "candidateClass" ? Int32Array.from({ length: classes }, (_, c) => c) : y;
  return { lists: positives ?? listed(x, among), sets: undefined, ids };
}

export type Kind = -1 | 0 | 1;

/** 1 for positives, −1 for negatives, 0 for what is no pair, in ascending order of columns. */
export function kindsOf({ lists, sets, ids }: RowPairs, anchor: number, columns: number, self: boolean): Kind[] {
  const { members, ranges } = lists;
  const list = members.subarray(ranges[anchor], ranges[ranges.length / 2 + anchor]);
  let next = 0;
  const matches = (column: number): boolean => {
    if (sets) return shareBit(sets, anchor, column);
    if (list[next] !== column) return false;
    next++;
    return true;
  };
  return Array.from({ length: columns }, (_, column) => {
    const kind = matches(column) ? 1 : -1;
    return (self && column === anchor) || leftOut(ids, anchor, column) ? 0 : kind;
  });
}

function shareBit({ words, x, y }: Sets, anchor: number, column: number): boolean {
  for (let w = 0; w < words; w++)
    if (((x[anchor * words + w] as number) & (y[column * words + w] as number)) !== 0) return true;
  return false;
}

export const leftOut = (ids: Ids | undefined, row: number, column: number): boolean =>
  ids !== undefined && (ids.rows[row] as number) >= 0 && ids.rows[row] === ids.columns[column];

/** As native code is told, where the scores are. */
export type PairArguments = [
  memberCount: number,
  members: Int32Array | DeviceArray,
  lists: Int32Array | DeviceArray,
  setWords: number,
  xSets: Int32Array | DeviceArray | null,
  ySets: Int32Array | DeviceArray | null,
  xIds: Int32Array | DeviceArray | null,
  yIds: Int32Array | DeviceArray | null,
];

export function placedPairs(fn: string, { lists, sets, ids }: RowPairs, device: Device): PairArguments {
  const put = (data: Int32Array) => intsOf(there(fn, data, device) as Dense);
  const maybe = (data: Int32Array | undefined) => (data ? put(data) : null);
  return [
    lists.members.length,
    put(lists.members),
    put(lists.ranges),
    sets?.words ?? 0,
    maybe(sets?.x),
    maybe(sets?.y),
    maybe(ids?.rows),
    maybe(ids?.columns),
  ];
}

/** A block's rows of scores, of which a candidate has `each`. */
export const rowsArguments = (of: Scored, pairs: PairArguments, { first, rows }: Block, scores: Dense, each = 1) =>
  [
    DISTANCES[of.metric].closer === "larger",
    rowsOf(of.x),
    rowsOf(of.y) / each,
    first,
    rows,
    of.self,
    floatsOf(scores),
    ...pairs,
  ] as const;
