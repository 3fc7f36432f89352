import { describe, test } from "vitest";
import { pairwise } from "../../lib/distance/index.js";
import { DISTANCES } from "../../lib/distance/table.js";
import type { Metric } from "../../lib/distance/types.js";
import { exactly, expectEarned, singly, splits } from "../support/earned.js";
import { guarded, untouched } from "../support/guard.js";
import { places, put, runOn } from "../support/places.js";
import { CASES, type Case } from "./cases.js";
import { matrix, mean, ORACLES } from "./oracle.js";

const METRICS = Object.keys(DISTANCES) as Metric[];

interface Expected {
  readonly exact: Float64Array;
  readonly naive: Float64Array;
  readonly terms: Float64Array;
}
const known = new Map<string, Expected>();

/** Made once, whatever the number of places. */
function expectedOf(c: Case, metric: Metric): Expected {
  const key = `${metric} ${c.name}`;
  let found = known.get(key);
  if (found === undefined) {
    const oracle = ORACLES[metric];
    const y = c.y ?? c.x;
    const centre = mean([...c.x, ...y], c.d);
    const own = (i: number, j: number) => c.y === undefined && i === j && DISTANCES[metric].closer === "smaller";
    found = {
      exact: matrix(c.x, y, (a, b, i, j) => (own(i, j) ? 0 : oracle.value(a, b, exactly))),
      naive: matrix(c.x, y, (a, b, i, j) => (own(i, j) ? 0 : oracle.value(a, b, singly))),
      terms: matrix(c.x, y, (a, b) => oracle.terms(a, b, centre)),
    };
    known.set(key, found);
  }
  return found;
}

function agree(c: Case, metric: Metric, gap: number): void {
  const what = `${metric}, ${c.name}`;
  const x = put(c.x, c.d, c.storage, c.stride);
  const y = c.y && put(c.y, c.d, c.storage, c.stride);
  const guard = guarded(c.x.length, (c.y ?? c.x).length, "float32", gap);
  untouched(what, [x, ...(y ? [y] : [])], () => pairwise(x, y, { metric, out: guard.out }));
  const { exact, naive, terms } = expectedOf(c, metric);
  expectEarned(what, guard.values(), exact, naive, terms, splits(c.storage));
  guard.expectIntact(what);
}

describe.each(places())(
  "pairwise on %s agrees with the oracle, stays inside its result, leaves its inputs alone",
  (place) => {
    runOn(place);
    test.each(CASES)("$name", (c) => {
      for (const metric of METRICS) agree(c, metric, 0);
    });
    test.each(CASES.filter(({ y }) => y !== undefined))("$name, 5 elements between the rows of the result", (c) => {
      for (const metric of METRICS) agree(c, metric, 5);
    });
  },
);
