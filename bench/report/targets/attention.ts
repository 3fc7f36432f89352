// Targets of attention and of absorbed decoding.
import {
  decodeId,
  HALF_OF_HEADS,
  HALF_OF_LATENT,
  LAYER,
  LAYER_BFLOAT16,
  LONG,
  MANY,
  PREFILL,
  SHORT,
} from "../../problems/attention.js";
import { type Bar, type Judge, MB, megabytes, microseconds } from "../judge.js";

const SHARE = 0.65;
const SHARE_BFLOAT16 = 0.81; // 3.5 ms where the ceiling is 400 GFLOP/s
const SHARE_MANY = 0.75;
const SHARE_PREFILL = 0.6;
const OVERHEAD_MS = 0.06;
const PREFILL_MEMORY = 20 * MB; // of 17 MB results, and no more than O(S·D) beside

/** Beyond what the arithmetic takes on one thread at the ceiling: a short sequence is one unit of work. */
function overhead(judge: Judge): number | null {
  const ms = judge.ms(decodeId(SHORT));
  const { heads, length } = SHORT;
  const flops = 2 * heads * length * (2 * 512 + 64);
  return ms === null ? null : ms - flops / (judge.ceiling.gflops / judge.ceiling.threads) / 1e6;
}

export function attentionBars(judge: Judge): Bar[] {
  const long = LONG.toLocaleString("en");
  return [
    judge.share(`latentDecode 16 heads, ${long} rows, float32`, SHARE, decodeId(LAYER)),
    judge.share(`latentDecode 16 heads, ${long} rows, bfloat16 cache`, SHARE_BFLOAT16, decodeId(LAYER_BFLOAT16)),
    judge.share("latentDecode 128 heads, 4096 rows, float32", SHARE_MANY, decodeId(MANY)),
    judge.atMost(
      `a rank with half of the latent (320 of 576 columns read), 16 heads, ${long} rows: no slower than one with half of the heads`,
      1,
      judge.ratio(judge.ms(decodeId(HALF_OF_LATENT)), judge.ms(decodeId(HALF_OF_HEADS))),
    ),
    judge.share("attention causal forward 1 × 2048 × 16 × 128", SHARE_PREFILL, PREFILL),
    judge.atMost(
      `attention causal forward 1 × 2048 × 16 × 128, memory beyond its result: at most ${PREFILL_MEMORY / MB} MB`,
      PREFILL_MEMORY,
      judge.row(PREFILL)?.extraBytes,
      megabytes,
    ),
    judge.atMost(
      "latentDecode 16 heads, 128 rows: at most 60 µs beyond its arithmetic on one thread",
      OVERHEAD_MS,
      overhead(judge),
      microseconds,
    ),
  ];
}
