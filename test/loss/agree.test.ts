import { describe, expect, test } from "vitest";
import { tensor } from "../../lib/index.js";
import { exactly, expectEarned, singly, splits } from "../support/earned.js";
import { untouched } from "../support/guard.js";
import { at, places, runOn } from "../support/places.js";
import { callOf, gradientOf } from "./call.js";
import { DATA, type Data, EDGES, LARGE, PANELS, POISONS, REDUCED } from "./cases.js";
import { problemOf, VARIANTS, type Variant } from "./variants.js";
import { type Expected, expected, pairsOf, type Problem } from "./expected.js";

const REDUCTIONS = ["mean", "meanNonZero", "sum", "none"] as const;
/** More than float32 can move a score. */
const HAIR = 2e-6;
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
  const split = splits(data.storage);
  const [exact, naive] = expectedOf({ ...problem, upstream, split }, `${what}, ${split}`);
  const call = callOf(problem, data);
  const inputs = [call.x, ...(call.y ? [call.y] : [])];
  const value = untouched(what, inputs, () => call.now());
  const shape = reduction === "none" ? [data.x.length] : [];
  expect(value.shape, what).toEqual(shape);
  expectEarned(`${what}, value`, value.data(), exact.value, naive.value, exact.valueTerms, split);
  const weights = Float32Array.from({ length: value.size }, (_, row) => upstream(row));
  untouched(what, inputs, () => value.backward(tensor(weights, shape, at())));
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
    test.each([...DATA, ...largeFor(variant), ...smoothOn(variant), ...panelsFor(variant)])("$name", (data) => {
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

/** For one without thresholds: oracles of many pairs take their time. */
function panelsFor(variant: Variant): readonly Data[] {
  return variant.name === "multiSimilarity" ? PANELS : [];
}

/** Where float32 does not decide on which side of a threshold a pair is. */
function smoothOn(variant: Variant): readonly Data[] {
  return EDGES.filter((data) => clearance(variant, data) > HAIR);
}

test("no pair of the cases is so near a threshold that float32 could put it on the other side", () => {
  const all = [...DATA, ...LARGE, ...POISONS, ...REDUCED];
  const close = VARIANTS.flatMap((variant) =>
    all.filter((data) => clearance(variant, data) < HAIR).map((data) => `${variant.name}, ${data.name}`),
  );
  expect(close).toEqual([]);
});

/** The least distance of a score from a margin; 0 where a hair's change of a miner's parameters changes what it keeps. */
function clearance(variant: Variant, data: Data): number {
  const problem = problemOf(variant, data);
  if (problem === undefined) return Infinity;
  const { scores, kinds } = pairsOf(problem, exactly);
  const gaps = scores.flatMap((row, i) =>
    row.filter((_, j) => kinds[i]?.[j] !== 0).map((s) => Math.min(...variant.kinks.map((kink) => Math.abs(s - kink)))),
  );
  const least = gaps.reduce((a, b) => Math.min(a, b), Infinity);
  const { miner } = problem;
  if (miner === undefined) return least;
  const moved = [-HAIR, HAIR].map((hair) => {
    const params = Object.fromEntries(Object.entries(miner.params).map(([name, value]) => [name, value + hair]));
    return pairsOf({ ...problem, miner: { ...miner, params } }, exactly).kinds;
  });
  return moved.every((other) => JSON.stringify(other) === JSON.stringify(kinds)) ? least : 0;
}
