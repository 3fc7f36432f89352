import { describe, test } from "vitest";
import { attention, attentionAsync } from "../../lib/attention/index.js";
import { tensor } from "../../lib/index.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { any, zeros } from "./refused.js";

const [q, k, v] = [zeros(2, 3, 4, 5), zeros(2, 6, 2, 5), zeros(2, 6, 2, 7)];
const whole = tensor(new Int32Array(16), [1, 1, 4, 4]);
const gone = zeros(1, 1, 1, 1);
gone.dispose();

const ATTENTION: readonly Refusal[] = [
  [
    "a matrix",
    () => attention(zeros(2, 3), k, v),
    "ERR_SHAPE",
    "attention: q must have shape [B, Sq, H, Dk], got [2, 3]",
  ],
  [
    "integers",
    () => attention(whole, whole, whole),
    "ERR_DTYPE",
    'attention: q must be float32, float16 or bfloat16, got "int32"',
  ],
  ["a disposed tensor", () => attention(q, gone, v), "ERR_DISPOSED", "attention: k was disposed"],
  [
    "other sequences",
    () => attention(q, zeros(1, 6, 2, 5), v),
    "ERR_SHAPE",
    "attention: k must have 2 sequences like q, got 1",
  ],
  [
    "values of other sequences",
    () => attention(q, k, zeros(3, 6, 2, 5)),
    "ERR_SHAPE",
    "attention: v must have 2 sequences like q, got 3",
  ],
  [
    "other columns",
    () => attention(q, zeros(2, 6, 2, 6), v),
    "ERR_SHAPE",
    "attention: k must have 5 columns like q, got 6",
  ],
  [
    "other keys",
    () => attention(q, k, zeros(2, 5, 2, 7)),
    "ERR_SHAPE",
    "attention: v must have 6 rows a sequence like k, got 5",
  ],
  [
    "no columns",
    () => attention(zeros(1, 1, 1, 0), zeros(1, 1, 1, 0), zeros(1, 1, 1, 1)),
    "ERR_SHAPE",
    "attention: q must have at least 1 column, got 0",
  ],
  [
    "heads that do not divide",
    () => attention(q, zeros(2, 6, 3, 5), v),
    "ERR_SHAPE",
    "attention: k must have a number of heads that divides the 4 of q unless keyHeads is given, got 3",
  ],
  [
    "value heads that do not divide",
    () => attention(q, k, zeros(2, 6, 3, 7)),
    "ERR_SHAPE",
    "attention: v must have a number of heads that divides the 4 of q unless valueHeads is given, got 3",
  ],
  [
    "a map of another length",
    () => attention(q, k, v, { keyHeads: new Int32Array(3) }),
    "ERR_SHAPE",
    "attention: keyHeads must have 4 entries, got 3",
  ],
  [
    "a map to no head",
    () => attention(q, k, v, { valueHeads: Int32Array.of(0, 1, 2, 0) }),
    "ERR_ARGUMENT",
    "attention: valueHeads[2] must be an integer from 0 to 1, got 2",
  ],
  [
    "a list for a map",
    () => attention(q, k, v, { keyHeads: any([0, 0, 0, 0]) }),
    "ERR_ARGUMENT",
    "attention: keyHeads must be an Int32Array, got an array of length 4",
  ],
  [
    "lengths beyond",
    () => attention(q, k, v, { keyLengths: Int32Array.of(6, 7) }),
    "ERR_ARGUMENT",
    "attention: keyLengths[1] must be an integer from 0 to 6, got 7",
  ],
  [
    "lengths below",
    () => attention(q, k, v, { queryLengths: Int32Array.of(-1, 3) }),
    "ERR_ARGUMENT",
    "attention: queryLengths[0] must be an integer from 0 to 3, got -1",
  ],
  [
    "a scale that is none",
    () => attention(q, k, v, { scale: Number.NaN }),
    "ERR_ARGUMENT",
    "attention: scale must be a finite number, got NaN",
  ],
  [
    "a cap of 0",
    () => attention(q, k, v, { softcap: 0 }),
    "ERR_ARGUMENT",
    "attention: softcap must be a finite number above 0, got 0",
  ],
  [
    "causal as a number",
    () => attention(q, k, v, { causal: any(1) }),
    "ERR_ARGUMENT",
    "attention: causal must be true or false, got 1",
  ],
  [
    "a window of three",
    () => attention(q, k, v, { window: any([1, 2, 3]) }),
    "ERR_ARGUMENT",
    "attention: window must be a number or [left, right], got an array of length 3",
  ],
  [
    "a window below 0",
    () => attention(q, k, v, { window: [1, -1] }),
    "ERR_ARGUMENT",
    `attention: window[1] must be an integer from 0 to ${2 ** 40 - 1}, got -1`,
  ],
  [
    "half a prefix",
    () => attention(q, k, v, { prefix: 0.5 }),
    "ERR_ARGUMENT",
    `attention: prefix must be an integer from 0 to ${2 ** 40 - 1}, got 0.5`,
  ],
  [
    "a bias of another shape",
    () => attention(q, k, v, { bias: zeros(2, 4, 3, 5) }),
    "ERR_SHAPE",
    "attention: bias must have shape [4] or [2 or 1, 4 or 1, 3, 6], got [2, 4, 3, 5]",
  ],
  [
    "a normalizer to come",
    () => attention(q, k, v, { normalizer: "sigmoid" }),
    "ERR_ARGUMENT",
    'attention: normalizer must be one of softmax in this release, got "sigmoid"',
  ],
  [
    "gates",
    () => attention(q, k, v, { headGates: zeros(2, 3, 4) }),
    "ERR_ARGUMENT",
    "attention: headGates is not in this release: scale the heads of the output instead",
  ],
  [
    "an unknown option",
    () => attention(q, k, v, any({ dropout: 0.1 })),
    "ERR_ARGUMENT",
    'attention: there is no option "dropout"; known are scale, causal, window, prefix, queryLengths, keyLengths, bias, normalizer, softcap, keyHeads, valueHeads, batchInvariant, threads',
  ],
  [
    "0 threads, later",
    () => attentionAsync(q, k, v, { threads: 0 }),
    "ERR_ARGUMENT",
    "attentionAsync: threads must be an integer from 1 to 1024, got 0",
  ],
];

describe("attention refuses", () => {
  test.each(ATTENTION)("%s", async (...refusal) => {
    await expectRefused(refusal);
  });
});
