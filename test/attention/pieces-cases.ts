/** Rows for the pieces of a layer, and what of a result is compared. */
import { createHash } from "node:crypto";
import type { Tensor } from "../../lib/types.js";
import { tensorHere } from "../support/places.js";
import { fill, normal, type Rows } from "../support/rows.js";

export function floats(n: number, d: number, seed: number): number[][] {
  const next = normal(seed);
  return fill(n, d, () => Math.fround(next()));
}

/** Of all bits of a result. */
export const bytes = (y: Tensor): string =>
  createHash("sha256")
    .update(y.data() as Float32Array)
    .digest("hex");

export const leaf = (rows: Rows, shape?: readonly number[]): Tensor =>
  tensorHere(Float32Array.from(rows.flat()), shape ?? [rows.length, rows[0]?.length ?? 0], { requiresGrad: true });
