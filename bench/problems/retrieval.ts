import { retrievalReference } from "../reference/retrieval.js";
import { labelledMatrix } from "./data.js";
import type { Outputs, Problem, RetrievalTask, Verdict } from "./types.js";

const [QUERIES, REFERENCES, COLUMNS, CLASSES] = [2000, 10_000, 128, 100];

/** Rankings of nearly equal scores may differ by rounding: a few ranks among all queries. */
function check(task: RetrievalTask, output: Outputs["retrieval"], expected: Float64Array): Verdict {
  const error = Math.max(Math.abs(output.recallAt1 - expected[0]!), Math.abs(output.mapAtR - expected[1]!));
  return { error, limit: 2 / task.queries.rows };
}

export const RETRIEVAL: readonly Problem<"retrieval">[] = [
  {
    id: "retrieval",
    title: `retrieval (Recall@1, MAP@R) ${QUERIES.toLocaleString("en")} × ${REFERENCES.toLocaleString("en")} × ${COLUMNS}, ${CLASSES} classes`,
    kind: "retrieval",
    shape: [QUERIES, REFERENCES, COLUMNS],
    dtype: "float32",
    flops: 2 * QUERIES * REFERENCES * COLUMNS,
    headline: false,
    peers: ["onnxruntime-node"],
    task: () => {
      const queries = labelledMatrix(QUERIES, COLUMNS, CLASSES, 3, 51);
      const references = labelledMatrix(REFERENCES, COLUMNS, CLASSES, 3, 52);
      return {
        kind: "retrieval",
        queries: queries.matrix,
        queryLabels: queries.labels,
        references: references.matrix,
        referenceLabels: references.labels,
      };
    },
    reference: retrievalReference,
    check,
  },
];
