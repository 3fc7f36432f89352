/** A basis in which every coordinate holds as much as any other. */
import { uniform } from "../../random.js";
import type { Square } from "./symmetric.js";

/**
 * diag(±1) H / √n with Sylvester's H, H_ij = (−1)^(number of ones of i & j): orthogonal. n must be a power of two. The signs,
 * from a seed, keep directions that H itself singles out from ending in one coordinate.
 */
export function hadamard(n: number, seed: number): Square {
  const next = uniform(seed);
  const values = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const size = (next() < 0.5 ? -1 : 1) / Math.sqrt(n);
    for (let j = 0; j < n; j++) values[i * n + j] = odd(i & j) ? -size : size;
  }
  return { n, values };
}

/** Whether the number of ones is odd. */
function odd(bits: number): boolean {
  let ones = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) ones++;
  return ones % 2 === 1;
}
