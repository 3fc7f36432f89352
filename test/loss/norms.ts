/** Rows divided by their norm, and gradients back through that. */
import { exactly, type Round } from "../support/earned.js";
import type { Rows } from "../support/rows.js";

const TINY = 1e-12;
const norm = (row: readonly number[], f: Round): number =>
  f(Math.sqrt(row.reduce((sum, value) => f(sum + f(value * value)), 0)));

/** x / max(|x|, 1e-12) */
export function normalized(rows: Rows, f: Round): Rows {
  return rows.map((row) => row.map((value) => f(value / Math.max(norm(row, f), TINY))));
}

/** (g − (g·x̂) x̂)/|x|, or g/1e-12 where the norm is held there; 0 for a row of zeros */
export function throughNorm(rows: Rows, gradient: Float64Array, d: number, f: Round): Float64Array {
  return gradient.map((g, at) => {
    const row = rows[Math.floor(at / d)] as readonly number[];
    const size = norm(row, f);
    if (size === 0) return 0;
    if (size <= TINY) return f(g / TINY);
    const start = at - (at % d);
    const along = row.reduce((sum, value, k) => f(sum + f((gradient[start + k] as number) * f(value / size))), 0);
    return f(f(g - f(along * f((row[at % d] as number) / size))) / size);
  });
}

export function termsThroughNorm(rows: Rows, terms: Float64Array, d: number): Float64Array {
  return terms.map((term, at) => {
    const row = rows[Math.floor(at / d)] as readonly number[];
    const size = norm(row, exactly);
    if (size === 0) return 0;
    if (size <= TINY) return term / TINY;
    const start = at - (at % d);
    const along = row.reduce((sum, value, k) => sum + ((terms[start + k] as number) * Math.abs(value)) / size, 0);
    return (term + (along * Math.abs(row[at % d] as number)) / size) / size;
  });
}
