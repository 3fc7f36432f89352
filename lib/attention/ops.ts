/** `attention` as an operation of the tape. */
import type { Steps } from "../async.js";
import type { Forward, Gradients, Op } from "../autograd.js";
import { allocate, type Dense, memory } from "../dense.js";
import type { Memory } from "../device-array.js";
import { DTYPES } from "../dtype.js";
import { type Floats, native } from "../native.js";
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
  readonly bias: readonly [number, number, number, Floats | null];
  readonly batchInvariant: boolean;
  /** [B, Sq, H]; filled by the forward pass */
  readonly lse: Dense;
}

/** The elements where they are. */
export const stored = (x: Dense): [Memory, number] => [memory(x), DTYPES[x.dtype].code];
const singles = (x: Dense) => memory(x) as Floats;
const singlesOf = (x: Dense | null) => x && singles(x);

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
  readonly out: Dense;
  readonly state: Dense;
}

/** out = softmax(scores) · v; the backward pass computes the weights again, so that nothing of size Sq × Sk is ever stored. */
export const attentionOp: Op<Rows, AttentionAttrs, Saved | null> = {
  name: "attention",
  *forward(rows, attrs, taped): Steps<Forward<Saved | null>> {
    const [q, , v] = rows;
    const { lse } = attrs;
    const made = (...shape: number[]) => allocate("attention", shape, "float32", q.device);
    const out = made(...lse.shape, v.shape[3] as number);
    const state = taped ? made(...lse.shape, 2) : null;
    const head = argumentsOf(rows, attrs);
    const results = [singles(out), singles(lse), singlesOf(state)] as const;
    yield (threads, job) => native().attention.forward(threads, job, ...head, ...results);
    return { out, saved: state && { out, state } };
  },
  *backward(gradient, rows, saved, attrs): Steps<Gradients<Rows>> {
    const { out, state } = saved as Saved;
    const like = (x: Dense) => (x.requiresGrad ? allocate("attention", x.shape, "float32", x.device) : null);
    const [dq, dk, dv] = [like(rows[0]), like(rows[1]), like(rows[2])];
    const head = argumentsOf(rows, attrs);
    const known = [singles(out), singles(state), singles(gradient)] as const;
    const results = [singlesOf(dq), singlesOf(dk), singlesOf(dv)] as const;
    yield (threads, job) => native().attention.backward(threads, job, ...head, ...known, ...results);
    return [dq, dk, dv];
  },
};
