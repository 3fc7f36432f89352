/** The miners of the table as functions. */
import { now, type Steps } from "../async.js";
import * as check from "../check.js";
import { matrix } from "../dense.js";
import { metricId, metricOf } from "../distance/metric.js";
import { native } from "../native.js";
import type { Input } from "../types.js";
import { excludedIds } from "./exclude.js";
import { guideRows, hardNegativesParams, rankable, ranks } from "./hard-negatives.js";
import { guideOf, type Mining, matchingId, minerId } from "./ops.js";
import { scalarsOf } from "./params.js";
import { labeledSides } from "./sides.js";
import { MINERS, type MinerSpec, type ParamSpecs } from "./table.js";
import type {
  Guide,
  HardNegatives,
  Labels,
  MinedPairs,
  MinedTriplets,
  MineOptions,
  Miner,
  MinerName,
  Miners,
} from "./types.js";
import { hardest } from "./whole/draw.js";
import { mineTriplets, miningOf } from "./whole/mine.js";
import { mineRanked } from "./whole/mine-ranked.js";
import { unitRows } from "./whole/scores.js";
import { named } from "./whole/named.js";
import { selectionOf } from "./whole/rule.js";

function minerOf<N extends MinerName>(name: N): Miners[N] {
  const fn = `miner.${name}`;
  const names = Object.keys(MINERS[name].params);
  const make = (options: Readonly<Record<string, unknown>> = {}): Miner<N> =>
    name === "hardNegatives"
      ? made(name, hardNegativesParams(fn, options), (options as HardNegatives).guide)
      : made(name, check.options(fn, options, names));
  return make as unknown as Miners[N];
}

function made<N extends MinerName>(name: N, given: Readonly<Record<string, unknown>>, guide?: Guide): Miner<N> {
  const fn = `miner.${name}`;
  const specs: ParamSpecs = MINERS[name].params;
  const { values } = scalarsOf(fn, specs, given);
  const params = Object.freeze(named(specs, values));
  if (name === "batchEasyHard") selectionOf(fn, { name, params });
  const mine = (embeddings: Input, labels: Labels, how?: MineOptions<N>) =>
    now("mine", mineBody({ name, params, scalars: values }, guide, embeddings, labels, how), { threads: how?.threads });
  return Object.freeze({ name, params, ...(guide ? { guide } : {}), mine }) as unknown as Miner<N>;
}

const isWhole = (name: MinerName): boolean => (MINERS[name] as MinerSpec).whole === true;

function* mineBody(
  { name, params, scalars }: Pick<Mining, "name" | "params" | "scalars">,
  rows: Guide | undefined,
  embeddings: Input,
  labels: Labels,
  options: MineOptions | undefined,
): Steps<MinedPairs | MinedTriplets> {
  const given = check.options("mine", options, ["reference", "metric", "normalize", "exclude", "threads"]);
  const metric = metricOf("mine", given.metric ?? MINERS[name].metric, MINERS[name].metrics);
  const normalize = check.boolean("mine", "normalize", given.normalize ?? true);
  const sides = labeledSides("mine", embeddings, labels, given.reference);
  const { x, y, self, match, words, labels: own, otherLabels } = sides;
  const exclude = excludedIds("mine", given.exclude, sides);
  if (isWhole(name)) {
    const mining = miningOf(sides, exclude, metric, normalize);
    if (name === "hardestFraction") return yield* hardest(mining, params.fraction as number);
    return yield* mineTriplets({ name, params }, mining);
  }
  const guide = guideRows("mine", rows, sides);
  rankable("mine", { name, params, scalars, guide }, sides);
  if (x.device !== "cpu" && ranks({ name, scalars, guide })) {
    const seen = guide && { x: unitRows(guide.x, normalize), y: unitRows(guide.y, normalize) };
    return yield* mineRanked(miningOf(sides, exclude, metric, normalize), scalars, seen);
  }
  let pairs: MinedPairs | undefined;
  yield (threads) => {
    pairs = native().loss.mine(
      threads,
      undefined,
      minerId(name),
      scalars,
      metricId(metric),
      normalize,
      ...matrix(x),
      ...matrix(y),
      x.shape[1] as number,
      self,
      matchingId(match),
      words,
      own as Int32Array,
      otherLabels as Int32Array,
      exclude?.rows ?? null,
      exclude?.columns ?? null,
      ...guideOf(guide, x, y),
      0,
      null,
    );
  };
  return pairs as unknown as MinedPairs;
}

/**
 * Mining rules. Given to a loss that can use it, a miner is fused into its kernel; called through `mine`, it returns
 * what it keeps. One per entry of the table: parameters, formulas and sources are in docs/reference/loss.md.
 *
 * @throws WarpweftError ERR_ARGUMENT for an unknown parameter, or one out of its range.
 */
export const miner = Object.fromEntries(
  (Object.keys(MINERS) as MinerName[]).map((name) => [name, minerOf(name)]),
) as Miners;
