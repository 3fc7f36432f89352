import fc from "fast-check";
import { test } from "vitest";
import { native } from "../../lib/native.js";
import { exactly, expectEarned, singly, splits } from "../support/earned.js";
import { places, use } from "../support/places.js";
import type { Storage } from "../support/rows.js";
import { callOf, gradientOf } from "./call.js";
import { type Data, drawn } from "./cases.js";
import { isWhole, roundedBy } from "./clearance.js";
import { expected, type Problem } from "./expected.js";
import { problemOf, VARIANTS, type Variant } from "./variants.js";

/** Those without thresholds: no draw can land on one. */
const SMOOTH = VARIANTS.filter(
  (variant) => variant.kinks.length === 0 && variant.miner === undefined && !isWhole(variant),
);

const problems = fc.record({
  place: fc.constantFrom(...places()),
  variant: fc.constantFrom<Variant>(...SMOOTH),
  reduction: fc.constantFrom<Problem["reduction"]>("mean", "meanNonZero", "sum", "none"),
  n: fc.nat(60),
  m: fc.option(fc.nat(110), { nil: undefined }),
  d: fc.integer({ min: 2, max: 24 }),
  classes: fc.integer({ min: 1, max: 30 }),
  storage: fc.constantFrom<Storage>("float32", "float16", "bfloat16"),
  gap: fc.nat(9),
  threads: fc.integer({ min: 1, max: 4 }),
});

test("any sizes, classes, strides, storages, threads and instruction set: value and gradients by the formula", () => {
  const before = native().instructionSet();
  fc.assert(
    fc.property(problems, ({ place, variant, reduction, threads, m, ...shape }) => {
      use(place);
      const data: Data = drawn("", { ...shape, ...(m === undefined ? {} : { m }) });
      const problem = problemOf(variant, data, reduction);
      fc.pre(problem !== undefined);
      const split = splits(data.storage);
      const [exact, naive] = [expected({ ...problem, split }, exactly), expected(problem, singly)];
      const call = callOf(problem, data);
      const value = call.now({ threads });
      expectEarned("value", value.data(), exact.value, naive.value, exact.valueTerms, split);
      if (reduction === "none") value.sum().backward();
      else value.backward();
      const grown = [splits("float32"), roundedBy(problem, data.storage)] as const;
      expectEarned("dx", gradientOf(call.x, data.d), exact.dx, naive.dx, exact.dxTerms, ...grown);
      if (call.y) expectEarned("dy", gradientOf(call.y, data.d), exact.dy, naive.dy, exact.dyTerms, ...grown);
    }),
    { numRuns: 300, seed: 20251122 },
  );
  use(before);
});
