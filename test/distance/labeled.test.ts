import { describe, expect, test } from "vitest";
import {
  type LabelChoice,
  labelStatistics,
  type LabelStatisticsOptions,
  labelStatisticsAsync,
  prepare,
} from "../../lib/distance/index.js";
import { tensor } from "../../lib/index.js";
import type { Reference } from "../../lib/types.js";
import { exactly, expectEarned, type Round, singly } from "../support/earned.js";
import { untouched } from "../support/guard.js";
import { places, put, runOn, tensorHere } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { fill, normal, type Rows } from "../support/rows.js";
import { CHOICES, expected, type Problem, PROBLEMS } from "./choices.js";
import { centre, oracleOf, type Spec } from "./oracle.js";
import { closer, fitRows, metricOf, variantsOn } from "./variants.js";

const MARGINS: [number, number] = [9, 6];

function agree(p: Problem, spec: Spec, prepared = false): void {
  const larger = closer(spec) === "larger";
  const [sign, y] = [larger ? -1 : 1, p.y ?? p.x];
  const { value } = oracleOf(spec);
  const score = (i: number, j: number) => value(p.x[i] as number[], y[j] as number[], exactly);
  const others = p.y && put(p.y, 5);
  const embeddings = others && (prepared ? prepare(others, { metric: metricOf(spec) }) : others);
  const reference = embeddings && ({ embeddings, labels: p.otherLabels as readonly number[] } as Reference);
  const x = put(p.x, 5);
  for (const beyond of ["hardest", "easiest"] as const) {
    const margins = { posMargin: sign * MARGINS[0], negMargin: sign * MARGINS[1] };
    const how = { metric: metricOf(spec), beyond, ...margins, ...(reference ? { reference } : {}) };
    const wanted = expected(p, (i, j) => sign * score(i, j), beyond === "easiest", MARGINS);
    const got = untouched(p.name, [x], () => labelStatistics(x, p.labels, how));
    const list = (of: { data(): ArrayLike<number> } | undefined): number[] => Array.from(of?.data() ?? []);
    for (const choice of CHOICES) {
      const what = `${choice} beyond ${beyond} by ${spec.name}, ${p.name}`;
      expect(list(got[choice].indices), what).toEqual(wanted.indices[choice]);
      const values = wanted.indices[choice].map((j, i) => (j < 0 ? Number.NaN : Math.fround(score(i, j))));
      expect(list(got[choice].values), `values of ${what}`).toEqual(values);
    }
    const { positives, negatives, positivesBeyond, negativesWithin } = got;
    const counts = [positives, negatives, positivesBeyond, negativesWithin].map(list);
    expect(counts, `counts by ${spec.name}, ${p.name}`).toEqual([
      wanted.positives,
      wanted.negatives,
      wanted.beyond,
      wanted.within,
    ]);
  }
}

const EXACT: readonly Spec[] = (["inner", "sqeuclidean", "cityblock", "chebyshev"] as const).map((name) => ({ name }));
const d = 11;
const rows = (n: number, seed: number): Rows => fill(n, d, normal(seed)).map((row) => row.map(Math.fround));
const labelsOf = (n: number, classes: number) => Int32Array.from({ length: n }, (_, i) => (i * i + 3 * i) % classes);

describe.each(places())("labelStatistics on %s", (place) => {
  runOn(place);

  describe("agrees with the definitions to the last bit where scores are exact", () => {
    test.each(PROBLEMS)("$name", (p) => {
      for (const spec of EXACT) agree(p, spec);
    });

    test.each(PROBLEMS.filter(({ y }) => y))("$name, the reference prepared", (p) => {
      for (const spec of EXACT) agree(p, spec, true);
    });
  });

  describe("chooses as far or close a row as there is, by any metric", () => {
    test.each(variantsOn(place))("$name", ({ name, of }) => {
      const spec = of(d);
      const [x, y] = [fitRows(spec, rows(70, 1)), fitRows(spec, rows(110, 2))];
      const [labels, otherLabels] = [[...labelsOf(70, 7)], [...labelsOf(110, 7)]];
      const oracle = oracleOf(spec);
      const sign = closer(spec) === "larger" ? -1 : 1;
      const scores = (f: Round) => x.map((a) => y.map((b) => oracle.value(a, b, f)));
      const [exact, naive] = [scores(exactly), scores(singly)];
      const terms = x.map((a) => y.map((b) => oracle.terms(a, b, centre([...x, ...y], d))));
      const p = { name, x, y, labels, otherLabels };
      const wanted = expected(p, (i, j) => sign * (exact[i]?.[j] as number), false, MARGINS).indices;
      const reference = { embeddings: put(y, d), labels: otherLabels };
      const got = labelStatistics(put(x, d), labels, { metric: metricOf(spec), reference });
      for (const choice of CHOICES) {
        const indices = Array.from(got[choice].indices.data());
        const some = wanted[choice].flatMap((j, i) => (j < 0 ? [] : [[i, j] as const]));
        expect(some.length, `${choice} of ${name}`).toBeGreaterThan(20);
        const at = (m: readonly (readonly number[])[], of: readonly number[]) =>
          some.map(([i]) => m[i]?.[of[i] as number] as number);
        const [best, loosely, size] = [exact, naive, terms].map((m) => at(m, wanted[choice])) as [
          number[],
          number[],
          number[],
        ];
        const values = some.map(([i]) => got[choice].values.data()[i] as number);
        expectEarned(`${choice} of ${name}: value`, values, best, loosely, size);
        expectEarned(`${choice} of ${name}: the row chosen`, at(exact, indices), best, loosely, size);
      }
    });
  });

  test("a NaN is never chosen, an infinity is, and both are counted as pairs", () => {
    const [nan, inf] = [Number.NaN, Infinity];
    const y = { embeddings: tensorHere([[nan], [inf], [1], [nan], [-inf], [2]]), labels: [0, 0, 0, 1, 1, 1] };
    const got = labelStatistics(tensorHere([[1]]), [0], { reference: y, metric: "inner", posMargin: 5, negMargin: -5 });
    const at = (choice: LabelChoice) => [got[choice].values.data()[0], got[choice].indices.data()[0]];
    expect(CHOICES.map(at)).toEqual([
      [1, 2],
      [inf, 1],
      [2, 5],
      [-inf, 4],
      [-inf, 4],
    ]);
    expect([got.positives.data()[0], got.negatives.data()[0]]).toEqual([3, 3]);
    expect([got.positivesBeyond?.data()[0], got.negativesWithin?.data()[0]]).toEqual([1, 1]);
    const none = labelStatistics(tensorHere([[nan]]), [0], { reference: y });
    expect(CHOICES.map((choice) => none[choice].indices.data()[0])).toEqual([-1, -1, -1, -1, -1]);
  });

  test("the same bits for 1, 2 and 7 threads, at once and later", async () => {
    for (const [n, m] of [
      [600, 500],
      [5, 6000],
      [6000, 5],
    ] as const) {
      const [x, y] = [put(rows(n, 3), d), put(rows(m, 4), d)];
      const [labels, otherLabels] = [labelsOf(n, 9), labelsOf(m, 9)];
      for (const reference of n === 600
        ? [undefined, { embeddings: y, labels: otherLabels }]
        : [{ embeddings: y, labels: otherLabels }]) {
        const found = new Set<string>();
        for (const threads of [1, 2, 7]) {
          const how: LabelStatisticsOptions = {
            threads,
            posMargin: 3,
            negMargin: 4,
            ...(reference ? { reference } : {}),
          };
          for (const made of [labelStatistics(x, labels, how), await labelStatisticsAsync(x, labels, how)]) {
            const parts = [
              ...CHOICES.flatMap((choice) => [made[choice].values, made[choice].indices]),
              made.positivesBeyond,
              made.negativesWithin,
            ];
            found.add(parts.map((part) => Buffer.from(part?.data().buffer as ArrayBuffer).toString("base64")).join());
          }
        }
        expect(found.size, `${n}×${m}`).toBe(1);
      }
    }
  });
});

test("a reference that is the rows themselves has pairs of a row with itself, and columns may be left out", () => {
  const x = put(rows(40, 5), d);
  const labels = labelsOf(40, 4);
  const own = labelStatistics(x, labels);
  expect(own.positivesBeyond).toBeUndefined();
  expect(own.negativesWithin).toBeUndefined();
  const met = labelStatistics(x, labels, { reference: { embeddings: x, labels } });
  expect(Array.from(met.easiestPositive.indices.data())).toEqual([...labels.keys()]);
  expect(Array.from(met.positives.data())).toEqual(Array.from(own.positives.data(), (count: number) => count + 1));
  const narrow = labelStatistics(x, labels, { dims: 3 }).hardestPositive.values.data();
  const few = put(
    rows(40, 5).map((row) => row.slice(0, 3)),
    3,
  );
  expect(narrow).toEqual(labelStatistics(few, labels).hardestPositive.values.data());
});

test("2 · 10⁹ pairs are told apart without the matrix", () => {
  const n = 30_000;
  const x = tensor(
    Float32Array.from({ length: n }, (_, i) => i),
    [n, 1],
  );
  const labels = Int32Array.from({ length: n }, (_, i) => i % 2);
  const before = process.resourceUsage().maxRSS;
  const got = labelStatistics(x, labels, { negMargin: 1.5 });
  // N × M float32 would be 3.6 GB.
  expect(process.resourceUsage().maxRSS - before, "KiB more than before").toBeLessThan(100 * 1024);
  for (const [i, j] of [
    [0, 1],
    [1, 0],
    [15_000, 14_999],
    [n - 1, n - 2],
  ] as const)
    expect([got.hardestNegative.indices.data()[i], got.hardestNegative.values.data()[i]]).toEqual([j, 1]);
  expect(got.hardestPositive.indices.data()[0]).toBe(n - 2);
  expect(got.semiHardNegative.indices.data()[0]).toBe(n - 1);
  expect(got.semiHardNegative.indices.data()[15_000]).toBe(-1);
  expect([got.negativesWithin?.data()[0], got.negativesWithin?.data()[1]]).toEqual([1, 2]);
});

const any = (value: unknown) => value as never;
const two = tensor([
  [1, 2],
  [3, 4],
]);
const REFUSALS: readonly Refusal[] = [
  [
    "too few labels",
    () => labelStatistics(two, [1]),
    "ERR_SHAPE",
    "labelStatistics: labels must have 2 entries, one per row, got 1",
  ],
  [
    "labels that are no integers",
    () => labelStatistics(two, [1, 0.5]),
    "ERR_ARGUMENT",
    "labelStatistics: labels[1] must be an integer within int32, got 0.5",
  ],
  [
    "other columns",
    () => labelStatistics(two, [1, 2], { reference: { embeddings: tensor([[1]]), labels: [1] } }),
    "ERR_SHAPE",
    "labelStatistics: reference.embeddings must have 2 columns like x, got 1",
  ],
  [
    "too few labels of the reference",
    () => labelStatistics(two, [1, 2], { reference: { embeddings: two, labels: [1] } }),
    "ERR_SHAPE",
    "labelStatistics: reference.labels must have 2 entries, one per row, got 1",
  ],
  [
    "something unknown in the reference",
    () => labelStatistics(two, [1, 2], { reference: any({ embeddings: two, labels: [1, 2], weights: two }) }),
    "ERR_ARGUMENT",
    'labelStatistics: reference: there is no option "weights"; known are embeddings, labels',
  ],
  [
    "an unknown positive",
    () => labelStatistics(two, [1, 2], { beyond: any("any") }),
    "ERR_ARGUMENT",
    'labelStatistics: beyond must be one of hardest, easiest, got "any"',
  ],
  [
    "a margin that is no number",
    () => labelStatistics(two, [1, 2], { negMargin: Number.NaN }),
    "ERR_ARGUMENT",
    "labelStatistics: negMargin must be a finite number, got NaN",
  ],
  [
    "a place for the result",
    () => labelStatistics(two, [1, 2], any({ out: two })),
    "ERR_ARGUMENT",
    "labelStatistics: out cannot be given: the result is several tensors",
  ],
  [
    "an aborted signal",
    () => labelStatisticsAsync(two, [1, 2], { signal: AbortSignal.abort() }),
    "ERR_ABORTED",
    "labelStatisticsAsync: aborted by its signal",
  ],
];
describe("labelStatistics refuses", () => {
  test.each(REFUSALS)("%s", (...refusal) => expectRefused(refusal));
});
