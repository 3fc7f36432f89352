import { lossReference } from "../reference/loss.js";
import { sampledRows } from "../reference/rows.js";
import { fillNormal, labelledMatrix } from "./data.js";
import type { LossTask, Matrix, Outputs, Problem, Verdict } from "./types.js";

const LIMIT = 1e-3; // a pair within a rounding of the miner's threshold may fall on either side

/** The value relative to itself, the gradients relative to the largest sampled entry of theirs. */
function check(task: LossTask, output: Outputs["loss"], expected: Float64Array): Verdict {
  let error = Math.abs(output.value - expected[0]!) / Math.abs(expected[0]!);
  const sides: [Matrix, ArrayLike<number>][] = [[task.x, output.dx]];
  if (task.y) sides.push([task.y, output.dy ?? []]);
  let at = 1;
  for (const [matrix, gradient] of sides) {
    const rows = sampledRows(matrix.rows);
    const wanted = expected.subarray(at, at + rows.length * matrix.columns);
    const size = wanted.reduce((top, g) => Math.max(top, Math.abs(g)), 0);
    rows.forEach((row, r) => {
      for (let c = 0; c < matrix.columns; ++c) {
        const off =
          Math.abs((gradient[row * matrix.columns + c] ?? Number.NaN) - wanted[r * matrix.columns + c]!) / size;
        error = off <= error ? error : off;
      }
    });
    at += wanted.length;
  }
  return { error, limit: LIMIT };
}

function problem(
  loss: LossTask["loss"],
  n: number,
  columns: number,
  peers: readonly string[],
  task: () => LossTask,
): Problem<"loss"> {
  const name = loss === "multiSimilarity" ? "multiSimilarity + miner" : loss;
  return {
    id: `loss-${loss}-${n}`,
    title: `${name} N=${n} D=${columns}, forward + backward`,
    kind: "loss",
    shape: [n, n, columns],
    dtype: "float32",
    flops: 3 * 2 * n * n * columns, // the scores and each side's gradient once; what is computed again is not counted
    headline: n > 1024,
    peers,
    task,
    reference: lossReference,
    check,
  };
}

function multiSimilarity(n: number, peers: readonly string[]): Problem<"loss"> {
  const columns = 256;
  return problem("multiSimilarity", n, columns, peers, () => {
    const { matrix, labels } = labelledMatrix(n, columns, n / 16, 1.2, 41);
    return { kind: "loss", loss: "multiSimilarity", x: matrix, y: null, labels };
  });
}

function infoNCE(n: number, peers: readonly string[]): Problem<"loss"> {
  const columns = 256;
  return problem("infoNCE", n, columns, peers, () => {
    const { matrix: x } = labelledMatrix(n, columns, n, 0.7, 42);
    const noise = fillNormal(new Float32Array(n * columns), 43, 4);
    const y = { ...x, data: noise.map((e, i) => x.data[i]! + e) };
    return { kind: "loss", loss: "infoNCE", x, y, labels: null };
  });
}

export function lossProblems(quick: boolean): Problem<"loss">[] {
  const composed = [multiSimilarity(1024, ["tfjs-wasm"]), infoNCE(1024, ["tfjs-wasm"])];
  return quick ? composed : [multiSimilarity(4096, ["tfjs-wasm"]), infoNCE(4096, ["tfjs-wasm"]), ...composed];
}
