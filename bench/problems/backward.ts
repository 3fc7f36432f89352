import { backwardReference } from "../reference/backward.js";
import { sampledRows } from "../reference/rows.js";
import { fillNormal } from "./data.js";
import { operands } from "./pairwise.js";
import type { BackwardTask, Outputs, Problem, Verdict } from "./types.js";

const N = 4096;
const LIMIT = 1e-5;

/** Relative to the largest sampled entry of each gradient. */
function check(task: BackwardTask, { dx, dy }: Outputs["backward"], expected: Float64Array): Verdict {
  const { columns } = task.x;
  const rows = sampledRows(N);
  const half = rows.length * columns;
  let error = 0;
  [dx, dy].forEach((gradient, side) => {
    const wanted = expected.subarray(side * half, (side + 1) * half);
    const size = wanted.reduce((top, g) => Math.max(top, Math.abs(g)), 0);
    wanted.forEach((g, at) => {
      const index = rows[Math.floor(at / columns)]! * columns + (at % columns);
      const off = Math.abs((gradient[index] ?? Number.NaN) - g) / size;
      error = off <= error ? error : off;
    });
  });
  return { error, limit: LIMIT };
}

function problem(metric: BackwardTask["metric"], columns: number): Problem<"backward"> {
  return {
    id: `backward-${metric}-${N}x${N}x${columns}`,
    title: `backward of pairwise ${metric} ${N}×${N}×${columns} float32, both sides`,
    kind: "backward",
    shape: [N, N, columns],
    dtype: "float32",
    flops: 2 * 2 * N * N * columns, // one product a side
    headline: false,
    peers: [],
    task: () => ({
      kind: "backward",
      metric,
      ...operands(metric, N, N, columns),
      upstream: fillNormal(new Float32Array(N * N), 13),
    }),
    reference: backwardReference,
    check,
  };
}

export function backwardProblems(quick: boolean): Problem<"backward">[] {
  const narrow = [problem("sqeuclidean", 128), problem("cosine", 128)];
  return quick ? narrow : [problem("sqeuclidean", 768), problem("cosine", 768), ...narrow];
}
