/** `attention` as an operation of the tape. */
import type { Steps } from "../async.js";
import type { Forward, Gradients, Op } from "../autograd.js";
import { allocateFloats, type Dense, floats, memory, wrap } from "../dense.js";
import type { Memory } from "../device-array.js";
import { DTYPES } from "../dtype.js";
import { native } from "../native.js";
import type { AttentionArguments } from "../native-attention.js";

export type Rows = readonly [Dense, Dense, Dense];

/** What a call says beside q, k and v. */
export interface AttentionAttrs {
  readonly queryLengths: Int32Array | null;
  readonly keyLengths: Int32Array | null;
  readonly keyHeads: Int32Array;
  readonly valueHeads: Int32Array;
  readonly scale: number;
  readonly softcap: number;
  readonly left: number;
  readonly right: number;
  readonly prefix: number;
  /** kind, batches, heads, data: as native code takes it */
  readonly bias: readonly [number, number, number, Float32Array | null];
  readonly batchInvariant: boolean;
  /** [B, Sq, H]; filled by the forward pass */
  readonly lse: Float32Array;
}

/** The elements where they are. */
export const stored = (x: Dense): [Memory, number] => [memory(x), DTYPES[x.dtype].code];

function argumentsOf([q, k, v]: Rows, attrs: AttentionAttrs): AttentionArguments {
  const [batches, queries, heads, keyColumns] = q.shape as [number, number, number, number];
  const [, keys, keyHeads] = k.shape as [number, number, number, number];
  const [, , valueHeads, valueColumns] = v.shape as [number, number, number, number];
  const lengths = [batches, queries, keys, heads, keyHeads, valueHeads, keyColumns, valueColumns] as const;
  const { scale, softcap, left, right, prefix, bias, batchInvariant } = attrs;
  return [
    ...stored(q),
    ...stored(k),
    ...stored(v),
    ...lengths,
    attrs.queryLengths,
    attrs.keyLengths,
    attrs.keyHeads,
    attrs.valueHeads,
    scale,
    softcap,
    left,
    right,
    prefix,
    ...bias,
    batchInvariant,
  ];
}

/** What the backward pass needs beside the inputs: output, and of each row its largest score and Σ e^(s − largest). */
interface Saved {
  readonly out: Float32Array;
  readonly state: Float32Array;
}

/** out = softmax(scores) · v; the backward pass computes the weights again, so that nothing of size Sq × Sk is ever stored. */
export const attentionOp: Op<Rows, AttentionAttrs, Saved | null> = {
  name: "attention",
  *forward(rows, attrs, taped): Steps<Forward<Saved | null>> {
    const [q, , v] = rows;
    const shape = [...q.shape.slice(0, 3), v.shape[3] as number];
    const out = allocateFloats("attention", ...shape);
    const state = taped ? allocateFloats("attention", 2 * attrs.lse.length) : null;
    const head = argumentsOf(rows, attrs);
    yield (threads, job) => native().attention.forward(threads, job, ...head, out, attrs.lse, state);
    return { out: wrap(out, shape), saved: state && { out, state } };
  },
  *backward(gradient, rows, saved, attrs): Steps<Gradients<Rows>> {
    const { out, state } = saved as Saved;
    const results = rows.map((x) => (x.requiresGrad ? allocateFloats("attention", ...x.shape) : null));
    const [dq, dk, dv] = results as [Float32Array | null, Float32Array | null, Float32Array | null];
    const head = argumentsOf(rows, attrs);
    const grad = floats(gradient);
    yield (threads, job) => native().attention.backward(threads, job, ...head, out, state, grad, dq, dk, dv);
    return [dq && wrap(dq, rows[0].shape), dk && wrap(dk, rows[1].shape), dv && wrap(dv, rows[2].shape)];
  },
};
