/** Who is chosen by label, as the definitions say, and the problems that are asked. */
import type { LabelChoice } from "../../lib/distance/index.js";
import { LABEL_CHOICES } from "../../lib/distance/table.js";
import { type Rows, uniform } from "../support/rows.js";

export const CHOICES = Object.keys(LABEL_CHOICES) as LabelChoice[];

export interface Problem {
  readonly name: string;
  readonly x: Rows;
  readonly labels: readonly number[];
  /** Without them x is its own reference. */
  readonly y?: Rows;
  readonly otherLabels?: readonly number[];
}
export interface Found {
  readonly indices: Readonly<Record<LabelChoice, number[]>>;
  readonly positives: number[];
  readonly negatives: number[];
  readonly beyond: number[];
  readonly within: number[];
}

/** As the definitions say, row by row: `key` grows with distance. */
export function expected(
  p: Problem,
  key: (i: number, j: number) => number,
  easiest: boolean,
  margins: [number, number],
): Found {
  const others = p.otherLabels ?? p.labels;
  const pairs = p.labels.map((label, i) => {
    const all = others.map((other, j) => ({ j, same: other === label, d: key(i, j) }));
    const there = p.y === undefined ? all.filter(({ j }) => j !== i) : all;
    return { positives: there.filter(({ same }) => same), negatives: there.filter(({ same }) => !same) };
  });
  type Pair = { readonly j: number; readonly d: number };
  const best = (of: readonly Pair[], before: (a: number, b: number) => boolean): Pair | undefined =>
    of
      .filter(({ d }) => !Number.isNaN(d))
      .reduce<Pair | undefined>((top, one) => (!top || before(one.d, top.d) ? one : top), undefined);
  const [near, far] = [(a: number, b: number) => a < b, (a: number, b: number) => a > b];
  const index = (of: Pair | undefined): number => of?.j ?? -1;
  return {
    indices: {
      hardestPositive: pairs.map(({ positives }) => index(best(positives, far))),
      easiestPositive: pairs.map(({ positives }) => index(best(positives, near))),
      hardestNegative: pairs.map(({ negatives }) => index(best(negatives, near))),
      easiestNegative: pairs.map(({ negatives }) => index(best(negatives, far))),
      semiHardNegative: pairs.map(({ positives, negatives }) => {
        const chosen = best(positives, easiest ? near : far);
        return chosen
          ? index(
              best(
                negatives.filter(({ d }) => d > chosen.d),
                near,
              ),
            )
          : -1;
      }),
    },
    positives: pairs.map(({ positives }) => positives.length),
    negatives: pairs.map(({ negatives }) => negatives.length),
    beyond: pairs.map(({ positives }) => positives.filter(({ d }) => d > margins[0]).length),
    within: pairs.map(({ negatives }) => negatives.filter(({ d }) => d < margins[1]).length),
  };
}

/** Small whole numbers: every score is exact in float32, and many are equal. */
const wholes = (n: number, d: number, next: () => number): Rows =>
  Array.from({ length: n }, () => Array.from({ length: d }, () => Math.floor(next() * 5) - 2));

function drawn(name: string, n: number, classes: number, m?: number, labelOf = (id: number) => id): Problem {
  const next = uniform(n * 31 + classes);
  const label = () => labelOf(Math.floor(next() * classes));
  const own = { name, x: wholes(n, 5, next), labels: Array.from({ length: n }, label) };
  return m === undefined ? own : { ...own, y: wholes(m, 5, next), otherLabels: Array.from({ length: m }, label) };
}
const around = (...edges: number[]): number[] => edges.flatMap((edge) => [edge - 1, edge, edge + 1]);

export const PROBLEMS: readonly Problem[] = [
  ...around(8, 24, 48, 64, 128).map((n) => drawn(`${n} rows of 5 classes`, n, 5)),
  ...around(48, 64).map((m) => drawn(`20 rows of 4 classes in ${m} references`, 20, 4, m)),
  drawn("300 rows of 7 classes", 300, 7),
  drawn("3 rows in 1500 references", 3, 3, 1500),
  drawn("700 rows in 2 references", 700, 2, 2),
  drawn("one row", 1, 1),
  drawn("90 rows of one class: no negatives", 90, 1),
  drawn("90 rows of as many classes: no positives", 90, 1e6),
  drawn("80 rows of 60 classes, most alone", 80, 60),
  drawn("label ids above 2²⁴, one apart", 90, 6, undefined, (id) => 2 ** 24 + id),
  drawn("label ids at both ends of int32", 90, 4, 70, (id) => (id % 2 === 0 ? 2 ** 31 - 1 - id : -(2 ** 31) + id)),
  { ...drawn("all rows alike", 130, 3), x: Array.from({ length: 130 }, () => [1, 0, 1, 0, 2]) },
  drawn("no references", 5, 2, 0),
  drawn("no rows", 0, 2, 9),
  drawn("nobody at all", 0, 2),
];
