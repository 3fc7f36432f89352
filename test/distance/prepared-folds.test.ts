/** A prepared base wherever a base is: statistics of rows and columns, and by label, as without preparation. */
import { describe, expect, test } from "vitest";
import {
  labelStatistics,
  type LabelStatistics,
  labelStatisticsAsync,
  type Metric,
  prepare,
  rowStatistics,
} from "../../lib/distance/index.js";
import type { Input, Tensor } from "../../lib/types.js";
import { places, runOn, tensorHere } from "../support/places.js";
import { stored } from "../support/rows.js";
import { D, flat, named, numbers, rowsOf } from "./bases.js";
import { CHOICES } from "./choices.js";

const ALL = ["min", "max", "sum", "mean", "logSumExp"] as const;
const labelsOf = (n: number) => Int32Array.from({ length: n }, (_, i) => (i * i + 3 * i) % 7);

/** To 2e-4 of each value, and of a hundredth of the largest: what float32 may leave of a pair that is neither near nor far. */
function expectNear(what: string, got: Float64Array, wanted: Float64Array): void {
  const size = Math.max(...wanted.map((value) => (Number.isFinite(value) ? Math.abs(value) : 0)));
  const far = (value: number, right: number): boolean =>
    !Object.is(value, right) && !(Math.abs(value - right) <= 2e-4 * Math.max(Math.abs(right), 1e-2 * size));
  const found = [...got].flatMap((value, i) =>
    far(value, wanted[i] as number) ? [`[${i}] ${value} for ${wanted[i]}`] : [],
  );
  expect(found, what).toEqual([]);
}

function expectSameStatistics(
  what: string,
  x: Input,
  ready: Parameters<typeof rowStatistics>[1],
  y: Input,
  metric: Metric,
): void {
  const how = { rows: ALL, columns: ALL, scale: 0.5 };
  const [got, wanted] = [rowStatistics(x, ready, how), rowStatistics(x, y, { ...how, metric })];
  for (const side of ["rows", "columns"] as const)
    for (const name of ALL)
      expectNear(`${what}: ${name} of ${side}`, numbers(got[side][name]), numbers(wanted[side][name]));
}

function expectSameChoices(what: string, got: LabelStatistics, wanted: LabelStatistics): void {
  for (const choice of CHOICES) {
    expect(got[choice].indices.toArray(), `${what}: ${choice}`).toEqual(wanted[choice].indices.toArray());
    expectNear(`${what}: ${choice}`, numbers(got[choice].values), numbers(wanted[choice].values));
  }
  const counts = (of: LabelStatistics) =>
    [of.positives, of.negatives, of.positivesBeyond, of.negativesWithin].map((count) => count?.toArray());
  expect(counts(got), what).toEqual(counts(wanted));
}

describe.each(places())("folds over a prepared base on %s", (place) => {
  runOn(place);

  test.each([...named, ["cityblock", () => "cityblock"] as const, ["chebyshev", () => "chebyshev"] as const])(
    "%s: statistics of rows and columns, and extremes by label",
    (_, make) => {
      const metric = make() as Metric;
      for (const [n, m] of [
        [1, 9],
        [3, 150],
        [70, 130],
      ] as const) {
        const [x, y] = [flat(rowsOf(n, 3)), flat(rowsOf(m, 4))];
        const ready = prepare(y, { metric });
        expectSameStatistics(`${n}×${m}`, x, ready, y, metric);
        const [labels, others] = [labelsOf(n), labelsOf(m)];
        const margins = { posMargin: 0.7, negMargin: 0.8 };
        expectSameChoices(
          `${n}×${m}`,
          labelStatistics(x, labels, { reference: { embeddings: ready, labels: others }, ...margins }),
          labelStatistics(x, labels, { reference: { embeddings: y, labels: others }, metric, ...margins }),
        );
      }
    },
  );

  test.each(["inner", "cosine", "euclidean"] as const)("%s of rows kept as bfloat16 and as codes", (metric) => {
    const [x, others] = [flat(rowsOf(40, 5)), rowsOf(120, 6)];
    const rounded = others.map((row) => row.map((v) => stored(v, "bfloat16")));
    const kept = others.map((row) => {
      const scale = Math.fround(Math.max(...row.map(Math.abs)) / 127);
      return row.map((v) => Math.fround(scale * Math.round(Math.fround(v / scale))));
    });
    for (const [dtype, seen] of [
      ["bfloat16", flat(rounded)],
      ["int8", flat(kept)],
    ] as const) {
      const ready = prepare(flat(others), { metric, dtype });
      expectSameStatistics(dtype, x, ready, seen, metric);
      const [labels, known] = [labelsOf(40), labelsOf(120)];
      expectSameChoices(
        dtype,
        labelStatistics(x, labels, { reference: { embeddings: ready, labels: known } }),
        labelStatistics(x, labels, { reference: { embeddings: seen, labels: known }, metric }),
      );
    }
  });

  test("queries of bfloat16 against rows kept so, and of all types against any", () => {
    const others = flat(rowsOf(90, 8));
    for (const kept of ["float32", "bfloat16", "int8"] as const)
      for (const type of ["float32", "float16", "bfloat16"] as const) {
        const x = flat(rowsOf(20, 7)).to(type);
        const ready = prepare(others, { metric: "sqeuclidean", dtype: kept });
        const got = labelStatistics(x, labelsOf(20), { reference: { embeddings: ready, labels: labelsOf(90) } });
        const wide = labelStatistics(x.to("float32"), labelsOf(20), {
          reference: { embeddings: ready, labels: labelsOf(90) },
        });
        expectSameChoices(`${type} against ${kept}`, got, wide);
      }
  });

  test("at once and later, with dims of its own", async () => {
    const [x, y] = [flat(rowsOf(30, 1)), flat(rowsOf(80, 2))];
    const reference = { embeddings: prepare(y, { metric: "cosine", dims: 9 }), labels: labelsOf(80) };
    const plain = { reference: { embeddings: y, labels: labelsOf(80) }, metric: "cosine", dims: 9 } as const;
    const wanted = labelStatistics(x, labelsOf(30), plain);
    expectSameChoices("now", labelStatistics(x, labelsOf(30), { reference }), wanted);
    expectSameChoices("later", await labelStatisticsAsync(x, labelsOf(30), { reference }), wanted);
  });

  test("no rows of either side", () => {
    const none = tensorHere(new Float32Array(0), [0, D]);
    const first = (of: Tensor) => of.data()[0];
    const { rows } = rowStatistics(flat(rowsOf(2, 1)), prepare(none));
    expect([first(rows.min), first(rows.max), first(rows.sum), first(rows.logSumExp)]).toEqual([
      Infinity,
      -Infinity,
      0,
      -Infinity,
    ]);
    expect(rows.mean.data()[0]).toBeNaN();
    const { columns } = rowStatistics(none, prepare(flat(rowsOf(3, 1))), { rows: [], columns: ["sum"] });
    expect(columns.sum.toArray()).toEqual([0, 0, 0]);
    const reference = { embeddings: prepare(none), labels: [] };
    expect(labelStatistics(flat(rowsOf(2, 1)), [0, 1], { reference }).hardestNegative.indices.toArray()).toEqual([
      -1, -1,
    ]);
  });
});
