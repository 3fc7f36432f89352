/** warpweft/loss: losses over all pairs of rows, and the miners that choose among them. */
import { type Steps, twins } from "../async.js";
import { recordSteps, records } from "../autograd.js";
import * as check from "../check.js";
import { FLOATS } from "../dtype.js";
import { tensorOf } from "../tensor.js";
import type { Input, Tensor, WithTwins } from "../types.js";
import { lossCall } from "./arguments.js";
import { lossOp } from "./ops.js";
import { LOSSES } from "./table.js";
import type { LossFunctions, LossName } from "./types.js";

export { miner } from "./miners.js";
export type {
  Labeled,
  LabeledOptions,
  Labels,
  LossFunctions,
  LossName,
  LossOptions,
  MinedPairs,
  MineOptions,
  Miner,
  MinerName,
  Miners,
  Paired,
  Reduction,
  Reference,
} from "./types.js";

type Options = Readonly<Record<string, unknown>> & { readonly out?: Tensor; readonly threads?: number };

function steps(name: LossName) {
  const fn = `loss.${name}`;
  return function* (first: Input, second: unknown, options?: Options): Steps<Tensor> {
    const { inputs, attrs } = lossCall(name, first, second, options);
    const shape = attrs.reduction === "none" ? [inputs[0]?.shape[0] as number] : [];
    const out = check.out(fn, options?.out, shape, FLOATS, { recorded: records(inputs), inputs });
    const result = yield* recordSteps({ ...lossOp, name: fn }, inputs, { ...attrs, out }, options?.threads);
    return options?.out ?? tensorOf(result);
  };
}

/**
 * The losses, one function per entry of the table and an `Async` twin for each: `loss.multiSimilarity(embeddings,
 * labels, options)`, `loss.contrastive(embeddings, labels, options)`, `loss.infoNCE(anchors, candidates, options)`.
 * Parameters with default and range, formulas, gradients, empty cases and sources are in docs/reference/loss.md.
 *
 * Labeled losses take `embeddings` [N, D] and one label per row; rows with equal labels are positives, others
 * negatives, and a row is no pair with itself. With `reference` the pairs are embeddings × reference instead. Paired
 * losses take `anchors` [N, D] and `candidates` [M, D]; candidate i is the positive of anchor i, all others are its
 * negatives. float32, float16 or bfloat16; differentiable in every matrix, and in `temperature` where it is a tensor.
 *
 * Options of all: metric, normalize (rows divided by max(|x|, 1e-12), default true), reduction, miner, out, threads.
 *
 * Each returns a float32 tensor of shape [], or [N] with reduction "none". No positives, no negatives, one class or no
 * rows give 0 with zero gradients; NaN among the embeddings gives NaN.
 *
 * Each throws a WarpweftError: ERR_SHAPE for another rank, columns that differ, too few labels or candidates;
 * ERR_DTYPE for integers; ERR_ARGUMENT for labels outside int32, parameters out of range, unknown options and those
 * that the loss cannot honour; ERR_DEVICE for tensors in different places (labels may be anywhere); ERR_DISPOSED; ERR_MEMORY.
 *
 * Time: N·M·D multiply-adds forward, three times that backward. Memory beyond inputs and gradients: a few numbers per
 * row and a panel of tiles; the N×M matrix is never stored.
 */
export const loss = Object.fromEntries(
  (Object.keys(LOSSES) as LossName[]).flatMap((name) => {
    const [now, later] = twins(`loss.${name}`, steps(name));
    return [
      [name, now],
      [`${name}Async`, later],
    ];
  }),
) as unknown as WithTwins<LossFunctions>;
