import { sampledScores } from "../reference/metrics.js";
import { dot, roundedScore, sampledRows, scale } from "../reference/rows.js";
import { ballMatrix, clusterMatrix, normalMatrix, values } from "./data.js";
import {
  type CommonMetric,
  isCommon,
  type Metric,
  type Outputs,
  type PairwiseTask,
  type Problem,
  type StorageType,
  type Verdict,
  type Wall,
} from "./types.js";

const MATRIX_PEERS = ["onnxruntime-node", "numkong", "tfjs-wasm", "ml-distance"];
const PROMISED_RELATIVE_ERROR = 1e-5; // of every distance, near-duplicates too, by the documentation

const reference = ({ metric, x, y }: PairwiseTask): Float64Array => sampledScores(metric, x, y);

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
function earned(metric: CommonMetric, task: PairwiseTask, expected: Float64Array): number {
  const { x, y } = task;
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
  if (!isCommon(metric)) return checkRelative(task, output, expected, rows);
  const xx = norms(values(x), x.rows, x.columns);
  const yy = norms(values(y), y.rows, y.columns);
  const size = (i: number, j: number): number =>
    metric === "cosine" ? 1 : metric === "inner" ? Math.sqrt(xx[i]! * yy[j]!) : xx[i]! + yy[j]!;
  const error = worst(task, expected, rows, (i, j) => output.values[i * y.rows + j]!, size);
  return { error, limit: earned(metric, task, expected) };
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

export interface Options {
  metric: Metric;
  n?: number;
  m?: number;
  columns: number;
  dtype?: StorageType;
  headline?: boolean;
  peers?: readonly string[];
  wall?: Wall;
}

/** Normal numbers, or points well inside the ball where the metric wants that. */
export function operands(metric: Metric, n: number, m: number, columns: number, dtype: StorageType = "float32") {
  const matrix = metric === "poincare" ? ballMatrix : normalMatrix;
  return { x: matrix(n, columns, 11, dtype), y: matrix(m, columns, 12, dtype) };
}

export function matrixProblem({
  metric,
  n = 4096,
  m = 4096,
  columns,
  dtype = "float32",
  headline = false,
  peers = [],
  wall = "product",
}: Options): Problem<"pairwise"> {
  return {
    id: `pairwise-${metric}-${n}x${m}x${columns}-${dtype}`,
    title: `pairwise ${metric} ${n}×${m}×${columns} ${dtype}`,
    kind: "pairwise",
    shape: [n, m, columns],
    dtype,
    flops: (wall === "differences" ? 3 : 2) * n * m * columns,
    wall,
    headline,
    peers,
    task: () => ({ kind: "pairwise", metric, ...operands(metric, n, m, columns, dtype) }),
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

const BY_ANCHOR: readonly Metric[] = ["snr", "poincare"]; // no peer has them

/** The smallest products that anyone calls: here time is the way there and back. */
const CALLS: readonly Problem<"pairwise">[] = [
  {
    ...matrixProblem({ metric: "cosine", n: 1, m: 1000, columns: 128, peers: MATRIX_PEERS }),
    id: "call-cosine-1x1000x128",
  },
  {
    ...matrixProblem({ metric: "sqeuclidean", n: 1, m: 1000, columns: 128 }),
    id: "call-sqeuclidean-1x1000x128",
  },
  {
    ...matrixProblem({ metric: "sqeuclidean", n: 1, m: 1, columns: 1 }),
    id: "call-sqeuclidean-1x1x1",
    title: "pairwise sqeuclidean 1×1×1 float32; memory: what 100,000 calls leave",
    repeats: 100_000,
  },
];

const PAIRWISE: readonly Problem<"pairwise">[] = [
  matrixProblem({ metric: "sqeuclidean", columns: 768, headline: true, peers: MATRIX_PEERS }),
  matrixProblem({ metric: "cosine", columns: 768, peers: MATRIX_PEERS }),
  matrixProblem({ metric: "inner", columns: 768, peers: ["onnxruntime-node", "numkong", "tfjs-wasm"] }),
  ...BY_ANCHOR.map((metric) => matrixProblem({ metric, columns: 768 })),
  matrixProblem({ metric: "sqeuclidean", columns: 128, headline: true, peers: ["onnxruntime-node"] }),
  matrixProblem({ metric: "cosine", columns: 128, peers: ["onnxruntime-node"] }),
  matrixProblem({ metric: "inner", columns: 128, peers: ["onnxruntime-node"] }),
  ...BY_ANCHOR.map((metric) => matrixProblem({ metric, columns: 128 })),
  matrixProblem({ metric: "sqeuclidean", columns: 768, dtype: "bfloat16", headline: true }),
  matrixProblem({ metric: "cosine", columns: 768, dtype: "bfloat16", peers: ["numkong"] }),
  matrixProblem({ metric: "inner", columns: 768, dtype: "bfloat16", peers: ["numkong"] }),
  ...BY_ANCHOR.map((metric) => matrixProblem({ metric, columns: 768, dtype: "bfloat16" })),
  matrixProblem({ metric: "sqeuclidean", columns: 128, dtype: "bfloat16" }),
  matrixProblem({ metric: "cosine", columns: 128, dtype: "bfloat16", peers: ["numkong"] }),
  matrixProblem({ metric: "inner", columns: 128, dtype: "bfloat16", peers: ["numkong"] }),
  ...BY_ANCHOR.map((metric) => matrixProblem({ metric, columns: 128, dtype: "bfloat16" })),
  nearDuplicates(false),
  nearDuplicates(true),
  ...CALLS,
];

/** A quick run meets every metric at one width. */
export const pairwiseProblems = (quick: boolean): Problem<"pairwise">[] =>
  PAIRWISE.filter(({ id, headline }) => !(quick && id.includes("x768-") && !headline));
