import { LOSSES, type LossSpec, type ParamSpecs } from "../../lib/loss/table.js";
import type { Data } from "./cases.js";
import type { Problem } from "./expected.js";
import { CONTRAST } from "./variants/contrast.js";
import { MARGINS } from "./variants/margins.js";
import { CLASSES } from "./variants/classes.js";
import { OPTIONS, withOptions } from "./variants/options.js";
import { PAIRS } from "./variants/pairs.js";
import { plain, type Variant } from "./variants/shared.js";
import { SOFTMAX } from "./variants/softmax.js";
import { TRIPLETS } from "./variants/triplets.js";

export type { Variant } from "./variants/shared.js";

export const VARIANTS: readonly Variant[] = [
  ...(Object.keys(LOSSES) as (keyof typeof LOSSES)[]).map(plain),
  ...PAIRS,
  ...SOFTMAX,
  ...MARGINS,
  ...CONTRAST,
  ...CLASSES,
  ...TRIPLETS,
  ...OPTIONS,
];

/** The plainest variant of each loss: it has all the data. */
export const isFirst = (variant: Variant): boolean => VARIANTS.find(({ loss }) => loss === variant.loss) === variant;

/**
 * The variant on the data, or nothing where it does not apply: paired losses need a candidate for each anchor.
 */
export function problemOf(variant: Variant, data: Data, reduction = variant.reduction): Problem | undefined {
  const problem = plainProblem(variant, data, reduction);
  return problem && withOptions(problem, variant);
}

function plainProblem(variant: Variant, data: Data, reduction: Problem["reduction"]): Problem | undefined {
  const { loss, params, metric, normalize, miner: mining } = variant;
  const { x, d, labels, y, referenceLabels } = data;
  const common = { loss, x, d, params, metric, normalize, reduction, ...(mining ? { miner: mining } : {}) };
  const spec: LossSpec = LOSSES[loss];
  if (spec.kind === "paired") {
    const candidates = y ?? [...x].reverse();
    const enough = x.length === 0 || candidates.length >= x.length + Number(params.targetOffset ?? 0);
    return enough ? filled({ ...common, y: candidates }) : undefined;
  }
  if (spec.kind === "listed") {
    const others = y
      ? { y, referenceLabels: referenceLabels as number[] }
      : { y: [...x].reverse(), referenceLabels: labels };
    return { ...common, labels, ...others };
  }
  if (spec.kind === "classed") return filled(classedProblem(common, data));
  return y ? { ...common, labels, y, referenceLabels: referenceLabels as number[] } : { ...common, labels };
}

/** Labels are classes of the weights, with one in seven of none. */
function classedProblem(common: Omit<Problem, "labels">, { x, y, labels }: Data): Problem {
  const all = y ?? x.slice(0, Math.max(1, Math.ceil(x.length / 2)));
  const centers = (common.params.centers as number | undefined) ?? 1;
  const weights = all.slice(0, all.length - (all.length % centers));
  const classCount = weights.length / centers;
  const classes = labels.map((label, i) =>
    i % 7 === 5 || classCount === 0 ? -100 : ((label % classCount) + classCount) % classCount,
  );
  return { ...common, y: weights, labels: classes };
}

/** A vector's place holder becomes numbers. */
function filled(problem: Problem): Problem {
  const specs: ParamSpecs = LOSSES[problem.loss].params;
  const params = Object.entries(problem.params).map(([name, value]) => {
    const spec = specs[name];
    if (spec?.kind === "pairWeights") return [name, pairWeights(problem)] as const;
    if (spec?.kind === "clusters") return [name, clusterings(problem)] as const;
    if (spec?.kind !== "vector" && spec?.kind !== "counts") return [name, value] as const;
    const rows = spec.kind === "vector" && spec.per === "anchor" ? problem.x : (problem.y ?? problem.x);
    const numbers = rows.map((_, at) => (at * 7) % 5);
    return [name, spec.kind === "counts" ? numbers : numbers.map((number) => Math.fround(number / 8 - 0.25))] as const;
  });
  return { ...problem, params: { ...Object.fromEntries(params), ...matrices(problem, specs) } };
}

/** Rows beside those of the problem: its own, turned by a column and a little apart. */
function matrices({ x, y = x }: Problem, specs: ParamSpecs): Problem["params"] {
  const beside = (rows: Problem["x"]) =>
    rows.map((row, i) =>
      row.map((_, k) => Math.fround(0.7 * (row[(k + 1) % row.length] as number) + 0.5 * Math.sin(i + 3 * k))),
    );
  return Object.fromEntries(
    Object.entries(specs).flatMap(([name, spec]) =>
      spec.kind === "rows" ? [[name, beside(spec.per === "anchor" ? x : y)] as const] : [],
    ),
  );
}

/** Some of them 0, those of a whole row now and then. */
function pairWeights({ x, y = [] }: Problem): readonly (readonly number[])[] {
  return x.map((_, i) => y.map((_, j) => (i % 11 === 3 ? 0 : ((i * 5 + j * 3) % 7) / 4)));
}

/** Three, the last of which knows one cluster only. */
function clusterings({ y = [] }: Problem): readonly (readonly number[])[] {
  return [3, 5, 1].map((size) => y.map((_, j) => (j * 7 + (j >> 2)) % size));
}
