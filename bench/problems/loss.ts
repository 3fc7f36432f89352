// Losses at the sizes of training: pairs within a batch, two sides, and classes beyond what a matrix of logits could hold.
import { lossReference } from "../reference/loss.js";
import { sampledRows } from "../reference/rows.js";
import { fillNormal, labelledMatrix, store } from "./data.js";
import type { ClassLoss, LossTask, Matrix, Outputs, PairLoss, Problem, Verdict } from "./types.js";

const LIMIT = 1e-3; // a pair within a rounding of a miner's threshold may fall on either side
const TOLERATED = 2; // times the error of a naive computation that rounds to the storage type

const MINED: readonly LossTask["loss"][] = ["multiSimilarity", "triplet"];

/** What a reference says: value, gradients of sampled rows, and for a 16-bit type what rounding to it gets wrong. */
function check(task: LossTask, output: Outputs["loss"], expected: Float64Array): Verdict {
  const sides: [Matrix, ArrayLike<number>][] = [[task.x, output.dx]];
  if (task.y) sides.push([task.y, output.dy ?? []]);
  let at = 1;
  let error = Math.abs(output.value - expected[0]!) / Math.abs(expected[0]!);
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
  return { error, limit: at < expected.length ? TOLERATED * expected[at]! : LIMIT };
}

interface Cut {
  readonly n: number;
  /** candidates or classes; n where there are none */
  readonly m?: number;
  readonly columns: number;
  /** behind the id and the title */
  readonly variant?: string;
  readonly peers?: readonly string[];
}

function problem(loss: LossTask["loss"], cut: Cut, task: () => LossTask): Problem<"loss"> {
  const { n, m = n, columns, variant, peers = [] } = cut;
  const size = m === n ? `${n}` : `${n}x${m}`;
  const title = `${MINED.includes(loss) ? `${loss} + miner` : loss} N=${n}${m === n ? "" : ` C=${m}`} D=${columns}`;
  return {
    id: `loss-${loss}-${size}${variant ? `-${variant.replaceAll(" ", "-")}` : ""}`,
    title: `${title}${variant ? `, ${variant}` : ""}, forward + backward`,
    kind: "loss",
    shape: [n, m, columns],
    dtype: variant === "bfloat16" ? "bfloat16" : "float32",
    flops: 3 * 2 * n * m * columns, // the scores and each side's gradient once; what is computed again is not counted
    headline: variant === undefined && n > 1024,
    peers,
    task,
    reference: lossReference,
    check,
  };
}

/** Rows about one centre a class. Of 16-bit types the values are what is stored. */
function pairs(loss: PairLoss, cut: Cut, aClass: number, matryoshka?: readonly number[]): Problem<"loss"> {
  const { n, columns, variant } = cut;
  return problem(loss, cut, () => {
    const { matrix, labels } = labelledMatrix(n, columns, n / aClass, 1.2, 41);
    const x = variant === "bfloat16" ? store(matrix.data as Float32Array, n, columns, "bfloat16") : matrix;
    return { kind: "loss", loss, x, y: null, labels, ...(matryoshka && { matryoshka }) };
  });
}

function infoNCE(n: number, peers: readonly string[]): Problem<"loss"> {
  const columns = 256;
  return problem("infoNCE", { n, columns, peers }, () => {
    const { matrix: x } = labelledMatrix(n, columns, n, 0.7, 42);
    const noise = fillNormal(new Float32Array(n * columns), 43, 4);
    const y = { ...x, data: noise.map((e, i) => x.data[i]! + e) };
    return { kind: "loss", loss: "infoNCE", x, y, labels: null };
  });
}

const DISTINCT = 1024;
const SIGNAL = 2; // of its class in a row: logits of 8 among noise of 2

/** Class vectors repeat, so that naive loops meet few of them; the losses do not know. */
function classes(loss: ClassLoss, cut: Cut & { m: number }): Problem<"loss"> {
  const { n, m, columns } = cut;
  return problem(loss, cut, () => {
    const distinct = Math.min(DISTINCT, m);
    const few = fillNormal(new Float32Array(distinct * columns), 44, 2 / Math.sqrt(columns));
    const data = new Float32Array(m * columns);
    for (let at = 0; at < data.length; at += few.length) data.set(few.subarray(0, data.length - at), at);
    const labels = Int32Array.from({ length: n }, (_, i) => (i * 7919) % m);
    const x = fillNormal(new Float32Array(n * columns), 45);
    labels.forEach((label, i) => {
      for (let c = 0; c < columns; ++c) x[i * columns + c]! += few[(label % distinct) * columns + c]! * SIGNAL;
    });
    return { kind: "loss", loss, x: store(x, n, columns), y: store(data, m, columns), distinct, labels };
  });
}

const TFJS = ["tfjs-wasm"];
const BATCH = { n: 4096, columns: 256 };
const SMALL = { n: 1024, columns: 256, peers: TFJS };
const PREFIXES = [16, 32, 64, 128, 256];

export function lossProblems(quick: boolean): Problem<"loss">[] {
  const composed = [
    pairs("multiSimilarity", SMALL, 16),
    pairs("ntXent", SMALL, 16),
    pairs("supCon", SMALL, 16),
    pairs("circle", SMALL, 16),
    pairs("triplet", SMALL, 4),
    infoNCE(1024, TFJS),
    classes("normalizedSoftmax", { n: 1024, m: 8192, columns: 128, peers: TFJS }),
    classes("crossEntropy", { n: 1024, m: 8192, columns: 512, peers: TFJS }),
    classes("arcFace", { n: 1024, m: 8192, columns: 128, peers: TFJS }),
  ];
  if (quick) return composed;
  return [
    pairs("multiSimilarity", { ...BATCH, peers: TFJS }, 16),
    pairs("ntXent", BATCH, 16),
    pairs("supCon", BATCH, 16),
    pairs("circle", BATCH, 16),
    pairs("liftedStructure", BATCH, 16),
    pairs("multiSimilarity", { ...BATCH, variant: "bfloat16" }, 16),
    pairs("multiSimilarity", { ...BATCH, variant: `${PREFIXES.length} prefixes` }, 16, PREFIXES),
    infoNCE(4096, TFJS),
    classes("crossEntropy", { n: 4096, m: 32_768, columns: 512 }),
    classes("normalizedSoftmax", { n: 1024, m: 1_000_000, columns: 128 }),
    classes("arcFace", { n: 1024, m: 1_000_000, columns: 128 }),
    ...composed,
  ];
}
