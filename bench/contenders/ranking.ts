// What a user writes in JavaScript round a library that only has scores or lists.
import type { Outputs, RetrievalTask } from "../problems/types.js";

/** Recall@1 and MAP@R from ranked lists of references. */
export function averageRanking(
  task: RetrievalTask,
  at: (query: number, rank: number) => number,
  sizes: ReadonlyMap<number, number>,
): Outputs["retrieval"] {
  let recall = 0;
  let map = 0;
  for (let query = 0; query < task.queries.rows; ++query) {
    const label = task.queryLabels[query]!;
    const relevant = sizes.get(label)!;
    let hits = 0;
    for (let rank = 0; rank < relevant; ++rank) {
      if (task.referenceLabels[at(query, rank)] !== label) continue;
      ++hits;
      if (rank === 0) ++recall;
      map += hits / (rank + 1) / relevant;
    }
  }
  return { recallAt1: recall / task.queries.rows, mapAtR: map / task.queries.rows };
}

/** The k largest of `scores` into row `row`, largest first, by insertion: most scores fail the first comparison. */
export function selectLargest(
  scores: ArrayLike<number>,
  from: number,
  count: number,
  k: number,
  row: number,
  values: Float32Array,
  indices: Int32Array,
): void {
  const first = row * k;
  const last = first + k - 1;
  values.fill(-Infinity, first, last + 1);
  for (let j = 0; j < count; ++j) {
    const score = scores[from + j]!;
    if (score <= values[last]!) continue;
    let slot = last;
    for (; slot > first && values[slot - 1]! < score; --slot) {
      values[slot] = values[slot - 1]!;
      indices[slot] = indices[slot - 1]!;
    }
    values[slot] = score;
    indices[slot] = j;
  }
}
