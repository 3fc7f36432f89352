/** Rows listed by label: the positives of each anchor are one range of them. */
import * as check from "../../check.js";
import { moved } from "../../algebra/device.js";
import { type Dense, wrap } from "../../dense.js";
import type { Device } from "../../types.js";
import type { CompressedRows, MinedTriplets } from "../types.js";

/** The list of i is members[begin[i], end[i]), ascending. `ranges` [2, rows] holds all begins, then all ends. */
export interface Lists {
  readonly members: Int32Array;
  readonly ranges: Int32Array;
}

/** For each label of `of` the rows of `among` that have it. */
export function listed(of: Int32Array, among: Int32Array): Lists {
  const members = Int32Array.from(among.keys()).sort((a, b) => (among[a] as number) - (among[b] as number) || a - b);
  const begin = new Map<number, number>();
  const end = new Map<number, number>();
  members.forEach((row, at) => {
    const label = among[row] as number;
    if (!begin.has(label)) begin.set(label, at);
    end.set(label, at + 1);
  });
  const ranges = new Int32Array(2 * of.length);
  of.forEach((label, i) => {
    ranges[i] = begin.get(label) ?? 0;
    ranges[of.length + i] = end.get(label) ?? 0;
  });
  return { members, ranges };
}

/** Of each row the one that stands `offset` after it, where there is such a one. */
export function positioned(rows: number, among: number, offset: number): Lists {
  const ranges = new Int32Array(2 * rows);
  for (let i = 0; i < rows; i++) {
    const there = i + offset >= 0 && i + offset < among;
    ranges[i] = there ? i + offset : 0;
    ranges[rows + i] = there ? i + offset + 1 : 0;
  }
  return { members: Int32Array.from({ length: among }, (_, j) => j), ranges };
}

/** Numbers where the scores are. */
export function there(fn: string, data: Int32Array, device: Device): Dense {
  const made = wrap(data, [data.length], "int32");
  return device === "cpu" ? made : moved(fn, made, device);
}

export const placed = (fn: string, { members, ranges }: Lists, device: Device): readonly [Dense, Dense] => [
  there(fn, members, device),
  there(fn, ranges, device),
];

/** Triplets that a miner listed, by anchor: `members` holds all positives, then all negatives. */
export function paired({ anchor, positive, negative }: MinedTriplets, anchors: number): Lists {
  const members = new Int32Array(2 * positive.length);
  members.set(positive);
  members.set(negative, positive.length);
  const ranges = new Int32Array(2 * anchors);
  for (const a of anchor) ranges[anchors + a]++;
  for (let a = 0; a < anchors; a++) {
    ranges[a] = a === 0 ? 0 : (ranges[anchors + a - 1] as number);
    ranges[anchors + a] += ranges[a] as number;
  }
  return { members, ranges };
}

/** Compressed rows, each sorted. @throws WarpweftError ERR_ARGUMENT for offsets or indices out of range, or one that is there twice. */
export function compressed(fn: string, rows: CompressedRows | undefined, anchors: number, candidates: number): Lists {
  check.options(`${fn}: positives`, rows, ["offsets", "indices"]);
  const offsets = check.labels(fn, "positives.offsets", rows?.offsets, anchors + 1);
  const indices = rows?.indices;
  if (!(indices instanceof Int32Array))
    return check.fail("ERR_ARGUMENT", fn, "positives.indices", "be an Int32Array", indices);
  offsets.forEach((offset, i) => {
    const last = i === anchors ? { min: indices.length } : {};
    const min = i === 0 ? 0 : (offsets[i - 1] as number);
    check.number(fn, `positives.offsets[${i}]`, offset, { min, max: i === 0 ? 0 : indices.length, ...last });
  });
  const members = indices.slice();
  for (let i = 0; i < anchors; i++) members.subarray(offsets[i], offsets[i + 1]).sort();
  for (let i = 0; i < anchors; i++)
    for (let at = offsets[i] as number; at < (offsets[i + 1] as number); at++) {
      check.number(fn, `positives.indices[${at}]`, members[at], { min: 0, max: candidates - 1 });
      if (at > (offsets[i] as number) && members[at] === members[at - 1])
        check.fail("ERR_ARGUMENT", fn, "positives.indices", `name item ${members[at]} of user ${i} once`, members[at]);
    }
  const ranges = new Int32Array(2 * anchors);
  ranges.set(offsets.subarray(0, anchors));
  ranges.set(offsets.subarray(1), anchors);
  return { members, ranges };
}
