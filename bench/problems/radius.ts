import { sampledScores } from "../reference/metrics.js";
import { sampledRows } from "../reference/rows.js";
import { normalMatrix } from "./data.js";
import { BASE, COLUMNS, searchQueries } from "./topk.js";
import type { Outputs, Problem, RadiusTask, Verdict } from "./types.js";

const RADIUS = 141; // about one pair in 100,000 is nearer: 2χ² with 128 degrees of freedom
const LIMIT = 1e-5; // relative to the radius

/** Each row is right when it ascends, has its pairs once, with their scores, and lacks none that is clearly inside. */
function check(task: RadiusTask, output: Outputs["radius"], expected: Float64Array): Verdict {
  const { queries, base, radius } = task;
  let error = 0;
  const judge = (off: number): void => {
    error = off <= error ? error : off;
  };
  sampledRows(queries.rows).forEach((i, r) => {
    const scores = expected.subarray(r * base.rows, (r + 1) * base.rows);
    const missing = new Set<number>();
    for (let j = 0; j < base.rows; ++j) if (scores[j]! < radius * (1 - LIMIT)) missing.add(j);
    const seen = new Set<number>();
    for (let at = output.offsets[i]!; at < output.offsets[i + 1]!; ++at) {
      const [j, value] = [output.indices[at]!, output.values[at]!];
      if (seen.has(j) || (seen.size > 0 && output.values[at - 1]! > value)) judge(Number.NaN);
      judge(Math.abs(value - (scores[j] ?? Number.NaN)) / radius);
      judge(Math.max((scores[j] ?? Number.NaN) / radius - 1, 0));
      seen.add(j);
      missing.delete(j);
    }
    if (missing.size > 0) judge(Number.POSITIVE_INFINITY);
  });
  return { error, limit: LIMIT };
}

export function radiusProblems(quick: boolean): Problem<"radius">[] {
  const queries = searchQueries(quick);
  return [
    {
      id: "radius-sqeuclidean",
      title: `radius sqeuclidean ${queries.toLocaleString("en")} × ${BASE.toLocaleString("en")} × ${COLUMNS} float32, about one hit a row`,
      kind: "radius",
      shape: [queries, BASE, COLUMNS],
      dtype: "float32",
      flops: 2 * queries * BASE * COLUMNS,
      headline: false,
      peers: [],
      task: () => ({
        kind: "radius",
        metric: "sqeuclidean",
        queries: normalMatrix(queries, COLUMNS, 31),
        base: normalMatrix(BASE, COLUMNS, 32),
        radius: RADIUS,
      }),
      reference: ({ metric, queries: x, base }) => sampledScores(metric, x, base),
      check,
    },
  ];
}
