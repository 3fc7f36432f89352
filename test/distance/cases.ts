import { fill, normal, type Rows, type Storage, stored } from "../support/rows.js";

/** One problem of the family; every mode of the tests runs every case. */
export interface Case {
  readonly name: string;
  readonly x: Rows;
  /** Without it y is x. */
  readonly y?: Rows;
  readonly d: number;
  readonly storage: Storage;
  /** From one row to the next in memory; more than `d` leaves gaps. */
  readonly stride: number;
}

interface Shape {
  readonly n: number;
  readonly m?: number;
  readonly d: number;
  readonly storage?: Storage;
  readonly gap?: number;
  readonly seed?: number;
}

/** Normal numbers, so rounded that the storage type holds them exactly. */
function drawn(name: string, { n, m, d, storage = "float32", gap = 0, seed = n * 1000 + d }: Shape): Case {
  const keep = (rows: Rows): Rows => rows.map((row) => row.map((value) => stored(value, storage)));
  const x = keep(fill(n, d, normal(seed)));
  const y = m === undefined ? {} : { y: keep(fill(m, d, normal(seed + 1))) };
  return { name, x, ...y, d, storage, stride: d + gap };
}

function made(name: string, x: Rows, y?: Rows): Case {
  const d = x[0]?.length ?? 0;
  const single = (rows: Rows): Rows => rows.map((row) => row.map(Math.fround));
  return { name, x: single(x), ...(y === undefined ? {} : { y: single(y) }), d, storage: "float32", stride: d };
}

/** One below, at, and one above. */
const around = (...edges: number[]): number[] => [...new Set(edges.flatMap((edge) => [edge - 1, edge, edge + 1]))];

/** Row tiles are 8 high, lane tiles 48 wide, strips 64 and 256. */
const sizes: Case[] = [
  ...around(8, 16).map((n) => drawn(`${n}×48×5: rows round a tile`, { n, m: 48, d: 5 })),
  ...around(16, 48, 96).map((m) => drawn(`9×${m}×7: columns round a tile`, { n: 9, m, d: 7 })),
  ...around(64, 256).map((n) => drawn(`${n}×${n + 1}×3: strips`, { n, m: n + 1, d: 3 })),
  ...around(4, 8, 64).map((d) => drawn(`10×50×${d}: widths`, { n: 10, m: 50, d })),
  ...[7, 8, 49, 65].map((n) => drawn(`${n}×${n}×6 with itself`, { n, d: 6 })),
  drawn("1×1×1", { n: 1, m: 1, d: 1 }),
  drawn("1×1×9 with itself", { n: 1, d: 9 }),
  drawn("0×5×3: no rows", { n: 0, m: 5, d: 3 }),
  drawn("5×0×3: no columns", { n: 5, m: 0, d: 3 }),
  drawn("0×0×3 with itself", { n: 0, d: 3 }),
  drawn("50×70×1: one coordinate", { n: 50, m: 70, d: 1 }),
  drawn("11×53×300: wide rows", { n: 11, m: 53, d: 300 }),
  drawn("3×7×130: wide rows, few of them", { n: 3, m: 7, d: 130 }),
  drawn("3×1100×5: few rows, many columns", { n: 3, m: 1100, d: 5 }),
  drawn("1100×3×5: many rows, few columns", { n: 1100, m: 3, d: 5 }),
];

const storages: Case[] = (["float32", "float16", "bfloat16"] as const).flatMap((storage) => [
  drawn(`17×51×33 ${storage}`, { n: 17, m: 51, d: 33, storage }),
  drawn(`17×51×33 ${storage}, 7 elements between rows`, { n: 17, m: 51, d: 33, storage, gap: 7 }),
  drawn(`33×33×18 ${storage} with itself, 1 element between rows`, { n: 33, d: 18, storage, gap: 1 }),
]);

const base = fill(20, 12, normal(77));
const other = fill(30, 12, normal(78));
const level = (rows: Rows, every: number): Rows =>
  rows.map((row, i) => (i % every === 0 ? row.map(() => row[0] as number) : row));
const zeroed = (rows: Rows, every: number): Rows => rows.map((row, i) => (i % every === 0 ? row.map(() => 0) : row));
const poisons: Case[] = [
  made("duplicate rows", [...base, ...base], base),
  made("duplicate rows with themselves", [...base, ...base]),
  made("zero rows", zeroed(base, 3), zeroed(other, 4)),
  made("zero rows with themselves", zeroed(base, 3)),
  made(
    "rows shorter than the least norm",
    base.map((row, i) => row.map((value) => (i % 3 === 0 ? value * 1e-14 : value))),
    other,
  ),
  made("rows of one number", level(base, 3), level(other, 4)),
  made("all zero", zeroed(base, 1), zeroed(other, 1)),
  made(
    "one row again and again",
    other.map(() => other[0] as number[]),
  ),
  made(
    "large and small rows",
    base.map((row, i) => row.map((value) => value * 10 ** ((i % 9) - 4))),
    other,
  ),
];

export const CASES: readonly Case[] = [...sizes, ...storages, ...poisons];

/** One of each kind, for metrics whose own part is small beside what the others have shown already. */
export const CHOSEN: ReadonlySet<Case> = new Set([
  ...sizes.filter(({ name }) =>
    /^(8×48×5|17×48×5|9×97×7|65×66×3|10×50×8|49×49×6|1×1×1|0×5×3|5×0×3|50×70×1|11×53×300|3×7×130|3×1100×5)[: ]/.test(
      `${name} `,
    ),
  ),
  ...storages,
  ...poisons,
]);

/** Unit vectors that lie `apart` from those of their group. */
export function nearDuplicates(n: number, d: number, apart: number, seed = 5): Rows {
  const next = normal(seed);
  const centre = unit(Array.from({ length: d }, next));
  return Array.from({ length: n }, () => {
    const step = unit(Array.from({ length: d }, next));
    return unit(centre.map((value, k) => value + (apart / Math.SQRT2) * (step[k] as number))).map(Math.fround);
  });
}

/** Normal rows moved far from the origin. */
export function offset(n: number, d: number, by: number, seed = 6): Rows {
  return fill(n, d, normal(seed)).map((row) => row.map((value) => Math.fround(value + by)));
}

function unit(row: readonly number[]): number[] {
  const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
  return row.map((value) => value / length);
}
