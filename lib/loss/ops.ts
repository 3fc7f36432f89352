/** Every loss is one operation: the native engine is told which entry of the table to run. */
import type { Steps } from "../async.js";
import type { Gradients, Op } from "../autograd.js";
import { delivered } from "../convert.js";
import { allocate, type Dense, discard, matrix, memory } from "../dense.js";
import type { DeviceArray } from "../device-array.js";
import { metricId } from "../distance/metric.js";
import type { MetricName } from "../distance/types.js";
import { type Guide, type LossArguments, native, type Run } from "../native.js";
import type { Ids } from "./exclude.js";
import { plusMeanSquare, plusSlopeOfMeanSquare } from "./regularizer.js";
import { LOSSES, type LossSpec, MINERS, REDUCTIONS } from "./table.js";
import type { LossName, Miner, MinerName, Reduction } from "./types.js";
import type { Lists } from "./whole/lists.js";

export interface Mining {
  readonly name: MinerName;
  readonly scalars: Float64Array;
  readonly params: Miner["params"];
  /** rows whose scores it asks beside the pair's own */
  readonly guide: GuideRows | undefined;
}
export interface GuideRows {
  readonly x: Dense;
  readonly y: Dense;
}

/** Everything of a call but its tensors. */
export interface Attrs {
  readonly loss: LossName;
  readonly scalars: Float64Array;
  readonly metric: MetricName;
  readonly miner: Mining | undefined;
  readonly reduction: Reduction;
  readonly normalize: boolean;
  /** y is x, and (i, i) is no pair */
  readonly self: boolean;
  readonly match: Matching;
  readonly labels: Int32Array | null;
  readonly otherLabels: Int32Array | null;
  /** int32 words of a row's label */
  readonly words: number;
  /** widths that the loss is summed over in one pass */
  readonly prefixes: Int32Array | undefined;
  /** ids of pairs that are none */
  readonly exclude: Ids | undefined;
  /** an input is added to the logits of the candidates */
  readonly beside: boolean;
  /** [n] a number for each anchor */
  readonly given: Dense | undefined;
  /** an input is the weights of the pairs */
  readonly weighted: boolean;
  /** or they follow from clusters */
  readonly clusters: Clusters | undefined;
  /** of losses whose positives are listed */
  readonly positives: Lists | undefined;
  /** parameters that are matrices, without a gradient */
  readonly matrices: Readonly<Record<string, Dense>>;
  /** for each parameter that may be a tensor, whether it is one of the inputs */
  readonly tensors: readonly boolean[];
  readonly out: Dense | undefined;
}

/** A pair weighs as much as there are clusterings that part its rows. */
export interface Clusters {
  readonly count: number;
  /** [count, n] and [count, m] */
  readonly x: Int32Array;
  readonly y: Int32Array;
}

/** As src/loss/params.h numbers them. */
export const MATCHINGS = ["labels", "sharedBits", "position", "candidateClass", "anchorClass"] as const;
export type Matching = (typeof MATCHINGS)[number];
export const matchingId = (name: Matching): number => MATCHINGS.indexOf(name);

interface Operands {
  readonly x: Dense;
  readonly y: Dense;
  readonly beside: Dense | undefined;
  readonly weights: Dense | undefined;
  readonly tensors: readonly Dense[];
}

/** Inputs: x, then y unless it is x, then what is added to logits and the weights of pairs if there are any, then the tensors among the parameters. */
function operands(inputs: readonly Dense[], { self, beside, weighted }: Attrs): Operands {
  const [x, ...rest] = inputs as [Dense, ...Dense[]];
  const y = self ? x : (rest.shift() as Dense);
  const added = beside ? rest.shift() : undefined;
  return { x, y, beside: added, weights: weighted ? rest.shift() : undefined, tensors: rest };
}

export const minerId = (name: MinerName): number => Object.keys(MINERS).indexOf(name);

export function guideOf(guide: GuideRows | undefined, x: Dense, y: Dense): Guide {
  const { x: left, y: right } = guide ?? { x, y };
  return [guide !== undefined, ...matrix(left), ...matrix(right), left.shape[1] as number];
}

function head(run: Run, inputs: readonly Dense[], attrs: Attrs): LossArguments {
  const { x, y, beside, weights } = operands(inputs, attrs);
  const { clusters } = attrs;
  return [
    ...run,
    Object.keys(LOSSES).indexOf(attrs.loss),
    attrs.scalars,
    metricId(attrs.metric),
    attrs.miner ? minerId(attrs.miner.name) : -1,
    attrs.miner?.scalars ?? new Float64Array(),
    Object.keys(REDUCTIONS).indexOf(attrs.reduction),
    attrs.normalize,
    ...matrix(x),
    ...matrix(y),
    x.shape[1] as number,
    attrs.self,
    matchingId(attrs.match),
    attrs.words,
    attrs.labels,
    attrs.otherLabels,
    attrs.exclude?.rows ?? null,
    attrs.exclude?.columns ?? null,
    ...guideOf(attrs.miner?.guide, x, y),
    attrs.prefixes?.length ?? 0,
    attrs.prefixes ?? null,
    beside ? floatsOf(beside) : null,
    attrs.given ? floatsOf(attrs.given) : null,
    weights ? floatsOf(weights) : null,
    clusters?.count ?? 0,
    clusters?.x ?? null,
    clusters?.y ?? null,
  ];
}

export const lossOp: Op<readonly Dense[], Attrs, Dense> = {
  name: "loss",
  *forward(inputs, attrs, taped) {
    const { x, y } = operands(inputs, attrs);
    const [n, m] = [x.shape[0] as number, y.shape[0] as number];
    const fn = `loss.${attrs.loss}`;
    const room = (shape: readonly number[]) => allocate(fn, shape, "float32", x.device);
    const state = room([
      native().loss.stateSize(Object.keys(LOSSES).indexOf(attrs.loss), n, m) * (attrs.prefixes?.length ?? 1),
    ]);
    const result = room(attrs.reduction === "none" ? [n] : []);
    yield (threads, job) =>
      native().loss.forward(...head([threads, job], inputs, attrs), floatsOf(result), floatsOf(state));
    if (!taped) discard(state);
    const value = regularized(attrs) ? plusMeanSquare(fn, result, y) : result;
    return { out: delivered(value, attrs.out), saved: state };
  },
  *backward(gradient, inputs, state, attrs): Steps<Gradients<readonly Dense[]>> {
    const { x, y, beside, weights, tensors } = operands(inputs, attrs);
    const fn = `loss.${attrs.loss}`;
    const room = (side: Dense | undefined) =>
      side?.requiresGrad ? allocate(fn, side.shape, "float32", side.device) : null;
    const dx = room(x);
    const dy = attrs.self ? null : room(y);
    const dBeside = room(beside);
    const dWeights = room(weights);
    const dTensors = tensors.some(({ requiresGrad }) => requiresGrad)
      ? allocate(fn, [attrs.tensors.length], "float32", x.device)
      : null;
    yield (threads, job) =>
      native().loss.backward(
        ...head([threads, job], inputs, attrs),
        floatsOf(state),
        floatsOf(gradient),
        dx && floatsOf(dx),
        dy && floatsOf(dy),
        dTensors && floatsOf(dTensors),
        dBeside && floatsOf(dBeside),
        dWeights && floatsOf(dWeights),
      );
    const whole = dy && regularized(attrs) ? plusSlopeOfMeanSquare(fn, dy, y, gradient) : dy;
    return [
      dx,
      ...(attrs.self ? [] : [whole]),
      ...(beside ? [dBeside] : []),
      ...(weights ? [dWeights] : []),
      ...tensors.map(({ shape, requiresGrad }, at) =>
        requiresGrad && dTensors ? dTensors.view(shape, undefined, slots(attrs)[at]) : null,
      ),
    ];
  },
};

/** A number for each row has no place for what belongs to none. */
const regularized = ({ loss, reduction }: Attrs): boolean =>
  (LOSSES[loss] as LossSpec).regularizer !== undefined && reduction !== "none";

/** Places of the given tensors among the parameters that may be tensors. */
const slots = ({ tensors }: Attrs): number[] => tensors.flatMap((given, slot) => (given ? [slot] : []));

/** Of a float32 tensor, where it is. */
const floatsOf = (x: Dense) => memory(x) as Float32Array | DeviceArray;
