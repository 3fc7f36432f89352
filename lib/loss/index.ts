/** warpweft/loss: losses over all pairs of rows, and the miners that choose among them. */
import { type Steps, twins } from "../async.js";
import { recordSteps, records } from "../autograd.js";
import * as check from "../check.js";
import { delivered } from "../convert.js";
import type { Dense } from "../dense.js";
import { FLOATS } from "../dtype.js";
import { tensorOf } from "../tensor.js";
import type { Tensor, WithTwins } from "../types.js";
import { argumentsOf, type Call, lossCall } from "./arguments.js";
import { overPrefixes } from "./matryoshka.js";
import { lossOp } from "./ops.js";
import { assemble, collect } from "./rows.js";
import { LOSSES } from "./table.js";
import type { LossFunctions, LossName } from "./types.js";
import { isWhole, wholeSteps } from "./whole/call.js";

export { type CrossBatchMemory, crossBatchMemory, type MemoryLoss } from "./memory.js";
export { miner } from "./miners.js";
export type {
  Classed,
  ClassedOptions,
  CompressedRows,
  Exclude,
  Guide,
  HardNegatives,
  Labeled,
  LabeledOptions,
  Listed,
  Labels,
  LossFunctions,
  LossName,
  LossOptions,
  MinedPairs,
  MinedTriplets,
  MineOptions,
  Miner,
  MinerName,
  Miners,
  Paired,
  Reduction,
  Reference,
} from "./types.js";

type Options = Readonly<Record<string, unknown>> & { readonly out?: Tensor; readonly threads?: number };

/** Of the call as it stands, whatever `prefixes` it has beside its attributes. */
function* lossOf(call: Call, out: Dense | undefined, threads: number | undefined): Steps<Dense> {
  const { inputs, made, collected, attrs } = call;
  const { device } = (made[0]?.sources[0] ?? inputs[0]) as Dense;
  if (isWhole(attrs, device)) return yield* wholeSteps(call, out, threads);
  const fn = `loss.${attrs.loss}`;
  const rows: Dense[] = [];
  for (const { sources, runs } of made) rows.push(yield* recordSteps(assemble, sources, { fn, runs }));
  const here = collected ? undefined : out;
  const result = yield* recordSteps({ ...lossOp, name: fn }, [...rows, ...inputs], { ...attrs, out: here }, threads);
  if (!collected) return result;
  return delivered(yield* recordSteps(collect, [result] as const, { fn, ...collected }), out);
}

function steps(name: LossName) {
  const fn = `loss.${name}`;
  return function* (...args: readonly unknown[]): Steps<Tensor> {
    const call = lossCall(name, args);
    const { inputs, made, collected, attrs, prefixes } = call;
    const options = args[argumentsOf(LOSSES[name])] as Options | undefined;
    const all = [...made.flatMap(({ sources }) => sources), ...inputs];
    const shape = attrs.reduction === "none" ? [collected?.length ?? (all[0]?.shape[0] as number)] : [];
    const out = check.out(fn, options?.out, shape, FLOATS, { recorded: records(all), inputs: all });
    const run = prefixes
      ? overPrefixes(lossOf, call, prefixes, out, options?.threads)
      : lossOf(call, out, options?.threads);
    const result = yield* run;
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
 * Labels may be a uint8 matrix [N, W], a set of bits for each row: rows match where they share one.
 *
 * Options of all: metric, normalize (rows divided by max(|x|, 1e-12), default true), reduction, miner, out, threads;
 * exclude, ids of rows and columns between which there is no pair; matryoshka, widths of prefixes whose losses are
 * added up. docs/loss.md says what each means and costs.
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
