/** Anchor by anchor over the scores of a block at a time, which come to host memory. */
import type { Steps } from "../../async.js";
import { allocate, discard, floats } from "../../dense.js";
import { DISTANCES } from "../../distance/table.js";
import type { MinedTriplets } from "../types.js";
import { Tuples } from "./builder.js";
import type { Keep } from "./keep.js";
import type { RowPairs } from "./pairs.js";
import { type Row, rowOf } from "./row.js";
import { blocksOf, rowsOf, type Scored, scoring } from "./scores.js";

export interface Mining {
  readonly of: Scored;
  readonly pairs: RowPairs;
}

/** Every anchor's row, in order. */
export function* eachRow({ of, pairs }: Mining, see: (row: Row) => void): Steps<void> {
  const m = rowsOf(of.y);
  const larger = DISTANCES[of.metric].closer === "larger";
  for (const block of blocksOf(rowsOf(of.x), m)) {
    const scores = allocate("mine", [block.rows, m], "float32", of.x.device);
    yield scoring(of, block, scores);
    const values = floats(scores);
    discard(scores);
    for (let r = 0; r < block.rows; r++)
      see(rowOf(block.first + r, values.subarray(r * m, (r + 1) * m), pairs, larger, of.self));
  }
}

/** Sorted by anchor, positive, negative, as rows come and whatever order a rule emits in. */
export function* kept(mining: Mining, keep: Keep): Steps<MinedTriplets> {
  const found = new Tuples(3, "triplets");
  yield* eachRow(mining, (row) => keep(row, (p, n) => found.push(row.anchor, p, n)));
  return { anchor: found.column(0), positive: found.column(1), negative: found.column(2) };
}
