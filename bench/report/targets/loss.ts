// Targets of the losses: time as a multiple of the matrix products inside, at the ceiling, and memory that does not grow with N × M.
import { PRODUCT_FLOAT32 } from "../../harness/cells.js";
import { type Bar, type Judge, MB, megabytes, times } from "../judge.js";

const BATCH = ["multiSimilarity", "ntXent", "supCon", "circle"];
const MULTIPLE = 2.7; // of a batch with itself, whose scores are symmetric; 3.5 of two sides
const MEMORY = 16 * MB;
const TRIPLET_MS = 25;
const PRODUCTS = 4; // scores, scores again, and each side's gradient
const OF_PRODUCTS = 1.35;
const CROSS_ENTROPY_MEMORY = 64 * MB;
const PREFIXES = 1.6;
const BFLOAT16 = 1.6;

const memory = (judge: Judge, id: string, most = MEMORY, beyond = "inputs"): Bar =>
  judge.atMost(`… memory beyond ${beyond}: at most ${most / MB} MB`, most, judge.row(id)?.extraBytes, megabytes);

/** Milliseconds of one product of the problem's shape at the ceiling. */
function productMs(judge: Judge, id: string): number | null {
  const shape = judge.results.problems.find((problem) => problem.id === id)?.shape;
  return shape === undefined ? null : shape.reduce((product, size) => product * size, 2) / judge.ceiling.gflops / 1e6;
}

const title = (loss: string): string => (loss === "multiSimilarity" ? `${loss} + miner` : loss);

function batch(judge: Judge): Bar[] {
  return BATCH.flatMap((loss) => {
    const id = `loss-${loss}-4096`;
    const ms = judge.ms(id);
    const alone = judge.ratio(ms, judge.ms(id, PRODUCT_FLOAT32));
    return [
      judge.atMost(
        `${title(loss)} N=4096 D=256, forward + backward: at most ${MULTIPLE} × a 4096×4096×256 product at the ceiling`,
        MULTIPLE,
        judge.ratio(ms, productMs(judge, id)),
        (v) => (alone === null ? times(v) : `${times(v)}; of that product measured alone ${times(alone)}`),
      ),
      memory(judge, id),
    ];
  });
}

function variants(judge: Judge): Bar[] {
  const float32 = judge.ms("loss-multiSimilarity-4096");
  const bfloat16 = judge.row("loss-multiSimilarity-4096-bfloat16");
  const share = judge.ratio(bfloat16?.error ?? null, bfloat16?.limit ?? null);
  return [
    judge.atLeast(
      `multiSimilarity + miner bfloat16: at least ${BFLOAT16} × our float32`,
      BFLOAT16,
      judge.ratio(float32, bfloat16?.time?.median ?? null),
    ),
    judge.atMost("… error of its gradients: at most twice that of a naive bfloat16 computation", 2, share && 2 * share),
    judge.atMost(
      `multiSimilarity + miner of 5 prefixes: at most ${PREFIXES} × the loss of one`,
      PREFIXES,
      judge.ratio(judge.ms("loss-multiSimilarity-4096-5-prefixes"), float32),
    ),
  ];
}

function classes(judge: Judge): Bar[] {
  const id = "loss-crossEntropy-4096x32768";
  const product = productMs(judge, id);
  return [
    judge.atMost(
      `crossEntropy N=4096 C=32,768 D=512, forward + backward: at most ${OF_PRODUCTS} × its four products at the ceiling`,
      OF_PRODUCTS,
      judge.ratio(judge.ms(id), product && PRODUCTS * product),
    ),
    memory(judge, id, CROSS_ENTROPY_MEMORY, "inputs and gradients"),
    judge.atMost(
      `arcFace N=1024 C=1,000,000 D=128, forward + backward, memory beyond inputs and gradients: at most ${MEMORY / MB} MB`,
      MEMORY,
      judge.row("loss-arcFace-1024x1000000")?.extraBytes,
      megabytes,
    ),
  ];
}

export function lossBars(judge: Judge): Bar[] {
  const triplet = "loss-triplet-1024";
  return [
    ...batch(judge),
    judge.atMost(
      `triplet + semi-hard miner N=1024 D=256, 4 a class, forward + backward: at most ${TRIPLET_MS} ms`,
      TRIPLET_MS,
      judge.ms(triplet),
      (ms) => `${ms.toFixed(1)} ms`,
    ),
    memory(judge, triplet),
    judge.atMost(
      `liftedStructure N=4096 D=256, memory beyond inputs: at most ${MEMORY / MB} MB`,
      MEMORY,
      judge.row("loss-liftedStructure-4096")?.extraBytes,
      megabytes,
    ),
    ...variants(judge),
    ...classes(judge),
  ];
}
