import { describe, test } from "vitest";
import { pairwise } from "../../lib/distance/index.js";
import { exactly, expectEarned, singly, splits } from "../support/earned.js";
import { guarded, untouched } from "../support/guard.js";
import { places, put, runOn } from "../support/places.js";
import { CASES, type Case } from "./cases.js";
import { matrix, centre } from "./oracle.js";
import { type Fitted, fitted, metricOf, tensorsOf, type Variant, variantsOf } from "./variants.js";

interface Expected {
  readonly exact: Float64Array;
  readonly naive: Float64Array;
  readonly terms: Float64Array;
}
const known = new Map<string, Expected>();

/** Made once, whatever the number of places. */
function expectedOf({ name, oracle, c, y, own }: Fitted): Expected {
  const middle = centre([...c.x, ...y], c.d);
  const found = known.get(name) ?? {
    exact: matrix(c.x, y, (a, b, i, j) => (own(i, j) ? 0 : oracle.value(a, b, exactly))),
    naive: matrix(c.x, y, (a, b, i, j) => (own(i, j) ? 0 : oracle.value(a, b, singly))),
    terms: matrix(c.x, y, (a, b) => oracle.terms(a, b, middle)),
  };
  known.set(name, found);
  return found;
}

function agree(given: Case, variant: Variant, gap: number): void {
  const problem = fitted(variant, given);
  const { name: what, spec, c } = problem;
  const metric = metricOf(spec);
  const x = put(c.x, c.d, c.storage, c.stride);
  const y = c.y && put(c.y, c.d, c.storage, c.stride);
  const guard = guarded(c.x.length, problem.y.length, "float32", gap);
  const inputs = [x, ...(y ? [y] : []), ...tensorsOf(metric)];
  untouched(what, inputs, () => pairwise(x, y, { metric, out: guard.out }));
  const { exact, naive, terms } = expectedOf(problem);
  expectEarned(what, guard.values(), exact, naive, terms, splits(c.storage));
  guard.expectIntact(what);
}

describe.each(places())(
  "pairwise on %s agrees with the oracle, stays inside its result, leaves its inputs alone",
  (place) => {
    runOn(place);
    test.each(CASES)("$name", (c) => {
      for (const variant of variantsOf(c)) agree(c, variant, 0);
    });
    test.each(CASES.filter(({ y }) => y !== undefined))("$name, 5 elements between the rows of the result", (c) => {
      for (const variant of variantsOf(c)) agree(c, variant, 5);
    });
  },
);
