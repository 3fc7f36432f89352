/** Which columns of the turned latent a slice sees. */

/** The range of its own, whose values it gives: [first, last). */
export function ownColumns(width: number, slices: number, slice: number): readonly [first: number, last: number] {
  const n = width / slices;
  return [slice * n, (slice + 1) * n];
}

/** Leading columns that every slice scores with and that are not its own anyway, in ascending order. */
export function extraColumns(width: number, slices: number, slice: number, shared: number): number[] {
  const [first, last] = ownColumns(width, slices, slice);
  return Array.from({ length: shared }, (_, column) => column).filter((column) => column < first || column >= last);
}

/** Its own, then the extra ones: the order in which the cache keeps them. */
export function seenColumns(width: number, slices: number, slice: number, shared: number): number[] {
  const [first, last] = ownColumns(width, slices, slice);
  const own = Array.from({ length: last - first }, (_, i) => first + i);
  return [...own, ...extraColumns(width, slices, slice, shared)];
}
