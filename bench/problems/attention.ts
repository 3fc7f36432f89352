import { attentionRow, decodeRow } from "../reference/attention.js";
import { normalMatrix } from "./data.js";
import type { AttentionTask, DecodeTask, Outputs, Problem, Verdict } from "./types.js";

const LIMIT = 1e-4; // absolute: values are standard normal, and outputs means of them
const LIMIT_FP8 = 1e-2; // codes are off by up to a sixteenth, and so are scores
const SAMPLED = 6; // rows that the reference computes
const [LATENT, ROPE] = [512, 64];
const SCALE = (128 + 64) ** -0.5;

const sampled = (rows: number): number[] =>
  Array.from({ length: Math.min(SAMPLED, rows) }, (_, i) => Math.round((i * (rows - 1)) / Math.max(1, SAMPLED - 1)));

/** The sampled rows of an output [rows, columns] against the reference's. */
function verdict(
  rows: number,
  columns: number,
  values: ArrayLike<number>,
  expected: Float64Array,
  limit = LIMIT,
): Verdict {
  let error = 0;
  sampled(rows).forEach((row, i) => {
    for (let c = 0; c < columns; ++c) {
      const off = Math.abs(values[row * columns + c]! - expected[i * columns + c]!);
      error = off <= error ? error : off;
    }
  });
  return { error, limit };
}

interface Decode {
  readonly heads: number;
  readonly length: number;
  readonly latent?: number;
  readonly cache?: DecodeTask["cache"];
}

export const decodeId = ({ heads, length, latent = LATENT, cache = "float32" }: Decode): string =>
  `decode-${heads}x${length}-${latent}-${cache}`;

/** The arithmetic is float32 whatever the cache holds, and so is the wall. */
function decode(given: Decode): Problem<"decode"> {
  const { heads, length, latent = LATENT, cache = "float32" } = given;
  return {
    id: decodeId(given),
    title: `latentDecode ${heads} heads × ${length.toLocaleString("en")} rows of ${latent} + ${ROPE}, ${cache} cache`,
    kind: "decode",
    shape: [heads, length, latent + ROPE],
    dtype: "float32",
    flops: 2 * heads * length * (2 * latent + ROPE),
    headline: false,
    peers: [],
    task: () => ({
      kind: "decode",
      cache,
      scale: SCALE,
      latentQuery: normalMatrix(heads, latent, 71),
      ropeQuery: normalMatrix(heads, ROPE, 72),
      // exact in bfloat16, so that one reference judges both
      latents: normalMatrix(length, latent, 73, "bfloat16"),
      ropes: normalMatrix(length, ROPE, 74, "bfloat16"),
    }),
    reference: (task) => Float64Array.from(sampled(heads).flatMap((head) => decodeRow(task, head))),
    check: (_task, output: Outputs["decode"], expected) =>
      verdict(heads, latent, output.values, expected, cache === "fp8" ? LIMIT_FP8 : LIMIT),
  };
}

export const PREFILL = "attention-causal-2048x16x128";
const [TOKENS, HEADS, WIDTH] = [2048, 16, 128];

/** Causal: half of the pairs, and the diagonal. */
function prefill(): Problem<"attention"> {
  const rows = TOKENS * HEADS;
  const matrix = (seed: number) => normalMatrix(rows, WIDTH, seed);
  return {
    id: PREFILL,
    title: `attention causal forward 1 × ${TOKENS} × ${HEADS} × ${WIDTH} float32`,
    kind: "attention",
    shape: [rows, TOKENS, WIDTH],
    dtype: "float32",
    flops: 2 * HEADS * ((TOKENS * (TOKENS + 1)) / 2) * 2 * WIDTH,
    headline: false,
    peers: [],
    task: (): AttentionTask => ({ kind: "attention", heads: HEADS, q: matrix(81), k: matrix(82), v: matrix(83) }),
    reference: (task) => Float64Array.from(sampled(rows).flatMap((row) => attentionRow(task, row))),
    check: (_task, output: Outputs["attention"], expected) => verdict(rows, WIDTH, output.values, expected),
  };
}

export const LONG = 32_768;
export const LAYER = { heads: 16, length: LONG };
export const LAYER_BFLOAT16 = { ...LAYER, cache: "bfloat16" } as const;
export const MANY = { heads: 128, length: 4096 };
/** A rank of two: half of the heads and the whole latent, or all heads and half of it. */
export const HALF_OF_HEADS = { heads: 8, length: LONG };
export const HALF_OF_LATENT = { heads: 16, length: LONG, latent: 256 };
export const SHORT = { heads: 16, length: 128 };

export function attentionProblems(quick: boolean): (Problem<"decode"> | Problem<"attention">)[] {
  if (quick) return [decode({ heads: 16, length: 4096 }), decode(SHORT), prefill()];
  return [
    decode(LAYER),
    decode(LAYER_BFLOAT16),
    decode({ ...LAYER, cache: "fp8" }),
    decode(MANY),
    decode(HALF_OF_HEADS),
    decode(HALF_OF_LATENT),
    decode(SHORT),
    prefill(),
  ];
}
