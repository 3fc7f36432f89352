// One query against a large base that is searched again and again: as fast as the base can be read.
import { codeMatrix } from "./data.js";
import { checkTopK, topKReference } from "./topk.js";
import type { Matrix, Problem, TopKTask } from "./types.js";

const [ROWS, QUICK_ROWS] = [1_000_000, 200_000];
const [COLUMNS, K] = [128, 10];
const SCALE = 1 / 32;
const BYTES = { float32: 4, bfloat16: 2, int8: 1 };
type Stored = keyof typeof BYTES;

/** Its largest entry is code 127, so that codes by the largest entry are exact too: every base has the same answers. */
function query(): Matrix {
  const matrix = codeMatrix(1, COLUMNS, 72, SCALE);
  matrix.data[0] = 127 * SCALE;
  return matrix;
}

function problem(dtype: Stored, rows: number): Problem<"topK"> {
  const prepared = dtype === "int8" ? { dtype, scale: SCALE } : { dtype };
  return {
    id: `query-inner-${dtype}`,
    title: `topK inner k=${K} of 1 × ${rows.toLocaleString("en")} × ${COLUMNS} on a prepared base, ${dtype}`,
    kind: "topK",
    shape: [1, rows, COLUMNS],
    dtype: "float32",
    flops: 2 * rows * COLUMNS,
    wall: "reads",
    reads: rows * COLUMNS * BYTES[dtype],
    headline: dtype === "float32",
    peers: dtype === "float32" ? ["numkong"] : [],
    task: (): TopKTask => ({
      kind: "topK",
      metric: "inner",
      queries: query(),
      base: codeMatrix(rows, COLUMNS, 71, SCALE),
      k: K,
      prepared,
    }),
    reference: topKReference,
    check: checkTopK,
  };
}

export const queryProblems = (quick: boolean): Problem<"topK">[] =>
  (["float32", "bfloat16", "int8"] as const).map((dtype) => problem(dtype, quick ? QUICK_ROWS : ROWS));
