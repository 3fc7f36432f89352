// The targets, judged on what was measured at the largest thread count of the run.
import type { Group } from "../problems/index.js";
import { Judge } from "./judge.js";
import { mostThreads, type Results } from "./results.js";
import { attentionBars } from "./targets/attention.js";
import { distanceBars } from "./targets/distance.js";
import { lossBars } from "./targets/loss.js";
import { searchBars } from "./targets/search.js";

export type { Bar } from "./judge.js";

/** Results from before there were groups have them all. */
const has = ({ problems }: Results, wanted: Group): boolean =>
  problems.some(({ group }) => group === undefined || group === wanted);

/** None where the run is no measure: a quick one, or a ceiling that is void. */
export function bars(results: Results) {
  if (results.quick || results.ceilings.length === 0) return [];
  const threads = mostThreads(results);
  const ceiling = results.ceilings.find((c) => c.threads === threads)!;
  if (!ceiling.valid) return [];
  const judge = new Judge(results, ceiling);
  return [
    ...(has(results, "distance") ? [...distanceBars(judge), ...searchBars(judge)] : []),
    ...(has(results, "loss") ? lossBars(judge) : []),
    ...(has(results, "attention") ? attentionBars(judge) : []),
  ];
}
