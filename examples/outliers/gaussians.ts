/** One Gaussian for each class, all of the same shape, as rows of numbers. */
export interface Gaussians {
  /** [classes, width] */
  readonly means: number[][];
  /** [width, width], the inverse of the covariance within classes */
  readonly precision: number[][];
}

/** From rows of one width, of every class 0 … most of `labels`. `ridge` times the mean variance is added to each variance. */
export function gaussians(rows: Float32Array, labels: Int32Array, ridge: number): Gaussians {
  const width = rows.length / labels.length;
  const columns = Array.from({ length: width }, (_, k) => k);
  const zeros = (count: number) => Array.from({ length: count }, () => columns.map(() => 0));
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const means = zeros(Math.max(...labels) + 1);
  for (const [i, label] of labels.entries())
    for (const k of columns) means[label]![k]! += rows[i * width + k]! / sizes.get(label)!;
  const covariance = zeros(width);
  for (const [i, label] of labels.entries()) {
    const off = columns.map((k) => rows[i * width + k]! - means[label]![k]!);
    for (const j of columns) for (const k of columns) covariance[j]![k]! += (off[j]! * off[k]!) / labels.length;
  }
  const added = (ridge * columns.reduce((sum, k) => sum + covariance[k]![k]!, 0)) / width;
  for (const k of columns) covariance[k]![k]! += added;
  return { means, precision: inverse(covariance) };
}

/** Of a symmetric positive definite matrix, by Gauss and Jordan; such a matrix needs no exchange of rows. */
export function inverse(matrix: readonly (readonly number[])[]): number[][] {
  const rows = matrix.map((row, i) => [...row, ...matrix.map((_, j) => (i === j ? 1 : 0))]);
  for (const [pivot, row] of rows.entries()) {
    const divisor = row[pivot]!;
    for (const k of row.keys()) row[k]! /= divisor;
    for (const [i, other] of rows.entries()) {
      const times = other[pivot]!;
      if (i !== pivot) for (const k of other.keys()) other[k]! -= times * row[k]!;
    }
  }
  return rows.map((row) => row.slice(matrix.length));
}
