import { describe, expect, test } from "vitest";
import { pairwise, reduceRows } from "../../lib/distance/index.js";
import { noGrad, tensor } from "../../lib/index.js";
import { exactly, expectEarned, singly } from "../support/earned.js";
import { guarded, untouched } from "../support/guard.js";
import { at, places, put, runOn } from "../support/places.js";
import { fill, normal, type Rows, toBits } from "../support/rows.js";
import { CASES, type Case } from "./cases.js";
import { centre, type Oracle, oracleOf } from "./oracle.js";
import { REDUCE, reduced, reducedTerms, SCALE, scoresOf } from "./reductions.js";
import { fitRows, fitted, metricOf, type Variant, variantsHere, variantsOf } from "./variants.js";

function agree(given: Case, variant: Variant): void {
  const problem = fitted(variant, given);
  const { c, spec } = problem;
  const { exact, naive, terms } = scoresOf(problem);
  const metric = metricOf(spec);
  const x = put(c.x, c.d, c.storage, c.stride);
  const other = c.y === undefined ? x : put(c.y, c.d, c.storage, c.stride);
  for (const reduce of REDUCE) {
    const what = `${reduce} of ${problem.name}`;
    const guard = guarded(c.x.length, 1);
    const out = guard.out.reshape([c.x.length]);
    const scale = reduce === "logSumExp" ? { scale: SCALE } : {};
    untouched(what, [x, other], () => reduceRows(x, other, { reduce, metric, out, ...scale }));
    expectEarned(
      what,
      guard.values(),
      exact.map((row) => reduced(row, reduce, exactly)),
      naive.map((row) => reduced(row, reduce, singly)),
      terms.map((row, i) => reducedTerms(exact[i] as number[], row, reduce)),
    );
    guard.expectIntact(what);
  }
}

const d = 19;
const single = (rows: Rows): Rows => rows.map((row) => row.map(Math.fround));
const [x, y] = [single(fill(37, d, normal(31))), single(fill(53, d, normal(32)))];

/** Every metric, with rows that it takes. */
const problems = () =>
  variantsHere().map(({ name, of }) => {
    const spec = of(d);
    return { name, spec, metric: metricOf(spec), a: fitRows(spec, x), b: fitRows(spec, y) };
  });

describe.each(places())("on %s", (place) => {
  runOn(place);

  describe("reduceRows agrees with the oracle", () => {
    test.each(CASES)("$name", (c) => {
      for (const variant of variantsOf(c)) agree(c, variant);
    });
  });

  test.each(["float16", "bfloat16"] as const)(
    "a %s result is the float32 result, rounded once to nearest even",
    (dtype) => {
      for (const { name, metric, a, b } of problems()) {
        const full = pairwise(put(a, d), put(b, d), { metric }).data();
        for (const gap of [0, 3]) {
          const guard = guarded(37, 53, dtype, gap);
          expect(pairwise(put(a, d), put(b, d), { metric, out: guard.out })).toBe(guard.out);
          expect([...guard.values()], name).toEqual([...full].map((value) => toBits(value, dtype)));
          guard.expectIntact(`${name} ${dtype}`);
        }
        const sums = reduceRows(put(a, d), put(b, d), { metric, reduce: "max" }).data();
        const guard = guarded(37, 1, dtype);
        reduceRows(put(a, d), put(b, d), { metric, reduce: "max", out: guard.out.reshape([37]) });
        expect([...guard.values()], name).toEqual([...sums].map((value) => toBits(value, dtype)));
        guard.expectIntact(`max of ${name} ${dtype}`);
      }
    },
  );

  test("a view with a row stride gives the bits of a copy", () => {
    for (const { name, spec, metric, b } of problems()) {
      const wide = tensor(Float32Array.from(fitRows(spec, fill(37, 30, normal(33))).flat()), [37, 30], at());
      const view = wide.columns(5, 24);
      const copy = tensor(Float32Array.from((view.toArray() as number[][]).flat()), [37, d], at());
      const [got, wanted] = [view, copy].map((rows) => pairwise(rows, put(b, d), { metric }).data());
      expect(got, name).toEqual(wanted);
    }
  });

  test("inputs of different dtypes meet as the numbers they hold", () => {
    const quarters = y.map((row) => row.map((value) => Math.round(value * 4) / 4));
    for (const { name, spec, metric, a } of problems()) {
      const halves = fitRows(spec, quarters, "float16");
      const mixed = pairwise(put(a, d), put(halves, d, "float16"), { metric }).data();
      expect(mixed, name).toEqual(pairwise(put(a, d), put(halves, d), { metric }).data());
    }
  });

  test("NaN and infinities reach the pairs they belong to and no others", () => {
    for (const { name, spec, metric, a, b } of problems()) {
      // No point at infinity lies in the ball.
      const inf = spec.name === "poincare" ? Number.NaN : Number.POSITIVE_INFINITY;
      const odd = new Map([
        [3, Number.NaN],
        [20, inf],
        [30, -inf],
      ]);
      const rows = a.map((row, i) => row.map((value, k) => (k === i % d ? (odd.get(i) ?? value) : value)));
      const clean = pairwise(put(a, d), put(b, d), { metric }).toArray() as number[][];
      const got = pairwise(put(rows, d), put(b, d), { metric }).toArray() as number[][];
      const lost = (value: number) => (spec.name === "gaussian" ? value === 0 : !Number.isFinite(value));
      got.forEach((row, i) => {
        const what = `${name}, row ${i}`;
        const there = odd.get(i);
        if (there === undefined) {
          const room = row.map((_, j) => bound(oracleOf(spec), a[i] as number[], b[j] as number[]));
          expectEarned(what, row, clean[i] as number[], clean[i] as number[], room);
        } else expect(row.every(Number.isNaN(there) ? Number.isNaN : lost), what).toBe(true);
      });
    }
  });

  test("without a tape nothing is recorded, with one a result may be given back", () => {
    const leaf = tensor(Float32Array.from(x.flat()), [37, d], at({ requiresGrad: true }));
    const out = tensor(new Float32Array(37 * 37), [37, 37], at());
    expect(pairwise(leaf).requiresGrad).toBe(true);
    const result = noGrad(() => pairwise(leaf, undefined, { out }));
    expect(result).toBe(out);
    expect(result.requiresGrad).toBe(false);
  });
});

/** A bound on what one pair may move when the mean of all rows does. */
function bound(oracle: Oracle, a: readonly number[], b: readonly number[]): number {
  return oracle.terms(a, b, centre([...x, ...y], d)) * 4;
}
