/** Miners that see whole rows of scores, as functions. */
import type { Steps } from "../../async.js";
import type { MetricName } from "../../distance/types.js";
import type { Ids } from "../exclude.js";
import type { Sides } from "../sides.js";
import type { MinedTriplets, Miner } from "../types.js";
import { angled, drawn } from "./draw.js";
import { keepOf } from "./keep.js";
import { rowPairs } from "./pairs.js";
import { kept, type Mining } from "./rows.js";
import { selectionOf } from "./rule.js";
import { onUnitRows, unitRows } from "./scores.js";

export function miningOf(sides: Sides, exclude: Ids | undefined, metric: MetricName, normalized: boolean): Mining {
  const x = unitRows(sides.x, normalized);
  const y = sides.self ? x : unitRows(sides.y, normalized);
  return {
    of: { x, y, self: sides.self, metric: onUnitRows(metric, normalized).metric },
    pairs: rowPairs({ ...sides, exclude }),
  };
}

export function* mineTriplets(miner: Pick<Miner, "name" | "params">, mining: Mining): Steps<MinedTriplets> {
  const params = miner.params as Readonly<Record<string, never>>;
  if (miner.name === "angular") return yield* angled(mining, params.degrees);
  if (miner.name === "distanceWeighted") return yield* drawn(mining, params as unknown as Parameters<typeof drawn>[1]);
  return yield* kept(mining, keepOf(selectionOf("mine", miner)));
}
