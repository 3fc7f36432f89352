/** What a call of a loss or a miner says, checked against its entry in the table. */
import * as check from "../check.js";
import type { Dense } from "../dense.js";
import { metricOf } from "../distance/metric.js";
import type { Input } from "../types.js";
import { excludedIds } from "./exclude.js";
import { guideRows, rankable } from "./hard-negatives.js";
import { marginsGiven } from "./margins.js";
import { prefixesOf } from "./matryoshka.js";
import type { Attrs, Mining } from "./ops.js";
import { scalarsOf } from "./params.js";
import type { Assembly, Collection } from "./rows.js";
import {
  classedSides,
  classSides,
  enough,
  IGNORED,
  labeledSides,
  listedSides,
  pairedSides,
  type Sides,
  viewSides,
} from "./sides.js";
import { LOSSES, type LossSpec, MINERS, type ParamSpecs, REDUCTIONS } from "./table.js";
import type { Exclude, Guide, LossName, Miner, MinerName, Reduction, Reference } from "./types.js";
import { matricesOf, vectorsOf } from "./vectors.js";
import { weightsOf } from "./weights.js";

/** Options of every loss of a kind, besides its parameters. */
const OPTIONS = {
  labeled: ["metric", "normalize", "reduction", "miner", "exclude", "matryoshka", "threads", "out", "reference"],
  paired: ["metric", "normalize", "reduction", "miner", "exclude", "matryoshka", "threads", "out"],
  classed: ["normalize", "reduction", "matryoshka", "threads", "out", "ignoreIndex"],
  listed: ["metric", "normalize", "reduction", "exclude", "matryoshka", "threads", "out"],
} as const satisfies Record<LossSpec["kind"], readonly string[]>;
const ELSEWHERE = "belongs to losses with labels";
const REFUSED: Readonly<Record<LossSpec["kind"], Readonly<Record<string, string>>>> = {
  labeled: {},
  paired: { reference: ELSEWHERE },
  classed: { exclude: "belongs to losses over pairs of embeddings, not to classes" },
  listed: { reference: ELSEWHERE },
};

export interface Call {
  /** Inputs of the operation, in its order; its matrices may have to be assembled of those. */
  readonly inputs: readonly Dense[];
  readonly made: readonly Assembly[];
  /** Where an anchor's value belongs, if not at the anchor's own number. */
  readonly collected: Collection | undefined;
  readonly attrs: Omit<Attrs, "out">;
  /** widths of the prefixes that the loss is summed over */
  readonly prefixes: readonly number[] | undefined;
}

type Given = Readonly<Record<string, unknown>>;

/** `args` are the call's: two, or with classes three, before the options. */
export function lossCall(name: LossName, args: readonly unknown[]): Call {
  const fn = `loss.${name}`;
  const spec: LossSpec = LOSSES[name];
  const given = optionsOf(fn, spec, args[argumentsOf(spec)]);
  const sides = sidesOf(fn, spec, args, given);
  const { values, tensors } = scalarsOf(fn, spec.params, given);
  const first = spec.kind === "paired" ? "anchors" : spec.kind === "listed" ? "users" : "embeddings";
  const names = Object.keys(spec.params).filter((param) => spec.params[param]?.kind === "tensor");
  tensors.forEach((tensor, at) => {
    if (tensor) check.sameDevice(fn, names[at] as string, tensor, first, sides.x);
  });
  if (spec.kind === "paired") enough(fn, sides, values[Object.keys(spec.params).indexOf("targetOffset")] ?? 0);
  const { beside, given: own } = vectorsOf(fn, spec.params, given, sides);
  const { weights, clusters } = weightsOf(fn, spec.params, given, sides);
  const parameters = tensors.filter((tensor) => tensor !== undefined);
  const attrs = {
    loss: name,
    scalars: values,
    metric: metricOf(fn, given.metric ?? spec.metric, LOSSES[name].metrics),
    miner: miningOf(fn, given.miner as Miner | undefined, spec.miners, sides),
    reduction: check.choice(fn, "reduction", given.reduction ?? spec.reduction, Object.keys(REDUCTIONS) as Reduction[]),
    normalize: check.boolean(fn, "normalize", given.normalize ?? spec.normalize ?? true),
    self: sides.self,
    match: sides.match,
    labels: sides.labels,
    otherLabels: sides.otherLabels,
    words: sides.words,
    prefixes: undefined,
    exclude: excludedIds(fn, given.exclude as Exclude | undefined, sides),
    beside: beside !== undefined,
    given: name === "elasticFace" ? marginsGiven(fn, given, sides, own) : own,
    weighted: weights !== undefined,
    clusters,
    positives: sides.positives,
    matrices: matricesOf(fn, spec.params, given, sides),
    tensors: tensors.map((tensor) => tensor !== undefined),
  };
  distancesOnly(fn, attrs.miner?.name, attrs.metric);
  const rows = sides.made ? [] : [sides.x, ...(sides.self ? [] : [sides.y])];
  const inputs = [...rows, ...(beside ? [beside] : []), ...(weights ? [weights] : []), ...parameters];
  const collected = attrs.reduction === "none" ? sides.collected : undefined;
  return { inputs, made: sides.made ?? [], collected, attrs, prefixes: prefixesOf(fn, given.matryoshka, sides.x) };
}

/** How many arguments stand before the options. */
export const argumentsOf = ({ kind }: LossSpec): number => (kind === "classed" || kind === "listed" ? 3 : 2);

function optionsOf(fn: string, spec: LossSpec, options: unknown): Given {
  const known = [...Object.keys(spec.params), ...OPTIONS[spec.kind]];
  return check.options(fn, options as Given | undefined, known, REFUSED[spec.kind]);
}

function sidesOf(fn: string, spec: LossSpec, args: readonly unknown[], given: Given): Sides {
  const [first, second, third] = args as [Input, unknown, Input];
  switch (spec.kind) {
    case "labeled": {
      const sides = labeledSides(fn, first, second, given.reference as Reference | undefined);
      return spec.anchors === "classes" ? classSides(fn, sides) : sides;
    }
    case "paired":
      return (spec.anchors === "views" ? viewSides : pairedSides)(fn, first, second as Input);
    case "listed":
      return listedSides(fn, first, second as Input, args[2]);
    case "classed": {
      const ignored = check.number(fn, "ignoreIndex", given.ignoreIndex ?? IGNORED, { integer: true });
      const weightsFirst = spec.anchors === "weights";
      return classedSides(fn, first, second, third, { ignored, weightsFirst, centers: centersOf(fn, spec, given) });
    }
  }
}

/** Of a class: one, where the loss has no such parameter. */
function centersOf(fn: string, { params }: LossSpec, { centers }: Given): number {
  const spec = params.centers;
  if (spec?.kind !== "number") return 1;
  return check.number(fn, "centers", centers ?? spec.default, { min: 1, max: spec.max ?? Infinity, integer: true });
}

function miningOf(fn: string, given: Miner | undefined, known: readonly string[], sides: Sides): Mining | undefined {
  const miner = check.miner(fn, given, known);
  if (miner === undefined) return undefined;
  const name: MinerName = miner.name;
  const params = miner.params ?? {};
  const { values } = scalarsOf(`${fn}: miner`, MINERS[name].params as ParamSpecs, params);
  const guide = guideRows(`${fn}: miner`, (miner as { guide?: Guide }).guide, sides);
  const mining = { name, params, scalars: values, guide };
  rankable(fn, mining, sides);
  return mining;
}

/** A miner of pairs that stands before a loss takes the metrics of its own entry. */
function distancesOnly(fn: string, name: MinerName | undefined, metric: string): void {
  if (name !== "pairMargin" || (MINERS[name].metrics as readonly string[]).includes(metric)) return;
  const wanted = `be one of ${MINERS[name].metrics.join(", ")} with miner.${name}()`;
  check.fail("ERR_ARGUMENT", fn, "metric", wanted, metric);
}
