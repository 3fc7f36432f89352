/** What a call of a loss or a miner says, checked against its entry in the table. */
import * as check from "../check.js";
import type { Dense } from "../dense.js";
import { metricOf } from "../distance/metric.js";
import { WarpweftError } from "../error.js";
import type { Input } from "../types.js";
import type { Attrs, Mining } from "./ops.js";
import { scalarsOf } from "./params.js";
import { LOSSES, type LossSpec, MINERS, type ParamSpecs, REDUCTIONS } from "./table.js";
import type { LossName, Miner, MinerName, Reduction, Reference } from "./types.js";

const COMMON = ["metric", "normalize", "reduction", "miner", "threads", "out"];
const absent = "is not in this release";
const NOT_YET = { matryoshka: absent, exclude: absent, focal: absent, logWeights: absent };

/** What decides the pairs: two matrices, and labels where the loss has them. */
export interface Sides {
  readonly x: Dense;
  readonly y: Dense;
  readonly self: boolean;
  readonly labels: Int32Array | null;
  readonly otherLabels: Int32Array | null;
}

/** Labels are copied: what the tape keeps must not change under it. */
export function labeledSides(fn: string, embeddings: Input, labels: unknown, reference: Reference | undefined): Sides {
  const x = check.matrix(fn, "embeddings", embeddings);
  const own = check.labels(fn, "labels", labels, x.shape[0] as number).slice();
  if (reference === undefined) return { x, y: x, self: true, labels: own, otherLabels: own };
  check.options(`${fn}: reference`, reference, ["embeddings", "labels"]);
  const y = check.matrix(fn, "reference.embeddings", reference.embeddings);
  check.sameColumns(fn, "reference.embeddings", y, "embeddings", x);
  check.sameDevice(fn, "reference.embeddings", y, "embeddings", x);
  const others = check.labels(fn, "reference.labels", reference.labels, y.shape[0] as number).slice();
  return { x, y, self: false, labels: own, otherLabels: others };
}

/** Row i of the anchors belongs to candidate i + offset, so there must be that many. */
function pairedSides(fn: string, anchors: Input, candidates: Input): Sides {
  const x = check.matrix(fn, "anchors", anchors);
  const y = check.matrix(fn, "candidates", candidates);
  check.sameColumns(fn, "candidates", y, "anchors", x);
  check.sameDevice(fn, "candidates", y, "anchors", x);
  return { x, y, self: false, labels: null, otherLabels: null };
}

function enough(fn: string, { x, y }: Sides, offset: number): void {
  const [n, m] = [x.shape[0] as number, y.shape[0] as number];
  if (n === 0 || m >= n + offset) return;
  const after = offset === 0 ? "" : ` after targetOffset ${offset}`;
  const wanted = `a row for each of the ${n} anchors${after}`;
  throw new WarpweftError(
    "ERR_SHAPE",
    `${fn}: candidates must have ${wanted}, so at least ${n + offset} rows, got ${m}`,
  );
}

export interface Call {
  /** Inputs of the operation, in its order. */
  readonly inputs: readonly Dense[];
  readonly attrs: Omit<Attrs, "out">;
}

type Given = Readonly<Record<string, unknown>>;

export function lossCall(name: LossName, first: Input, second: unknown, options: Given | undefined): Call {
  const fn = `loss.${name}`;
  const spec: LossSpec = LOSSES[name];
  const labeled = spec.kind === "labeled";
  const known = [...Object.keys(spec.params), ...COMMON, ...(labeled ? ["reference"] : [])];
  const refused = labeled ? NOT_YET : { ...NOT_YET, reference: "belongs to losses with labels" };
  const given: Given = check.options(fn, options, known, refused);
  const sides = labeled
    ? labeledSides(fn, first, second, given.reference as Reference | undefined)
    : pairedSides(fn, first, second as Input);
  const { values, tensor } = scalarsOf(fn, spec.params, given);
  if (tensor) check.sameDevice(fn, tensorOf(spec.params), tensor, labeled ? "embeddings" : "anchors", sides.x);
  const offset = Object.keys(spec.params).indexOf("targetOffset");
  if (!labeled) enough(fn, sides, values[offset] ?? 0);
  const attrs = {
    loss: name,
    scalars: values,
    metric: metricOf(fn, given.metric ?? spec.metric, LOSSES[name].metrics),
    miner: miningOf(fn, given.miner as Miner | undefined, spec.miners),
    reduction: check.choice(fn, "reduction", given.reduction ?? spec.reduction, Object.keys(REDUCTIONS) as Reduction[]),
    normalize: check.boolean(fn, "normalize", given.normalize ?? true),
    self: sides.self,
    labels: sides.labels,
    otherLabels: sides.otherLabels,
  };
  return { inputs: [sides.x, ...(sides.self ? [] : [sides.y]), ...(tensor ? [tensor] : [])], attrs };
}

/** The name of the parameter that may be a tensor. */
function tensorOf(specs: ParamSpecs): string {
  return Object.entries(specs).find(([, { kind }]) => kind === "tensor")?.[0] ?? "";
}

function miningOf(fn: string, given: Miner | undefined, known: readonly string[]): Mining | undefined {
  const miner = check.miner(fn, given, known);
  if (miner === undefined) return undefined;
  const name: MinerName = miner.name;
  return { name, scalars: scalarsOf(`${fn}: miner`, MINERS[name].params, miner.params ?? {}).values };
}
