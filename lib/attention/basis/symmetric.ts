/** Symmetric matrices in float64, by the package ml-matrix: eigenvectors, linear systems, changes of basis. */
import { EigenvalueDecomposition, Matrix, solve } from "ml-matrix";

/** Row-major [n, n] */
export type Square = { readonly n: number; readonly values: Float64Array };

const matrixOf = ({ n, values }: Square) => Matrix.from1DArray(n, n, values);

/**
 * The eigenvectors as columns, of the largest eigenvalue first, each with its largest component positive: the same matrix gives
 * the same vectors.
 */
export function eigenvectors(a: Square): Square {
  const { n } = a;
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrixOf(a), { assumeSymmetric: true });
  const order = realEigenvalues
    .map((_, i) => i)
    .sort((i, j) => (realEigenvalues[j] as number) - (realEigenvalues[i] as number));
  const values = new Float64Array(n * n);
  for (const [to, from] of order.entries()) {
    const column = eigenvectorMatrix.getColumn(from);
    const largest = column.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
    for (const [i, x] of column.entries()) values[i * n + to] = largest < 0 ? -x : x;
  }
  return { n, values };
}

/** Uᵀ A U */
export function inBasis(a: Square, u: Square): Square {
  const turned = matrixOf(u).transpose().mmul(matrixOf(a)).mmul(matrixOf(u));
  return { n: a.n, values: Float64Array.from(turned.to1DArray()) };
}

/** (A_ss + λ I)⁻¹ A_su, one column per u; [s, u] row-major. A must be positive semi-definite and λ above 0. */
export function regression(a: Square, seen: readonly number[], unseen: readonly number[], lambda: number): number[] {
  const whole = matrixOf(a);
  const square = whole.selection([...seen], [...seen]);
  for (let i = 0; i < seen.length; i++) square.set(i, i, square.get(i, i) + lambda);
  return solve(square, whole.selection([...seen], [...unseen])).to1DArray();
}
