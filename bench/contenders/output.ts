/** A result to be reused, with its pages in memory: those of a new array come only when it is written to. */
export function reused<A extends Float32Array | Float64Array | Int32Array | BigInt64Array>(array: A): A {
  if (array instanceof BigInt64Array) array.fill(0n);
  else array.fill(0);
  return array;
}
