/** Naive float64 loops for the pieces of a layer. `f` rounds each operation: not at all, or to float32. */
import type { Round } from "../../support/earned.js";
import type { Rows } from "../../support/rows.js";

/** x / √(mean x² + eps) · gain */
export function rmsNormOracle(rows: Rows, gain: readonly number[], eps: number, f: Round): number[] {
  return rows.flatMap((row) => {
    const rho = rootMeanSquare(row, eps, f);
    return row.map((x, k) => f(f(x / rho) * (gain[k] as number)));
  });
}

function rootMeanSquare(row: readonly number[], eps: number, f: Round): number {
  return f(Math.sqrt(f(f(row.reduce((sum, x) => f(sum + f(x * x)), 0) / row.length) + eps)));
}

/** ∂x and ∂gain of Σ g · y, with the absolute sums of what each is made of. */
export function rmsNormGradients(rows: Rows, gain: readonly number[], eps: number, g: Rows, f: Round) {
  const d = gain.length;
  const [dGain, gainTerms] = [new Array<number>(d).fill(0), new Array<number>(d).fill(0)];
  const [dx, terms]: [number[], number[]] = [[], []];
  for (const [i, row] of rows.entries()) {
    const rho = rootMeanSquare(row, eps, f);
    const scaled = row.map((_, k) => f((g[i]?.[k] as number) * (gain[k] as number)));
    const along = f(row.reduce((sum, x, k) => f(sum + f(x * (scaled[k] as number))), 0) / d);
    const size = row.reduce((sum, x, k) => sum + Math.abs(x * (scaled[k] as number)), 0) / d;
    for (const [k, x] of row.entries()) {
      dx.push(f(f((scaled[k] as number) / rho) - f(f(x * along) / f(f(rho * rho) * rho))));
      terms.push(Math.abs(scaled[k] as number) / rho + (Math.abs(x) * size) / rho ** 3);
      const term = f(f((g[i]?.[k] as number) * x) / rho);
      dGain[k] = f((dGain[k] as number) + term);
      gainTerms[k] = (gainTerms[k] as number) + Math.abs(term);
    }
  }
  return { dx, terms, dGain, gainTerms };
}

/** Row i at position[i]; pairs (2m, 2m + 1) or (m, m + half). Angles are exact, as a table of them would be. */
export function ropeOracle(
  rows: Rows,
  positions: readonly number[],
  { base = 10_000, interleaved = true, back = false }: { base?: number; interleaved?: boolean; back?: boolean },
  f: Round,
): { values: number[]; terms: number[] } {
  const [values, terms]: [number[], number[]] = [[], []];
  for (const [i, row] of rows.entries()) {
    const [out, size] = [[...row], row.map(Math.abs)];
    for (let m = 0; m < row.length / 2; m++) {
      const angle = (positions[i] as number) * base ** ((-2 * m) / row.length) * (back ? -1 : 1);
      const [c, s] = [f(Math.cos(angle)), f(Math.sin(angle))];
      const [p, q] = interleaved ? [2 * m, 2 * m + 1] : [m, m + row.length / 2];
      const [a, b] = [row[p] as number, row[q] as number];
      out[p] = f(f(a * c) - f(b * s));
      out[q] = f(f(a * s) + f(b * c));
      size[p] = Math.abs(a * c) + Math.abs(b * s);
      size[q] = Math.abs(a * s) + Math.abs(b * c);
    }
    values.push(...out);
    terms.push(...size);
  }
  return { values, terms };
}
