import { pairLoss } from "../reference/pair-losses.js";
import { labelledMatrix, store, uniform } from "./data.js";
import type { Matrix, Outputs, Problem, StepTask, Verdict } from "./types.js";

const [BATCH, PIXELS, HIDDEN, WIDTH, CLASSES] = [256, 784, 128, 64, 10];
const LIMIT = 1e-4;

/** Weights uniform within ±1/√inputs. */
function weights(rows: number, columns: number, seed: number): Matrix {
  const next = uniform(seed);
  return store(
    Float32Array.from({ length: rows * columns }, () => (2 * next() - 1) / Math.sqrt(rows)),
    rows,
    columns,
  );
}

function multiply(a: ArrayLike<number>, b: ArrayLike<number>, n: number, k: number, m: number): Float64Array {
  const out = new Float64Array(n * m);
  for (let i = 0; i < n; ++i)
    for (let l = 0; l < k; ++l) for (let j = 0; j < m; ++j) out[i * m + j]! += a[i * k + l]! * b[l * m + j]!;
  return out;
}

/** The loss before the first step. */
function reference({ x, labels, first, second }: StepTask): Float64Array {
  const hidden = multiply(x.data, first.data, BATCH, PIXELS, HIDDEN).map((h) => Math.max(h, 0));
  const embeddings = multiply(hidden, second.data, BATCH, HIDDEN, WIDTH);
  const matrix: Matrix = { data: Float32Array.from(embeddings), dtype: "float32", rows: BATCH, columns: WIDTH };
  return Float64Array.of(pairLoss({ loss: "multiSimilarity", x: matrix, labels }).value);
}

export const STEP: readonly Problem<"step">[] = [
  {
    id: "step",
    title: `training step ${BATCH} × ${PIXELS} → ${HIDDEN} relu → ${WIDTH}, multiSimilarity + miner, AdamW`,
    kind: "step",
    shape: [BATCH, HIDDEN, PIXELS],
    dtype: "float32",
    flops: 2 * BATCH * HIDDEN * (2 * PIXELS + 3 * WIDTH) + 3 * 2 * BATCH * BATCH * WIDTH,
    headline: true,
    peers: ["tfjs-wasm"],
    task: () => {
      const { matrix, labels } = labelledMatrix(BATCH, PIXELS, CLASSES, 1.5, 61);
      const pixels = store(
        (matrix.data as Float32Array).map((v) => Math.min(Math.max(v / 4, 0), 1)),
        BATCH,
        PIXELS,
      );
      return {
        kind: "step",
        x: pixels,
        labels,
        first: weights(PIXELS, HIDDEN, 62),
        second: weights(HIDDEN, WIDTH, 63),
      };
    },
    reference,
    check: (_task: StepTask, output: Outputs["step"], expected: Float64Array): Verdict => ({
      error: Math.abs(output.value - expected[0]!) / expected[0]!,
      limit: LIMIT,
    }),
  },
];
