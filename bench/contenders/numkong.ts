// NumKong (once SimSIMD): packed N×M products. It has no top-k, so that a search selects in JavaScript.
import {
  type Contender,
  isCommon,
  type Matrix,
  type PairwiseTask,
  type Solution,
  type TopKTask,
} from "../problems/types.js";
import { loadAddon } from "./import.js";
import { reused } from "./output.js";
import { selectLargest } from "./ranking.js";

type Scores = Float32Array | Float64Array;
type Packed = (
  x: Matrix["data"],
  packed: ArrayBuffer,
  out: Scores,
  rows: number,
  width: number,
  depth: number,
  xStride: number,
  outStride: number,
  dtype: string,
  threads: number,
) => void;
interface NumKong {
  dotsPack(y: Matrix["data"], rows: number, columns: number, stride: number, dtype: string): { buffer: ArrayBuffer };
  dotsPacked: Packed;
  angularsPacked: Packed;
  euclideansPacked: Packed;
}

const PACKAGE = `@numkong/${process.platform}-${process.arch}`;
const CHUNK = 250;

const nameOf = (matrix: Matrix): string => (matrix.dtype === "float32" ? "f32" : "bf16");
/** float32 rows give float64 results, bfloat16 rows float32. */
const outputOf = (matrix: Matrix, length: number): Scores =>
  reused(matrix.dtype === "float32" ? new Float64Array(length) : new Float32Array(length));

function product(
  library: NumKong,
  kernel: Packed,
  x: Matrix,
  y: Matrix,
  threads: number,
): (first: number, rows: number, out: Scores) => void {
  const stride = x.columns * x.data.BYTES_PER_ELEMENT;
  const { buffer } = library.dotsPack(y.data, y.rows, y.columns, stride, nameOf(y));
  return (first, rows, out) => {
    const part = x.data.subarray(first * x.columns, (first + rows) * x.columns);
    kernel(part, buffer, out, rows, y.rows, x.columns, stride, y.rows * out.BYTES_PER_ELEMENT, nameOf(x), threads);
  };
}

function pairwise(library: NumKong) {
  return async ({ metric, x, y }: PairwiseTask, threads: number): Promise<Solution<"pairwise"> | null> => {
    if (!isCommon(metric)) return null;
    const kernel = { inner: library.dotsPacked, cosine: library.angularsPacked, sqeuclidean: library.euclideansPacked }[
      metric
    ];
    const out = outputOf(x, x.rows * y.rows);
    return {
      call: () => product(library, kernel, x, y, threads)(0, x.rows, out),
      output: () => ({ values: metric === "sqeuclidean" ? out.map((d) => d * d) : out }),
    };
  };
}

function topK(library: NumKong, share: number) {
  return async ({ metric, queries, base, k }: TopKTask, threads: number): Promise<Solution<"topK"> | null> => {
    if (metric !== "inner") return null;
    const rows = Math.ceil(queries.rows * share);
    const values = reused(new Float32Array(queries.rows * k));
    const indices = reused(new Int32Array(queries.rows * k));
    const multiply = product(library, library.dotsPacked, queries, base, threads);
    return {
      rows,
      call: () => {
        const scores = outputOf(queries, Math.min(CHUNK, rows) * base.rows);
        for (let first = 0; first < rows; first += CHUNK) {
          const count = Math.min(CHUNK, rows - first);
          multiply(first, count, scores);
          for (let row = 0; row < count; ++row)
            selectLargest(scores, row * base.rows, base.rows, k, first + row, values, indices);
        }
      },
      output: () => ({ values, indices }),
    };
  };
}

export const numkong: Contender = {
  name: "numkong",
  package: PACKAGE,
  how: `dotsPacked, angularsPacked, euclideansPacked (distance, not squared; float64 results of float32 rows); top-k selected in JavaScript, ${CHUNK} rows at a time`,
  maxThreads: Number.POSITIVE_INFINITY,
  load: async () => {
    const library = loadAddon<NumKong>(PACKAGE);
    return { pairwise: pairwise(library), topK: topK(library, 0.05) };
  },
};
