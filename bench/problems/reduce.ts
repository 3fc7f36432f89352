import { sampledScores } from "../reference/metrics.js";
import { sampledRows } from "../reference/rows.js";
import { normalMatrix } from "./data.js";
import { BASE, COLUMNS, searchQueries } from "./topk.js";
import type { Matrix, Outputs, Problem, ReduceTask, Verdict } from "./types.js";

const LIMIT = 1e-5; // relative to the value
const FEW = 8; // columns: so few that 10¹⁰ pairs end in seconds

/** The least score of each sampled row of `x`. */
function least(task: ReduceTask, x: Matrix, y: Matrix): number[] {
  const scores = sampledScores(task.metric, x, y);
  return sampledRows(x.rows).map((_, r) =>
    scores.subarray(r * y.rows, (r + 1) * y.rows).reduce((a, b) => Math.min(a, b)),
  );
}

/** Of the rows, then of the columns: the metrics used here are symmetric. */
function reference(task: ReduceTask): Float64Array {
  const { x, y, columns } = task;
  return Float64Array.from([...least(task, x, y), ...(columns ? least(task, y, x) : [])]);
}

function check(task: ReduceTask, output: Outputs["reduce"], expected: Float64Array): Verdict {
  const values = [
    ...sampledRows(task.x.rows).map((i) => output.rows[i]),
    ...(task.columns ? sampledRows(task.y.rows).map((j) => output.columns?.[j]) : []),
  ];
  let error = 0;
  values.forEach((value = Number.NaN, at) => {
    const off = Math.abs(value - expected[at]!) / expected[at]!;
    error = off <= error ? error : off;
  });
  return { error, limit: LIMIT };
}

interface Options {
  id: string;
  title: string;
  n: number;
  m: number;
  depth: number;
  columns?: boolean;
}

function problem({ id, title, n, m, depth, columns = false }: Options): Problem<"reduce"> {
  return {
    id,
    title: `${title} ${n.toLocaleString("en")} × ${m.toLocaleString("en")} × ${depth} float32`,
    kind: "reduce",
    shape: [n, m, depth],
    dtype: "float32",
    flops: 2 * n * m * depth,
    headline: false,
    peers: [],
    task: () => ({
      kind: "reduce",
      metric: "sqeuclidean",
      x: normalMatrix(n, depth, 31),
      y: normalMatrix(m, depth, 32),
      columns,
    }),
    reference,
    check,
  };
}

/** Squares of about 10⁸, 10⁹ and 10¹⁰ pairs. */
export const GROWTH = [10_000, 31_600, 100_000] as const;
export const growthId = (rows: number): string => `growth-${rows}`;

export function reduceProblems(quick: boolean): Problem<"reduce">[] {
  const n = searchQueries(quick);
  const sizes = quick ? GROWTH.slice(0, 2) : GROWTH;
  const search = { n, m: BASE, depth: COLUMNS };
  return [
    problem({ id: "reduce-min-sqeuclidean", title: "reduceRows min sqeuclidean", ...search }),
    problem({
      id: "statistics-min-sqeuclidean",
      title: "rowStatistics min of rows and columns sqeuclidean",
      ...search,
      columns: true,
    }),
    ...sizes.map((rows) =>
      problem({ id: growthId(rows), title: "growth: reduceRows min sqeuclidean", n: rows, m: rows, depth: FEW }),
    ),
  ];
}
