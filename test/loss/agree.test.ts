import { describe, expect, test } from "vitest";
import { tensor } from "../../lib/index.js";
import { ORACLES as METRICS } from "../distance/oracle.js";
import { exactly, expectEarned, singly } from "../support/earned.js";
import { untouched } from "../support/guard.js";
import { places, runOn } from "../support/places.js";
import type { Rows } from "../support/rows.js";
import { callOf, gradientOf } from "./call.js";
import { DATA, type Data, EDGES, LARGE, POISONS, problemOf, REDUCED, VARIANTS, type Variant } from "./cases.js";
import { type Expected, expected, type Problem } from "./expected.js";

const REDUCTIONS = ["mean", "meanNonZero", "sum", "none"] as const;
const upstream = (row: number): number => Math.fround(1.25 - 0.01 * row);

const known = new Map<string, readonly [Expected, Expected]>();

function expectedOf(problem: Problem, key: string): readonly [Expected, Expected] {
  const found = known.get(key) ?? ([expected(problem, exactly), expected(problem, singly)] as const);
  known.set(key, found);
  return found;
}

/** Value and all gradients, on the tape. */
function agree(variant: Variant, data: Data, reduction: Problem["reduction"]): void {
  const problem = problemOf(variant, data, reduction);
  if (problem === undefined) return;
  const what = `${variant.name}, ${reduction}, ${data.name}`;
  const [exact, naive] = expectedOf({ ...problem, upstream }, what);
  const call = callOf(problem, data);
  const arrays = [call.x.data(), ...(call.y ? [call.y.data()] : [])];
  const value = untouched(what, arrays, () => call.now());
  const shape = reduction === "none" ? [data.x.length] : [];
  expect(value.shape, what).toEqual(shape);
  expectEarned(`${what}, value`, value.data(), exact.value, naive.value, exact.valueTerms);
  const weights = Float32Array.from({ length: value.size }, (_, row) => upstream(row));
  untouched(what, arrays, () => value.backward(tensor(weights, shape)));
  expectEarned(`${what}, dx`, gradientOf(call.x, data.d), exact.dx, naive.dx, exact.dxTerms);
  if (call.y) expectEarned(`${what}, dy`, gradientOf(call.y, data.d), exact.dy, naive.dy, exact.dyTerms);
  if (call.temperature) {
    const got = call.temperature.grad?.data() as Float32Array;
    expectEarned(`${what}, dτ`, got, [exact.dTemperature], [naive.dTemperature], [exact.dTemperatureTerms]);
  }
}

describe.each(places())("losses on %s agree with the oracle, value and gradients", (place) => {
  runOn(place);
  describe.each(VARIANTS)("$name", (variant) => {
    test.each([...DATA, ...largeFor(variant), ...smoothOn(variant)])("$name", (data) => {
      agree(variant, data, variant.reduction);
    });
    test.each([...REDUCED, ...POISONS])("$name, every reduction", (data) => {
      for (const reduction of REDUCTIONS) agree(variant, data, reduction);
    });
  });
});

/** All of them for the first variant of each loss, one for the others: oracles grow with the square. */
function largeFor(variant: Variant): readonly Data[] {
  const first = VARIANTS.find(({ loss }) => loss === variant.loss);
  return first === variant ? LARGE : LARGE.slice(-1);
}

/** Where float32 does not decide on which side of a threshold a pair is. */
function smoothOn(variant: Variant): readonly Data[] {
  return EDGES.filter((data) => clearance(variant, data) > 2e-6);
}

test("no pair of the cases is so near a threshold that float32 could put it on the other side", () => {
  const all = [...DATA, ...LARGE, ...POISONS, ...REDUCED];
  const close = VARIANTS.flatMap((variant) =>
    all.filter((data) => clearance(variant, data) < 2e-6).map((data) => `${variant.name}, ${data.name}`),
  );
  expect(close).toEqual([]);
});

/** The least distance of a score from what decides about it: a margin, or with a miner the row's hardest pair. */
function clearance(variant: Variant, data: Data): number {
  const problem = problemOf(variant, data);
  if (problem === undefined) return Infinity;
  const y = problem.y ?? problem.x;
  const unit = (rows: Rows) =>
    problem.normalize ? rows.map((row) => row.map((value) => value / Math.max(Math.hypot(...row), 1e-12))) : rows;
  const [u, v] = [unit(problem.x), unit(y)];
  const score = METRICS[variant.metric].value;
  let least = Infinity;
  u.forEach((a, i) => {
    const row = v.flatMap((b, j) => (problem.y === undefined && i === j ? [] : [{ s: score(a, b, exactly), j }]));
    for (const { s } of row) for (const kink of variant.kinks) least = Math.min(least, Math.abs(s - kink));
    if (variant.params.epsilon === undefined) return;
    const others = problem.referenceLabels ?? (problem.labels as readonly number[]);
    const of = (same: boolean) => row.filter(({ j }) => (others[j] === problem.labels?.[i]) === same).map(({ s }) => s);
    const [positives, negatives] = [of(true), of(false)];
    const epsilon = variant.params.epsilon as number;
    for (const s of positives) least = Math.min(least, Math.abs(s - epsilon - Math.max(...negatives)));
    for (const s of negatives) least = Math.min(least, Math.abs(s + epsilon - Math.min(...positives)));
  });
  return least;
}
