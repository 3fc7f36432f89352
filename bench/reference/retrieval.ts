// Recall@1 and MAP@R by sorting every reference for each query, in float64, on cosine similarities.
import type { RetrievalTask } from "../problems/types.js";
import { dot, normalized } from "./rows.js";

/** [recall@1, MAP@R] */
export function retrievalReference(task: RetrievalTask): Float64Array {
  const { queries, references, queryLabels, referenceLabels } = task;
  const { unit: x } = normalized(queries);
  const { unit: y } = normalized(references);
  const scores = new Float64Array(references.rows);
  let recall = 0;
  let map = 0;
  for (let i = 0; i < queries.rows; ++i) {
    for (let j = 0; j < references.rows; ++j) scores[j] = dot(x, i, y, j, queries.columns);
    const relevant = [...scores.keys()].filter((j) => referenceLabels[j] === queryLabels[i]);
    const sorted = Float64Array.from(scores, (s) => -s).sort();
    const isRelevant = new Set(relevant.map((j) => -scores[j]!));
    let hits = 0;
    for (let rank = 0; rank < relevant.length; ++rank) {
      if (!isRelevant.has(sorted[rank]!)) continue;
      ++hits;
      if (rank === 0) recall += 1 / queries.rows;
      map += hits / (rank + 1) / relevant.length / queries.rows;
    }
  }
  return Float64Array.of(recall, map);
}
