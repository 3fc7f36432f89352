/** Losses that see whole rows of scores: from a checked call to their operation. */
import { normalize } from "../../algebra/normalize.js";
import type { Steps } from "../../async.js";
import { recordSteps } from "../../autograd.js";
import * as check from "../../check.js";
import type { Dense } from "../../dense.js";
import type { Call } from "../arguments.js";
import { LOSSES, type LossSpec, MINERS, type MinerSpec, WHOLE_METRICS } from "../table.js";
import type { Device } from "../../types.js";
import { centersOf } from "../centers.js";
import type { LossName } from "../types.js";
import { ranks } from "../hard-negatives.js";
import type { Mining } from "../ops.js";
import { boostingOp } from "./boosting.js";
import { type Lists, paired } from "./lists.js";
import { mineTriplets } from "./mine.js";
import { named } from "./named.js";
import { type RowPairs, rowPairs } from "./pairs.js";
import { rankedOp } from "./ranked.js";
import { RULES, type Rule, selectionOf } from "./rule.js";
import { scoredOp } from "./scored.js";
import { onUnitRows, rowsOf, type Scored, unitRows } from "./scores.js";
import { tripletsOp } from "./triplets.js";

type Attrs = Call["attrs"];
const specOf = (name: LossName): LossSpec => LOSSES[name];

/** Whether the call needs whole rows: its loss does, or its miner, or the metric's gradient; on a GPU also several centres of a class, and a miner that ranks. */
export function isWhole(attrs: Pick<Attrs, "loss" | "scalars" | "miner" | "metric">, device: Device): boolean {
  const { loss, miner, metric } = attrs;
  if (device !== "cpu" && (centersOf(attrs) > 1 || (miner && ranks(miner)))) return true;
  const chooses = miner !== undefined && (MINERS[miner.name] as MinerSpec).whole === true;
  return specOf(loss).whole === true || chooses || WHOLE_METRICS.includes(metric);
}

/** The loss, on the tape if an input is. */
export function* wholeSteps(
  { inputs, attrs }: Call,
  out: Dense | undefined,
  threads: number | undefined,
): Steps<Dense> {
  const fn = `loss.${attrs.loss}`;
  const sides = inputs.slice(0, attrs.self ? 1 : 2);
  const rows: Dense[] = [];
  for (const side of sides) rows.push(attrs.normalize ? yield* recordSteps(normalize, [side], null, threads) : side);
  if (attrs.loss === "boosting") return yield* boosted(fn, rows, attrs, out, threads);
  if (attrs.miner && ranks(attrs.miner)) return yield* ranked(fn, [...rows, ...inputs.slice(2)], attrs, out, threads);
  const { metric, turned } = onUnitRows(attrs.metric, attrs.normalize);
  const centers = centersOf(attrs);
  const pairs = rowPairs(attrs, rowsOf(sides.at(-1) as Dense) / centers);
  const { self, reduction } = attrs;
  const common = { fn, self, reduction, metric, pairs, out };
  if (!specOf(attrs.loss).whole && attrs.miner === undefined)
    return yield* recordSteps(
      { ...scoredOp, name: fn },
      rows,
      { ...common, loss: attrs.loss, scalars: attrs.scalars, centers },
      threads,
    );
  const params = named(specOf(attrs.loss).params, attrs.scalars);
  const mined = yield* minedOf(attrs, rows, pairs);
  const tensors = inputs.slice(sides.length);
  return yield* recordSteps(
    { ...tripletsOp, name: fn },
    [...rows, ...tensors],
    {
      ...common,
      rule: ruleOf(fn, params, attrs, turned),
      swap: params.swap === true,
      mined,
      betaSign: turned ? 1 : -1,
    },
    threads,
  );
}

function* boosted(
  fn: string,
  rows: readonly Dense[],
  attrs: Attrs,
  out: Dense | undefined,
  threads: number | undefined,
): Steps<Dense> {
  const { mode, beta, gamma } = named(specOf(attrs.loss).params, attrs.scalars) as Record<string, never>;
  const { metric } = onUnitRows(attrs.metric, attrs.normalize);
  const { teacherAnchors: x, teacherCandidates: y } = attrs.matrices;
  if (mode !== "base" && !(x && y))
    check.fail("ERR_ARGUMENT", fn, x ? "teacherCandidates" : "teacherAnchors", `be given with mode ${mode}`, undefined);
  const seen = (side: Dense): Dense => unitRows(side, attrs.normalize);
  const teacher = mode !== "base" && x && y ? { x: seen(x), y: seen(y), self: false, metric } : undefined;
  const student = { metric, self: false };
  const margin = 0.2 * beta;
  const { reduction } = attrs;
  return yield* recordSteps(
    { ...boostingOp, name: fn },
    rows,
    { fn, student, teacher, mode, margin, gamma, reduction, ids: attrs.exclude, out },
    threads,
  );
}

function* ranked(
  fn: string,
  inputs: readonly Dense[],
  attrs: Attrs,
  out: Dense | undefined,
  threads: number | undefined,
): Steps<Dense> {
  const params = named(specOf(attrs.loss).params, attrs.scalars) as Record<string, never>;
  const { guide, scalars: mining } = attrs.miner as Mining;
  const { reduction, scalars, beside, exclude: ids, normalize: unit } = attrs;
  const told = {
    ...{ fn, scalars, reduction, mining, beside, ids, out },
    metric: onUnitRows(attrs.metric, unit).metric,
    guide: guide && { x: unitRows(guide.x, unit), y: unitRows(guide.y, unit) },
    offset: params.targetOffset as number,
    symmetric: params.symmetric as boolean,
    temperature: params.temperature as number,
  };
  return yield* recordSteps({ ...rankedOp, name: fn }, inputs, told, threads);
}

/** Miners that compare or draw rather than choose by a rule: their triplets are listed first. */
const LISTED: readonly string[] = ["angular", "distanceWeighted"];

function* minedOf({ miner, self }: Attrs, rows: readonly Dense[], pairs: RowPairs): Steps<Lists | undefined> {
  if (miner === undefined || !LISTED.includes(miner.name)) return undefined;
  const [x, y = x] = rows as [Dense, Dense?];
  const of: Scored = { x, y, self, metric: "euclidean" };
  return paired(yield* mineTriplets(miner, { of, pairs }), x.shape[0] as number);
}

/** `turned`: the metric is 1 − the score. */
function ruleOf(fn: string, params: ReturnType<typeof named>, { loss, miner }: Attrs, turned: boolean): Rule {
  const { margin, beta, smooth, swap, rule } = params as Record<string, never>;
  const special = { margin: "margin", warp: "ranked" } as const;
  const value = special[loss as "margin"] ?? (smooth ? "smooth" : "hinge");
  const numbers = { value, margin, beta: turned ? 1 - beta : (beta ?? 0), missing: turned ? -1 : 0 } as const;
  if (miner && LISTED.includes(miner.name)) return { ...selectionOf(fn, undefined), positives: "listed", ...numbers };
  const other = RULES[rule as string];
  if (other === undefined) return { ...selectionOf(fn, miner), ...numbers };
  if (miner) check.fail("ERR_ARGUMENT", fn, "miner", `be left out with rule ${rule}`, miner.name);
  if (swap) check.fail("ERR_ARGUMENT", fn, "swap", `be left out with rule ${rule}`, swap);
  return { ...other, ...numbers };
}
