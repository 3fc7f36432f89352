/** miner.hardNegatives on a GPU as a function, where it ranks or asks a guide. */
import type { Steps } from "../../async.js";
import { elements } from "../../dense.js";
import type { GuideRows } from "../ops.js";
import type { MinedPairs } from "../types.js";
import { Tuples } from "./builder.js";
import { kindsOf, placedPairs } from "./pairs.js";
import { blocks } from "./ranked.js";
import type { Mining } from "./rows.js";
import { rowsOf } from "./scores.js";

/** All positives, and the negatives that are kept. */
export function* mineRanked(
  { of, pairs }: Mining,
  scalars: Float64Array,
  guide: GuideRows | undefined,
): Steps<MinedPairs> {
  const sides = { positives: new Tuples(2, "pairs"), negatives: new Tuples(2, "pairs") };
  const m = rowsOf(of.y);
  const believed = guide && { x: guide.x, y: guide.y, self: of.self, metric: of.metric };
  const seen = { of, guide: believed, pairs: placedPairs("mine", pairs, of.x.device) };
  yield* blocks(seen, { fn: "mine", mining: scalars }, function* ({ first, rows }, _, kept) {
    const flags = elements(kept);
    for (let r = 0; r < rows; r++)
      kindsOf(pairs, first + r, m, of.self).forEach((kind, column) => {
        if (kind === 1) sides.positives.push(first + r, column);
        if (kind === -1 && flags[r * m + column] === 1) sides.negatives.push(first + r, column);
      });
  });
  const { positives, negatives } = sides;
  return {
    anchor1: positives.column(0),
    positive: positives.column(1),
    anchor2: negatives.column(0),
    negative: negatives.column(1),
  };
}
