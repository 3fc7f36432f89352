import { nearDuplicates } from "../distance/cases.js";
import { fill, normal, type Rows, type Storage, stored, uniform } from "../support/rows.js";

/** Rows and labels, without a loss. */
export interface Data {
  readonly name: string;
  readonly x: Rows;
  readonly labels: readonly number[];
  /** References of labeled losses, candidates of paired ones. */
  readonly y?: Rows;
  readonly referenceLabels?: readonly number[];
  readonly d: number;
  readonly storage: Storage;
  readonly stride: number;
}

interface Shape {
  readonly n: number;
  readonly m?: number;
  readonly d: number;
  readonly classes?: number;
  readonly storage?: Storage;
  readonly gap?: number;
}

export function drawn(name: string, { n, m, d, classes = 4, storage = "float32", gap = 0 }: Shape): Data {
  const keep = (rows: Rows): Rows => rows.map((row) => row.map((value) => stored(value, storage)));
  const next = uniform(n * 5 + d);
  const label = () => Math.floor(next() * classes);
  const draw = (rows: number, seed: number) => keep(fill(rows, d, normal(seed + n * 100 + d)));
  const own = { name, x: draw(n, 1), labels: Array.from({ length: n }, label), d, storage, stride: d + gap };
  return m === undefined ? own : { ...own, y: draw(m, 2), referenceLabels: Array.from({ length: m }, label) };
}

const around = (...edges: number[]): number[] => edges.flatMap((edge) => [edge - 1, edge, edge + 1]);

/** Sizes round the tiles (8 rows, 48 lanes, strips of 64 and 256) and every storage. */
export const DATA: readonly Data[] = [
  ...around(8, 48, 64).map((n) => drawn(`${n} rows`, { n, d: 6 })),
  ...around(48, 96).map((m) => drawn(`13 rows, ${m} others`, { n: 13, m, d: 5 })),
  ...around(4, 64).map((d) => drawn(`25 rows of width ${d}`, { n: 25, d })),
  drawn("64 rows, 65 others", { n: 64, m: 65, d: 3 }),
  ...(["float32", "float16", "bfloat16"] as const).flatMap((storage) => [
    drawn(`30 rows ${storage}, 5 elements between`, { n: 30, d: 11, storage, gap: 5 }),
    drawn(`21 rows, 33 others, ${storage}`, { n: 21, m: 33, d: 20, storage }),
  ]),
  drawn("5 rows, 700 others", { n: 5, m: 700, d: 4, classes: 20 }),
  drawn("600 rows, 7 others", { n: 600, m: 7, d: 4, classes: 5 }),
  drawn("40 rows of 30 classes", { n: 40, d: 7, classes: 30 }),
];

/** Round the strip of 256 rows. */
export const LARGE: readonly Data[] = around(256).map((n) => drawn(`${n} rows`, { n, d: 3, classes: 9 }));

/** More pairs than one panel of weights holds, of either side's rows too. */
export const PANELS: readonly Data[] = [
  drawn("1100 rows", { n: 1100, d: 3, classes: 300 }),
  drawn("1030 rows, 1300 others", { n: 1030, m: 1300, d: 3, classes: 300 }),
];

/** Few enough that every reduction can have its turn. */
export const REDUCED: readonly Data[] = [
  drawn("19 rows", { n: 19, d: 5 }),
  drawn("9 rows, 50 others", { n: 9, m: 50, d: 4 }),
  drawn("20 rows of 15 classes", { n: 20, d: 5, classes: 15 }),
];

const base = drawn("", { n: 40, d: 9 });
const near = nearDuplicates(40, 9, 1e-3);
/** Poisons that every loss must take; what they make of the formula is well defined. */
export const POISONS: readonly Data[] = [
  { ...base, name: "one class", labels: base.labels.map(() => 7) },
  { ...base, name: "no positives", labels: base.labels.map((_, i) => i) },
  { ...base, name: "label ids above 2²⁴, one apart", labels: base.labels.map((id) => 2 ** 24 + id) },
  {
    ...base,
    name: "large and small rows",
    x: base.x.map((row, i) => row.map((v) => Math.fround(v * 10 ** ((i % 7) - 3)))),
  },
  {
    ...base,
    name: "rows shorter than the least norm",
    x: base.x.map((row, i) => row.map((v) => (i % 6 === 1 ? Math.fround(v * 1e-14) : v))),
  },
  drawn("one row", { n: 1, d: 4 }),
  drawn("one row, one other", { n: 1, m: 1, d: 4, classes: 1 }),
  drawn("no rows", { n: 0, d: 4 }),
  drawn("no rows, 5 others", { n: 0, m: 5, d: 4 }),
];
/** On a threshold of some variants, where float32 may decide either way; for the others. */
export const EDGES: readonly Data[] = [
  { ...base, name: "zero rows", x: base.x.map((row, i) => (i % 5 === 2 ? row.map(() => 0) : row)) },
  { ...base, name: "duplicate rows", x: base.x.map((_, i) => base.x[i % 13] as number[]) },
  { ...base, name: "unit vectors 1e-3 apart", x: near },
];
