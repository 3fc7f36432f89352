/** Attention over whole sequences, for prefill and training. */
import { type Steps, twins } from "../async.js";
import { recordSteps } from "../autograd.js";
import * as check from "../check.js";
import { tensorOf } from "../tensor.js";
import type { Async, Input } from "../types.js";
import { attrsOf, LATER, OPTIONS, rowsOf } from "./arguments.js";
import { attentionOp } from "./ops.js";
import type { Attended, AttentionOptions } from "./types.js";

export function* attentionSteps(q: Input, k: Input, v: Input, options?: AttentionOptions): Steps<Attended> {
  const given = check.options("attention", options, OPTIONS, LATER);
  const rows = rowsOf("attention", q, k, v);
  const attrs = attrsOf("attention", rows, given);
  const output = yield* recordSteps(attentionOp, rows, attrs, given.threads);
  return { output: tensorOf(output), lse: tensorOf(attrs.lse) };
}

const [attentionNow, attentionLater] = twins("attention", attentionSteps);

/**
 * Attention: each query's mean of the values, weighted by the softmax of its scores with the keys. Scores are never stored.
 *
 * Differentiable in q, k and v; the backward pass computes the weights again. lse is not on the tape. The same bits for any number
 * of threads.
 *
 * @param q [B, Sq, H, Dk], float32, float16 or bfloat16.
 * @param k [B, Sk, Hk, Dk], its own dtype.
 * @param v [B, Sk, Hv, Dv], its own dtype.
 * @param options docs/reference/attention.md has each with its formula, and the order in which they act on a score. keyHeads, valueHeads
 * [H]: which head of k and v each head reads, default equal groups in order. queryLengths, keyLengths [B]: rows beyond are padding,
 * never read; places count from the end of what is given. batchInvariant: the same bits for a row whatever else is in the batch.
 * @returns output [B, Sq, H, Dv] float32, and lse [B, Sq, H], the natural logarithm of Σ e^score. A query that sees no key has
 * output 0 and lse −∞.
 * @throws WarpweftError ERR_SHAPE for other ranks or lengths that differ; ERR_DTYPE for integers; ERR_ARGUMENT for an unknown option, a
 * number out of range, a normalizer of a later release; ERR_DEVICE for tensors that do not lie in one place; ERR_DISPOSED; ERR_MEMORY.
 *
 * Time B·H·Sq·Sk·(Dk + Dv) multiply-adds for the pairs that are seen (tiles of 64 keys that no query of a panel sees are passed over),
 * backward about 3.5 times that. Memory beyond the result: about 1 MB a thread; where few queries meet long sequences, the sums of
 * up to 32 splits. For the backward pass the output and two numbers a row are kept.
 */
export function attention(q: Input, k: Input, v: Input, options?: AttentionOptions): Attended {
  return attentionNow(q, k, v, options);
}
/** `attention` off the event loop. */
export const attentionAsync: Async<typeof attention> = attentionLater;
