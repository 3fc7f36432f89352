import { describe, expect, test } from "vitest";
import { pairwise, reduceRows } from "../../lib/distance/index.js";
import { DISTANCES } from "../../lib/distance/table.js";
import type { Metric, RowReduction } from "../../lib/distance/types.js";
import { noGrad, tensor } from "../../lib/index.js";
import { exactly, expectEarned, type Round, singly } from "../support/earned.js";
import { guarded, untouched } from "../support/guard.js";
import { at, places, put, runOn } from "../support/places.js";
import { fill, normal, type Rows, toBits } from "../support/rows.js";
import { CASES, type Case } from "./cases.js";
import { mean, ORACLES } from "./oracle.js";

const METRICS = Object.keys(DISTANCES) as Metric[];
const REDUCE: readonly RowReduction[] = ["min", "max", "sum", "mean", "logSumExp"];
const SCALE = 0.7;

/** One row of the matrix, reduced. */
function reduced(row: readonly number[], reduce: RowReduction, f: Round): number {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => f(total + value), 0);
  if (reduce === "min") return row.reduce((least, value) => Math.min(least, value), Infinity);
  if (reduce === "max") return row.reduce((most, value) => Math.max(most, value), -Infinity);
  if (reduce === "sum") return sum(row);
  if (reduce === "mean") return f(sum(row) / row.length);
  const top = Math.max(...row);
  if (row.length === 0) return -Infinity;
  return f(f(SCALE * top) + f(Math.log(sum(row.map((value) => f(Math.exp(f(SCALE * f(value - top)))))))));
}

/** Σ|terms|: rounding of an extreme is that of the score, of a log-sum-exp that of the largest exponent. */
function reducedTerms(values: readonly number[], terms: readonly number[], reduce: RowReduction): number {
  const all = terms.reduce((total, term) => total + term, 0);
  if (reduce === "sum") return all;
  if (reduce === "mean") return all / terms.length;
  const size = Math.max(0, ...terms);
  if (reduce !== "logSumExp") return size;
  return SCALE * (size + Math.max(0, ...values.map(Math.abs))) + Math.log(Math.max(1, values.length)) + 1;
}

interface Scores {
  readonly exact: readonly number[][];
  readonly naive: readonly number[][];
  readonly terms: readonly number[][];
}
const known = new Map<string, Scores>();

/** Made once, whatever the number of places. */
function scoresOf(c: Case, metric: Metric): Scores {
  const key = `${metric} ${c.name}`;
  const y = c.y ?? c.x;
  const oracle = ORACLES[metric];
  const centre = mean([...c.x, ...y], c.d);
  const own = (i: number, j: number) => c.y === undefined && i === j && DISTANCES[metric].closer === "smaller";
  const rows = (f: Round) => c.x.map((a, i) => y.map((b, j) => (own(i, j) ? 0 : oracle.value(a, b, f))));
  const terms = () => c.x.map((a) => y.map((b) => oracle.terms(a, b, centre)));
  const found = known.get(key) ?? { exact: rows(exactly), naive: rows(singly), terms: terms() };
  known.set(key, found);
  return found;
}

function agree(c: Case, metric: Metric): void {
  const { exact, naive, terms } = scoresOf(c, metric);
  const x = put(c.x, c.d, c.storage, c.stride);
  const other = c.y === undefined ? x : put(c.y, c.d, c.storage, c.stride);
  for (const reduce of REDUCE) {
    const what = `${reduce} of ${metric}, ${c.name}`;
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

const single = (rows: Rows): Rows => rows.map((row) => row.map(Math.fround));
const [x, y] = [single(fill(37, 19, normal(31))), single(fill(53, 19, normal(32)))];

describe.each(places())("on %s", (place) => {
  runOn(place);

  describe("reduceRows agrees with the oracle", () => {
    test.each(CASES)("$name", (c) => {
      for (const metric of METRICS) agree(c, metric);
    });
  });

  test.each(["float16", "bfloat16"] as const)(
    "a %s result is the float32 result, rounded once to nearest even",
    (dtype) => {
      for (const metric of METRICS) {
        const full = pairwise(put(x, 19), put(y, 19), { metric }).data();
        for (const gap of [0, 3]) {
          const guard = guarded(37, 53, dtype, gap);
          expect(pairwise(put(x, 19), put(y, 19), { metric, out: guard.out })).toBe(guard.out);
          expect([...guard.values()]).toEqual([...full].map((value) => toBits(value, dtype)));
          guard.expectIntact(`${metric} ${dtype}`);
        }
        const sums = reduceRows(put(x, 19), put(y, 19), { metric, reduce: "max" }).data();
        const guard = guarded(37, 1, dtype);
        reduceRows(put(x, 19), put(y, 19), { metric, reduce: "max", out: guard.out.reshape([37]) });
        expect([...guard.values()]).toEqual([...sums].map((value) => toBits(value, dtype)));
        guard.expectIntact(`max of ${metric} ${dtype}`);
      }
    },
  );

  test("a view with a row stride gives the bits of a copy", () => {
    const wide = tensor(Float32Array.from(fill(37, 30, normal(33)).flat()), [37, 30], at());
    const view = wide.columns(5, 24);
    const copy = tensor(Float32Array.from((view.toArray() as number[][]).flat()), [37, 19], at());
    for (const metric of METRICS) {
      expect(pairwise(view, put(y, 19), { metric }).data()).toEqual(pairwise(copy, put(y, 19), { metric }).data());
    }
  });

  test("inputs of different dtypes meet as the numbers they hold", () => {
    const halves = y.map((row) => row.map((value) => Math.round(value * 4) / 4));
    for (const metric of METRICS) {
      const mixed = pairwise(put(x, 19), put(halves, 19, "float16"), { metric }).data();
      expect(mixed).toEqual(pairwise(put(x, 19), put(halves, 19), { metric }).data());
    }
  });

  test("NaN and infinities reach the pairs they belong to and no others", () => {
    const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];
    const odd = x.map((row, i) =>
      row.map((value, k) => (k !== i % 19 ? value : i === 3 ? nan : i === 20 ? inf : i === 30 ? -inf : value)),
    );
    for (const metric of METRICS) {
      const clean = pairwise(put(x, 19), put(y, 19), { metric }).toArray() as number[][];
      const got = pairwise(put(odd, 19), put(y, 19), { metric }).toArray() as number[][];
      got.forEach((row, i) => {
        const what = `${metric}, row ${i}`;
        if (i === 3) expect(row.every(Number.isNaN), what).toBe(true);
        else if (i === 20 || i === 30)
          expect(
            row.every((value) => !Number.isFinite(value)),
            what,
          ).toBe(true);
        else
          expectEarned(
            what,
            row,
            clean[i] as number[],
            clean[i] as number[],
            row.map((_, j) => bound(metric, i, j)),
          );
      });
    }
  });

  test("without a tape nothing is recorded, with one a result may be given back", () => {
    const leaf = tensor(Float32Array.from(x.flat()), [37, 19], at({ requiresGrad: true }));
    const out = tensor(new Float32Array(37 * 37), [37, 37], at());
    expect(pairwise(leaf).requiresGrad).toBe(true);
    const result = noGrad(() => pairwise(leaf, undefined, { out }));
    expect(result).toBe(out);
    expect(result.requiresGrad).toBe(false);
  });
});

/** A bound on what one pair may move when the mean of all rows does. */
function bound(metric: Metric, i: number, j: number): number {
  return ORACLES[metric].terms(x[i] as number[], y[j] as number[], mean([...x, ...y], 19)) * 4;
}
