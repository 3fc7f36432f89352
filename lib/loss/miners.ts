/** The miners of the table as functions. */
import { now, type Steps } from "../async.js";
import * as check from "../check.js";
import { matrix } from "../dense.js";
import { metricId, metricOf } from "../distance/metric.js";
import { native } from "../native.js";
import type { Input } from "../types.js";
import { labeledSides } from "./arguments.js";
import { minerId } from "./ops.js";
import { scalarsOf } from "./params.js";
import { MINERS } from "./table.js";
import type { Labels, MinedPairs, MineOptions, Miner, MinerName, Miners } from "./types.js";

function minerOf<N extends MinerName>(name: N): Miners[N] {
  const fn = `miner.${name}`;
  const specs = MINERS[name].params;
  const names = Object.keys(specs);
  return (options = {}): Miner<N> => {
    const given = check.options(fn, options, names) as Readonly<Record<string, number>>;
    const { values } = scalarsOf(fn, specs, given);
    const params = Object.fromEntries(names.map((param, at) => [param, values[at] as number]));
    const mine = (embeddings: Input, labels: Labels, how?: MineOptions<N>) =>
      now("mine", mineBody(name, values, embeddings, labels, how), { threads: how?.threads });
    return Object.freeze({ name, params: Object.freeze(params), mine });
  };
}

function* mineBody(
  name: MinerName,
  scalars: Float64Array,
  embeddings: Input,
  labels: Labels,
  options: MineOptions | undefined,
): Steps<MinedPairs> {
  const given = check.options("mine", options, ["reference", "metric", "normalize", "threads"]);
  const metric = metricOf("mine", given.metric ?? MINERS[name].metric, MINERS[name].metrics);
  const normalize = check.boolean("mine", "normalize", given.normalize ?? true);
  const { x, y, self, labels: own, otherLabels } = labeledSides("mine", embeddings, labels, given.reference);
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
      own as Int32Array,
      otherLabels as Int32Array,
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
