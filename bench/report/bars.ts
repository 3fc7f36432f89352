// The targets, judged on what was measured at the largest thread count of the run.
import { PRODUCT_FLOAT32 } from "../harness/cells.js";
import { find, mostThreads, type Results, type Row } from "./results.js";

export interface Bar {
  readonly title: string;
  readonly value: string;
  readonly reached: boolean | null;
}

const MB = 1e6;
const PAIRWISE = 0.9;
const TOPK = 0.8;
const TOPK_MEMORY = 16 * MB;
const LOSS_MULTIPLE = 4.5;
const LOSS_MEMORY = 32 * MB;
const NEAR_DUPLICATE_COST = 6;

const TOPK_ID = "topk-inner-float32";
const LOSS_ID = "loss-multiSimilarity-4096";
const NORMAL_ID = "pairwise-sqeuclidean-4096x4096x768-float32";

function judge<T>(
  title: string,
  value: T | null | undefined,
  show: (value: T) => string,
  reached: (value: T) => boolean,
): Bar {
  return value === null || value === undefined
    ? { title, value: "not measured", reached: null }
    : { title, value: show(value), reached: reached(value) };
}

const megabytes = (bytes: number): string => `${(bytes / MB).toFixed(1)} MB`;
const times = (factor: number): string => `${factor.toFixed(2)} ×`;

/** None where the run is no measure: a quick one, or a ceiling that is void. */
export function bars(results: Results): Bar[] {
  if (results.quick || results.ceilings.length === 0) return [];
  const threads = mostThreads(results);
  const ceiling = results.ceilings.find((c) => c.threads === threads)!;
  if (!ceiling.valid) return [];
  const ours = (problem: string): Row | undefined => find(results, problem, "warpweft", threads);
  const ratio = (a: Row | undefined, b: Row | undefined): number | null =>
    a?.time && b?.time ? a.time.median / b.time.median : null;

  const pairwise = ["sqeuclidean", "cosine", "inner"].map((metric) =>
    judge(
      `pairwise ${metric} 4096×4096×768 float32: at least ${PAIRWISE} of the ceiling`,
      ours(`pairwise-${metric}-4096x4096x768-float32`)?.ofCeiling,
      times,
      (v) => v >= PAIRWISE,
    ),
  );
  const loss = ours(LOSS_ID);
  const flops = results.problems.find(({ id }) => id === LOSS_ID)?.shape.reduce((product, size) => product * size, 2);
  const gemmMs = flops === undefined ? null : flops / ceiling.gflops / 1e6;
  const alone = ratio(loss, find(results, LOSS_ID, PRODUCT_FLOAT32, threads));
  return [
    ...pairwise,
    judge(
      `topK 10 of 10,000 × 100,000 × 128: at least ${TOPK} of the ceiling`,
      ours(TOPK_ID)?.ofCeiling,
      times,
      (v) => v >= TOPK,
    ),
    judge(
      "… time against onnxruntime-node: less",
      ratio(ours(TOPK_ID), find(results, TOPK_ID, "onnxruntime-node", threads)),
      times,
      (v) => v < 1,
    ),
    judge(
      `… memory beyond inputs and outputs: less than ${TOPK_MEMORY / MB} MB`,
      ours(TOPK_ID)?.extraBytes,
      megabytes,
      (v) => v < TOPK_MEMORY,
    ),
    judge(
      `multiSimilarity + miner N=4096 D=256, forward + backward: less than ${LOSS_MULTIPLE} × a 4096×4096×256 product at the ceiling`,
      loss?.time && gemmMs ? loss.time.median / gemmMs : null,
      (v) => (alone === null ? times(v) : `${times(v)}; of that product measured alone ${times(alone)}`),
      (v) => v < LOSS_MULTIPLE,
    ),
    judge(
      `… memory beyond inputs: less than ${LOSS_MEMORY / MB} MB`,
      loss?.extraBytes,
      megabytes,
      (v) => v < LOSS_MEMORY,
    ),
    ...["near-duplicates", "near-duplicates-far-row"].map((id) =>
      judge(
        `${id}, all pairs: at most ${NEAR_DUPLICATE_COST} × the time of ordinary data`,
        ratio(ours(id), ours(NORMAL_ID)),
        times,
        (v) => v <= NEAR_DUPLICATE_COST,
      ),
    ),
  ];
}
