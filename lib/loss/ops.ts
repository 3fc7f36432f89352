/** Every loss is one operation: the native engine is told which entry of the table to run. */
import type { Steps } from "../async.js";
import type { Gradients, Op } from "../autograd.js";
import { delivered } from "../convert.js";
import { allocate, type Dense, discard, matrix, memory } from "../dense.js";
import type { DeviceArray } from "../device-array.js";
import { metricId } from "../distance/metric.js";
import type { Metric } from "../distance/types.js";
import { type LossArguments, native, type Run } from "../native.js";
import { LOSSES, MINERS, REDUCTIONS } from "./table.js";
import type { LossName, MinerName, Reduction } from "./types.js";

export interface Mining {
  readonly name: MinerName;
  readonly scalars: Float64Array;
}

/** Everything of a call but its tensors. */
export interface Attrs {
  readonly loss: LossName;
  readonly scalars: Float64Array;
  readonly metric: Metric;
  readonly miner: Mining | undefined;
  readonly reduction: Reduction;
  readonly normalize: boolean;
  /** y is x, and (i, i) is no pair */
  readonly self: boolean;
  readonly labels: Int32Array | null;
  readonly otherLabels: Int32Array | null;
  readonly out: Dense | undefined;
}

/** Inputs: x, then y unless it is x, then the tensor among the parameters if there is one. */
function sides(inputs: readonly Dense[], { self }: Attrs): { x: Dense; y: Dense; parameter: Dense | undefined } {
  const x = inputs[0] as Dense;
  return self ? { x, y: x, parameter: inputs[1] } : { x, y: inputs[1] as Dense, parameter: inputs[2] };
}

export const minerId = (name: MinerName): number => Object.keys(MINERS).indexOf(name);

function head(run: Run, inputs: readonly Dense[], attrs: Attrs): LossArguments {
  const { x, y } = sides(inputs, attrs);
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
    attrs.labels,
    attrs.otherLabels,
  ];
}

export const lossOp: Op<readonly Dense[], Attrs, Dense> = {
  name: "loss",
  *forward(inputs, attrs, taped) {
    const { x, y } = sides(inputs, attrs);
    const [n, m] = [x.shape[0] as number, y.shape[0] as number];
    const fn = `loss.${attrs.loss}`;
    const room = (shape: readonly number[]) => allocate(fn, shape, "float32", x.device);
    const state = room([native().loss.stateSize(Object.keys(LOSSES).indexOf(attrs.loss), n, m)]);
    const result = room(attrs.reduction === "none" ? [n] : []);
    yield (threads, job) =>
      native().loss.forward(...head([threads, job], inputs, attrs), floatsOf(result), floatsOf(state));
    if (!taped) discard(state);
    return { out: delivered(result, attrs.out), saved: state };
  },
  *backward(gradient, inputs, state, attrs): Steps<Gradients<readonly Dense[]>> {
    const { x, y, parameter } = sides(inputs, attrs);
    const fn = `loss.${attrs.loss}`;
    const room = (side: Dense | undefined) =>
      side?.requiresGrad ? allocate(fn, side.shape, "float32", side.device) : null;
    const dx = room(x);
    const dy = attrs.self ? null : room(y);
    const dParameter = room(parameter);
    yield (threads, job) =>
      native().loss.backward(
        ...head([threads, job], inputs, attrs),
        floatsOf(state),
        floatsOf(gradient),
        dx && floatsOf(dx),
        dy && floatsOf(dy),
        dParameter && floatsOf(dParameter),
      );
    return [dx, ...(attrs.self ? [] : [dy]), ...(parameter ? [dParameter] : [])];
  },
};

/** Of a float32 tensor, where it is. */
const floatsOf = (x: Dense) => memory(x) as Float32Array | DeviceArray;
