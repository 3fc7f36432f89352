/** How much two assignments of the same rows to classes or clusters agree, whatever the ids are. */
import * as check from "../check.js";
import { WarpweftError } from "../error.js";
import type { Labels } from "../loss/types.js";
import type { SINGLE_MEASURES } from "./table.js";

/** Normalised and adjusted mutual information, and the F1 of pairs. */
export type Agreement = Record<Extract<keyof typeof SINGLE_MEASURES, "nmi" | "ami" | "f1">, number>;

/** What both assignments say of each other: sizes of the classes of each, and of every intersection that is not empty. */
interface Contingency {
  readonly rows: number;
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly both: readonly (readonly [a: number, b: number, size: number])[];
}

/**
 * NMI, AMI and pair-counting F1 of two assignments. None changes if ids are renamed or the two are exchanged.
 *
 * Two assignments that are the same but for names give 1, also where that is 0/0 (one class only, or a class for each
 * row). Without rows all are NaN. Formulas and sources: docs/reference/evaluate.md.
 *
 * @param labelsA one int32 id per row.
 * @param labelsB as many.
 * @returns nmi and f1 in [0, 1]; ami at most 1, about 0 for what chance would give.
 * @throws WarpweftError ERR_SHAPE for different lengths; ERR_ARGUMENT for anything but int32 ids; ERR_DISPOSED.
 *
 * The expected mutual information of AMI is exact: time O(pairs of different class sizes × the smaller size).
 */
export function agreement(labelsA: Labels, labelsB: Labels): Agreement {
  const rows = lengthOf(labelsA);
  const a = check.labels("agreement", "labelsA", labelsA, rows);
  if (lengthOf(labelsB) !== rows)
    throw new WarpweftError(
      "ERR_SHAPE",
      `agreement: labelsB must have ${rows} entries like labelsA, got ${lengthOf(labelsB)}`,
    );
  return agreementOf(a, check.labels("agreement", "labelsB", labelsB, rows));
}

/** Of arrays and of tensors; what is neither is refused where the labels are read. */
function lengthOf(labels: Labels): number {
  const { length, shape } = labels as { length?: number; shape?: readonly number[] };
  return length ?? shape?.[0] ?? 0;
}

/** `agreement` of checked labels. */
export function agreementOf(a: Int32Array, b: Int32Array): Agreement {
  const table = contingency(a, b);
  if (table.rows === 0) return { nmi: Number.NaN, ami: Number.NaN, f1: Number.NaN };
  if (table.both.length === table.a.length && table.both.length === table.b.length) return { nmi: 1, ami: 1, f1: 1 };
  const entropies = entropy(table.a, table.rows) + entropy(table.b, table.rows);
  const shared = mutualInformation(table);
  const chance = expectedInformation(table);
  const pairs = (sizes: readonly number[]) => sizes.reduce((sum, n) => sum + (n * (n - 1)) / 2, 0);
  return {
    nmi: (2 * shared) / entropies,
    ami: (shared - chance) / (entropies / 2 - chance),
    f1: (2 * pairs(table.both.map(([, , n]) => n))) / (pairs(table.a) + pairs(table.b)),
  };
}

function contingency(a: Int32Array, b: Int32Array): Contingency {
  const [ofA, ofB] = [numbered(a), numbered(b)];
  const cells = new Map<number, number>();
  for (let i = 0; i < a.length; i++) {
    const cell = ofA.ids[i] * ofB.sizes.length + ofB.ids[i];
    cells.set(cell, (cells.get(cell) ?? 0) + 1);
  }
  const width = ofB.sizes.length;
  const both = [...cells].map(([cell, n]) => [Math.floor(cell / width), cell % width, n] as const);
  return { rows: a.length, a: ofA.sizes, b: ofB.sizes, both };
}

/** Ids from 0 in order of appearance, and how often each appears. */
function numbered(labels: Int32Array): { ids: Int32Array; sizes: number[] } {
  const known = new Map<number, number>();
  const sizes: number[] = [];
  const ids = labels.map((label) => {
    const id = known.get(label) ?? known.size;
    known.set(label, id);
    sizes[id] = (sizes[id] ?? 0) + 1;
    return id;
  });
  return { ids, sizes };
}

function entropy(sizes: readonly number[], rows: number): number {
  return sizes.reduce((sum, n) => sum - (n / rows) * Math.log(n / rows), 0);
}

/** Σ n/N ln(N n / (a b)); a sum that rounds below 0 is 0. */
function mutualInformation({ rows, a, b, both }: Contingency): number {
  const sum = both.reduce((total, [i, j, n]) => total + (n / rows) * Math.log((rows * n) / (a[i] * b[j])), 0);
  return Math.max(sum, 0);
}

/** Its mean over all ways to deal the rows to classes of these sizes: n of a class of a meet one of b hypergeometrically. */
function expectedInformation({ rows, a, b }: Contingency): number {
  const ln = logFactorials(rows);
  let expected = 0;
  for (const [m, timesA] of counted(a))
    for (const [k, timesB] of counted(b)) {
      const fixed = ln[m] + ln[k] + ln[rows - m] + ln[rows - k] - ln[rows];
      let sum = 0;
      for (let n = Math.max(1, m + k - rows); n <= Math.min(m, k); n++) {
        const chance = fixed - ln[n] - ln[m - n] - ln[k - n] - ln[rows - m - k + n];
        sum += (n / rows) * Math.log((rows * n) / (m * k)) * Math.exp(chance);
      }
      expected += timesA * timesB * sum;
    }
  return expected;
}

function counted(sizes: readonly number[]): Map<number, number> {
  const times = new Map<number, number>();
  for (const size of sizes) times.set(size, (times.get(size) ?? 0) + 1);
  return times;
}

/** ln n! for n up to `last`. */
function logFactorials(last: number): Float64Array {
  const ln = new Float64Array(last + 1);
  for (let n = 2; n <= last; n++) ln[n] = ln[n - 1] + Math.log(n);
  return ln;
}
