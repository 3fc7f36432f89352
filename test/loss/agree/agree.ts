import { describe, expect, test } from "vitest";
import { tensor } from "../../../lib/index.js";
import { exactly, expectEarned, singly, splits } from "../../support/earned.js";
import { untouched } from "../../support/guard.js";
import { at, places, runOn } from "../../support/places.js";
import { callOf, gradientOf } from "../call.js";
import { DATA, type Data, EDGES, LARGE, PANELS, POISONS, REDUCED } from "../cases.js";
import { clear, clearance } from "../clear.js";
import { HAIR, isWhole, roundedBy } from "../clearance.js";
import { type Expected, expected, type Problem } from "../expected.js";
import { isFirst, problemOf, VARIANTS, type Variant } from "../variants.js";

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
  if (problem === undefined || (isWhole(variant) && !clear(variant, data))) return;
  const what = `${variant.name}, ${reduction}, ${data.name}`;
  const split = splits(data.storage);
  const [exact, naive] = expectedOf({ ...problem, upstream, split }, `${what}, ${split}`);
  const call = callOf(problem, data);
  const inputs = [call.x, ...(call.y ? [call.y] : [])];
  const value = untouched(what, inputs, () => call.now());
  const shape = reduction === "none" ? [exact.value.length] : [];
  expect(value.shape, what).toEqual(shape);
  expectEarned(`${what}, value`, value.data(), exact.value, naive.value, exact.valueTerms, split);
  const weights = Float32Array.from({ length: value.size }, (_, row) => upstream(row));
  untouched(what, inputs, () => value.backward(tensor(weights, shape, at())));
  const grown = [splits("float32"), roundedBy(problem, data.storage)] as const;
  expectEarned(`${what}, dx`, gradientOf(call.x, data.d), exact.dx, naive.dx, exact.dxTerms, ...grown);
  if (call.y) expectEarned(`${what}, dy`, gradientOf(call.y, data.d), exact.dy, naive.dy, exact.dyTerms, ...grown);
  for (const [name, tensor] of Object.entries(call.tensors)) {
    const got = tensor.grad?.data() as Float32Array;
    const { slope, terms } = exact.tensors[name] ?? { slope: 0, terms: 0 };
    expectEarned(`${what}, d${name}`, got, [slope], [naive.tensors[name]?.slope ?? 0], [terms]);
  }
  if (call.beside) {
    const got = call.beside.grad?.data() as Float32Array;
    expectEarned(`${what}, beside`, got, exact.beside, naive.beside, exact.besideTerms);
  }
  if (call.pairs) {
    const got = call.pairs.grad?.data() as Float32Array;
    expectEarned(`${what}, weights of pairs`, got, exact.pairs, naive.pairs, exact.pairsTerms);
  }
}

/** Tests of these variants on every place and all the data. */
export function agreement(variants: readonly Variant[]): void {
  describe.each(places())("losses on %s agree with the oracle, value and gradients", (place) => {
    runOn(place);
    describe.each(variants)("$name", (variant) => {
      test.each(dataFor(variant))("$name", (data) => {
        agree(variant, data, variant.reduction);
      });
      test.each([...REDUCED, ...POISONS])("$name, every reduction", (data) => {
        for (const reduction of reductionsFor(variant)) agree(variant, data, reduction);
      });
    });
  });
}

/** Oracles of triplets take their time: variants share the data, and the first has it all. Without rows close together, where the gradient of `pairwise` itself is rougher than the naive one. */
function dataFor(variant: Variant): readonly Data[] {
  if (isWhole(variant)) {
    const share = VARIANTS.indexOf(variant) % 3;
    return DATA.filter((_, at) => isFirst(variant) || at % 3 === share);
  }
  return [...DATA, ...largeFor(variant), ...smoothOn(variant), ...panelsFor(variant)];
}

const reductionsFor = (variant: Variant) => (isWhole(variant) && !isFirst(variant) ? [variant.reduction] : REDUCTIONS);

/** All of them for the first variant of each loss, one for the others: oracles grow with the square. */
function largeFor(variant: Variant): readonly Data[] {
  return isFirst(variant) ? LARGE : LARGE.slice(-1);
}

/** For one without thresholds: oracles of many pairs take their time. */
function panelsFor(variant: Variant): readonly Data[] {
  return variant.name === "multiSimilarity" ? PANELS : [];
}

/** Where float32 does not decide on which side of a threshold a pair is. */
function smoothOn(variant: Variant): readonly Data[] {
  // Which of equal centres is the closest, rounding decides.
  if (variant.loss === "arcFace" && Number(variant.params.centers) > 1) return [];
  return EDGES.filter((data) => clearance(variant, data) > HAIR);
}
