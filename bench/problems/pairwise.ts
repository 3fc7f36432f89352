import { dot, roundedScore, sampledRows, scale, score } from "../reference/rows.js";
import { clusterMatrix, normalMatrix, values } from "./data.js";
import type { Metric, Outputs, PairwiseTask, Problem, StorageType, Verdict } from "./types.js";

const MATRIX_PEERS = ["onnxruntime-node", "numkong", "tfjs-wasm", "ml-distance"];
const PROMISED_RELATIVE_ERROR = 1e-5; // of near-duplicates, by the documentation

/** float64 scores of the sampled rows against every row of y. */
function reference({ metric, x, y }: PairwiseTask): Float64Array {
  const [a, b] = [values(x), values(y)];
  const rows = sampledRows(x.rows);
  const out = new Float64Array(rows.length * y.rows);
  rows.forEach((i, r) => {
    for (let j = 0; j < y.rows; ++j) out[r * y.rows + j] = score(metric, a, i, b, j, x.columns);
  });
  return out;
}

/** The worst error of the sampled rows, each relative to `size` of its pair. */
function worst(
  task: PairwiseTask,
  expected: Float64Array,
  rows: number,
  get: (i: number, j: number) => number,
  size: (i: number, j: number, value: number) => number,
): number {
  let error = 0;
  sampledRows(task.x.rows).forEach((i, r) => {
    if (i >= rows) return;
    for (let j = 0; j < task.y.rows; ++j) {
      const value = expected[r * task.y.rows + j]!;
      const off = Math.abs(get(i, j) - value) / size(i, j, value);
      error = off <= error ? error : off; // NaN is worse than anything
    }
  });
  return error;
}

/** Twice what naive float32 gets wrong on a few columns, and 4 ulp. */
function earned(task: PairwiseTask, expected: Float64Array): number {
  const { metric, x, y } = task;
  const few = { ...task, y: { ...y, rows: Math.min(256, y.rows) } };
  const columns = sampledRows(x.rows).flatMap((_, r) => [...expected.subarray(r * y.rows, r * y.rows + few.y.rows)]);
  const [a, b] = [values(x), values(y)];
  const naive = worst(
    few,
    Float64Array.from(columns),
    x.rows,
    (i, j) => roundedScore(metric, a, i, b, j, x.columns),
    (i, j) => scale(metric, a, i, b, j, x.columns),
  );
  return 2 * naive + 4 * 2 ** -23;
}

function norms(x: Float32Array, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => dot(x, i, x, i, columns));
}

function checkSize(task: PairwiseTask, output: Outputs["pairwise"], expected: Float64Array, rows: number): Verdict {
  const { metric, x, y } = task;
  const xx = norms(values(x), x.rows, x.columns);
  const yy = norms(values(y), y.rows, y.columns);
  const size = (i: number, j: number): number =>
    metric === "cosine" ? 1 : metric === "inner" ? Math.sqrt(xx[i]! * yy[j]!) : xx[i]! + yy[j]!;
  const error = worst(task, expected, rows, (i, j) => output.values[i * y.rows + j]!, size);
  return { error, limit: earned(task, expected) };
}

function checkRelative(task: PairwiseTask, output: Outputs["pairwise"], expected: Float64Array, rows: number): Verdict {
  const error = worst(
    task,
    expected,
    rows,
    (i, j) => output.values[i * task.y.rows + j]!,
    (_i, _j, value) => value,
  );
  return { error, limit: PROMISED_RELATIVE_ERROR };
}

interface Options {
  metric: Metric;
  n?: number;
  m?: number;
  columns: number;
  dtype?: StorageType;
  headline?: boolean;
  peers?: readonly string[];
}

function matrixProblem({
  metric,
  n = 4096,
  m = 4096,
  columns,
  dtype = "float32",
  headline = false,
  peers = [],
}: Options): Problem<"pairwise"> {
  return {
    id: `pairwise-${metric}-${n}x${m}x${columns}-${dtype}`,
    title: `pairwise ${metric} ${n}×${m}×${columns} ${dtype}`,
    kind: "pairwise",
    shape: [n, m, columns],
    dtype,
    flops: 2 * n * m * columns,
    headline,
    peers,
    task: () => ({
      kind: "pairwise",
      metric,
      x: normalMatrix(n, columns, 11, dtype),
      y: normalMatrix(m, columns, 12, dtype),
    }),
    reference,
    check: checkSize,
  };
}

/** Every pair is near-duplicate. With a far row the mean of the rows is no centre that would help. */
function nearDuplicates(farRow: boolean): Problem<"pairwise"> {
  const [n, columns] = [4096, 768];
  const task = (): PairwiseTask => {
    const x = clusterMatrix(n, columns, 21, 1e-3);
    const y = clusterMatrix(n, columns, 22, 1e-3);
    if (farRow) for (const matrix of [x, y]) matrix.data.fill(1e4, (n - 1) * columns);
    return { kind: "pairwise", metric: "sqeuclidean", x, y };
  };
  return {
    id: farRow ? "near-duplicates-far-row" : "near-duplicates",
    title: `pairwise sqeuclidean ${n}×${n}×${columns} float32, unit vectors 1e-3 apart${farRow ? ", one far row" : ""}`,
    kind: "pairwise",
    shape: [n, n, columns],
    dtype: "float32",
    flops: 2 * n * n * columns,
    headline: false,
    peers: ["onnxruntime-node", "tfjs-wasm"],
    task,
    reference,
    check: farRow ? checkFarRow : checkRelative,
  };
}

/** The far row's distance to its twin is 0: only the others are judged. */
function checkFarRow(task: PairwiseTask, output: Outputs["pairwise"], expected: Float64Array, rows: number): Verdict {
  return checkRelative(task, output, expected, Math.min(rows, task.x.rows - 1));
}

export const PAIRWISE: readonly Problem<"pairwise">[] = [
  matrixProblem({ metric: "sqeuclidean", columns: 768, headline: true, peers: MATRIX_PEERS }),
  matrixProblem({ metric: "cosine", columns: 768, peers: MATRIX_PEERS }),
  matrixProblem({ metric: "inner", columns: 768, peers: ["onnxruntime-node", "numkong", "tfjs-wasm"] }),
  matrixProblem({ metric: "sqeuclidean", columns: 128, headline: true, peers: ["onnxruntime-node"] }),
  matrixProblem({ metric: "cosine", columns: 128, peers: ["onnxruntime-node"] }),
  matrixProblem({ metric: "inner", columns: 128, peers: ["onnxruntime-node"] }),
  matrixProblem({ metric: "sqeuclidean", columns: 768, dtype: "bfloat16", headline: true }),
  matrixProblem({ metric: "cosine", columns: 768, dtype: "bfloat16", peers: ["numkong"] }),
  matrixProblem({ metric: "inner", columns: 768, dtype: "bfloat16", peers: ["numkong"] }),
  matrixProblem({ metric: "sqeuclidean", columns: 128, dtype: "bfloat16" }),
  matrixProblem({ metric: "cosine", columns: 128, dtype: "bfloat16", peers: ["numkong"] }),
  matrixProblem({ metric: "inner", columns: 128, dtype: "bfloat16", peers: ["numkong"] }),
  nearDuplicates(false),
  nearDuplicates(true),
  {
    ...matrixProblem({ metric: "cosine", n: 1, m: 1000, columns: 128, peers: MATRIX_PEERS }),
    id: "call-cosine-1x1000x128",
  },
];
