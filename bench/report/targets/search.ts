// Targets of what never stores the matrix: top-k, radius, reductions, a prepared base, and how time and memory grow.
import { GROWTH, growthId } from "../../problems/reduce.js";
import { type Bar, type Judge, MB, megabytes, times } from "../judge.js";

const SHAPE = "10,000 × 100,000 × 128";
const TOP10 = 0.95;
const TOP100 = 0.75;
const SWEEP = 0.88;
const BFLOAT16_TIME = 0.6;
const READS = 0.8;
const INT8 = 3;
const GROWTH_RATIO = 1.1;
const MEMORY = 10 * MB;

function topK(judge: Judge): Bar[] {
  return ["inner", "sqeuclidean"].flatMap((metric) => {
    const id = `topk-${metric}-float32`;
    const title = `topK ${metric} k=10 of ${SHAPE}`;
    return [
      judge.share(title, TOP10, id),
      judge.atMost(
        `… memory beyond inputs and outputs: at most ${MEMORY / MB} MB`,
        MEMORY,
        judge.row(id)?.extraBytes,
        megabytes,
      ),
      judge.bar(
        "… time against onnxruntime-node: less",
        judge.ratio(judge.ms(id), judge.ms(id, "onnxruntime-node")),
        times,
        (v) => v < 1,
      ),
      judge.atMost(
        `… bfloat16: at most ${BFLOAT16_TIME} of the time of float32`,
        BFLOAT16_TIME,
        judge.ratio(judge.ms(`topk-${metric}-bfloat16`), judge.ms(id)),
      ),
      judge.share("… k=100", TOP100, `${id}-k100`),
    ];
  });
}

function sweeps(judge: Judge): Bar[] {
  return [
    judge.share(`radius, about one hit a row, ${SHAPE}`, SWEEP, "radius-sqeuclidean"),
    judge.share(`reduceRows min ${SHAPE}`, SWEEP, "reduce-min-sqeuclidean"),
    judge.share(`rowStatistics min of rows and columns ${SHAPE}`, SWEEP, "statistics-min-sqeuclidean"),
  ];
}

function query(judge: Judge): Bar[] {
  const float32 = judge.ms("query-inner-float32");
  return [
    judge.atLeast(
      `one query, topK k=10 of 1,000,000 × 128 prepared: at least ${READS} of memory reads`,
      READS,
      judge.row("query-inner-float32")?.ofCeiling,
    ),
    judge.atLeast(`… int8: at least ${INT8} × faster`, INT8, judge.ratio(float32, judge.ms("query-inner-int8"))),
  ];
}

function growth(judge: Judge): Bar[] {
  const perPair = GROWTH.map((rows) => judge.ratio(judge.ms(growthId(rows)), rows * rows));
  const known = perPair.filter((ms) => ms !== null);
  const spread = known.length === perPair.length ? Math.max(...known) / Math.min(...known) : null;
  return [
    judge.atMost(`growth: time a pair from 10⁸ to 10¹⁰ pairs constant within ${GROWTH_RATIO} ×`, GROWTH_RATIO, spread),
    judge.atMost(
      `… memory beyond inputs and outputs of 10¹⁰ pairs: at most ${MEMORY / MB} MB`,
      MEMORY,
      judge.row(growthId(GROWTH.at(-1)!))?.extraBytes,
      megabytes,
    ),
  ];
}

export const searchBars = (judge: Judge): Bar[] => [
  ...topK(judge),
  ...sweeps(judge),
  ...query(judge),
  ...growth(judge),
];
