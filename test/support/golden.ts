/** The inputs of the golden values: X[i,k] = sin(1+3i+7k+ik), Y[i,k] = cos(2+i+5k−ik), i < 8, k < 6; W[c,k] = sin(4+2c+3k+ck), c < 5. */
const grid = (value: (i: number, k: number) => number, rows = 8): number[][] =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: 6 }, (_, k) => value(i, k)));

export const X = grid((i, k) => Math.sin(1 + 3 * i + 7 * k + i * k));
export const Y = grid((i, k) => Math.cos(2 + i + 5 * k - i * k));
const weight = (c: number, k: number): number => Math.sin(4 + 2 * c + 3 * k + c * k);
export const W = grid(weight, 5);
/** Two centres for each of five classes, by class. */
export const CENTERS = grid(weight, 10);
export const LABELS = [0, 0, 1, 1, 2, 2, 3, 0];

/** Frobenius norm. */
export const size = (values: ArrayLike<number>): number =>
  Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
