import { type Rows, uniform } from "../support/rows.js";

export interface Case {
  readonly name: string;
  readonly x: Rows;
  readonly labels: readonly number[];
  readonly y?: Rows;
  readonly otherLabels?: readonly number[];
  readonly d: number;
}

/** Small whole numbers: every score is exact in float32, and many are equal. */
function wholes(n: number, d: number, next: () => number): Rows {
  return Array.from({ length: n }, () => Array.from({ length: d }, () => Math.floor(next() * 5) - 2));
}

function drawn(name: string, n: number, classes: number, m?: number, labelOf = (id: number) => id): Case {
  const next = uniform(n * 31 + classes);
  const d = 5;
  const label = () => labelOf(Math.floor(next() * classes));
  const own = { name, x: wholes(n, d, next), labels: Array.from({ length: n }, label), d };
  return m === undefined ? own : { ...own, y: wholes(m, d, next), otherLabels: Array.from({ length: m }, label) };
}

const around = (...edges: number[]): number[] => edges.flatMap((edge) => [edge - 1, edge, edge + 1]);

export const CASES: readonly Case[] = [
  ...around(8, 48, 64, 256).map((n) => drawn(`${n} rows of 5 classes`, n, 5)),
  ...around(48, 256).map((m) => drawn(`20 queries of 4 classes in ${m} references`, 20, 4, m)),
  drawn("2 rows of one class", 2, 1),
  drawn("90 rows of one class", 90, 1),
  drawn("80 rows of 60 classes, most alone", 80, 60),
  drawn("label ids above 2²⁴, one apart", 90, 6, undefined, (id) => 2 ** 24 + id),
  drawn("label ids at both ends of int32", 90, 4, 70, (id) => (id % 2 === 0 ? 2 ** 31 - 1 - id : -(2 ** 31) + id)),
  { ...drawn("duplicate rows", 60, 3), x: Array.from({ length: 60 }, (_, i) => [i % 2, 0, 1, 0, 0]) },
  { ...drawn("zero rows", 60, 3), x: Array.from({ length: 60 }, () => [0, 0, 0, 0, 0]) },
  {
    ...drawn("rows of NaN", 60, 3),
    x: wholes(60, 5, uniform(8)).map((row, i) => (i % 7 === 3 ? row.map(() => Number.NaN) : row)),
  },
];
