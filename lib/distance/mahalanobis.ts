/** The precision matrix of "mahalanobis": its Cholesky factor, by which rows are whitened, and its gradient. */
import { sub } from "../algebra/arithmetic.js";
import { moved } from "../algebra/device.js";
import { product, turned } from "../algebra/views.js";
import type { Steps } from "../async.js";
import * as check from "../check.js";
import { type Dense, floats, wrap } from "../dense.js";
import { FLOATS } from "../dtype.js";
import { WarpweftError } from "../error.js";
import type { Device, Input } from "../types.js";

/** Entries this far from their mirror image, relative to the diagonal, still count as symmetric: differences move one of them alone. */
const SYMMETRY = 1e-2;

export interface Whitening {
  readonly precision: Dense;
  readonly whitener: Float64Array;
}

/** L with A = L Lᵀ, in float64. @throws WarpweftError ERR_SHAPE, ERR_ARGUMENT where A is not symmetric positive definite. */
export function whitenerOf(fn: string, given: unknown, rows: Dense): Whitening {
  const arg = "metric.precision";
  const d = rows.shape[1] as number;
  const precision = check.ofDType(fn, arg, check.input(fn, arg, given as Input), FLOATS);
  check.sameDevice(fn, arg, precision, "the rows", rows);
  if (precision.shape.length !== 2 || precision.shape[0] !== d || precision.shape[1] !== d) {
    const shape = `[${precision.shape.join(", ")}]`;
    throw new WarpweftError("ERR_SHAPE", `${fn}: ${arg} must have shape [${d}, ${d}] like the columns, got ${shape}`);
  }
  return { precision, whitener: cholesky(fn, arg, floats(precision), d) };
}

function cholesky(fn: string, arg: string, a: Float32Array, d: number): Float64Array {
  const l = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      const [value, mirror] = [a[i * d + j] as number, a[j * d + i] as number];
      const size = Math.sqrt(Math.abs((a[i * d + i] as number) * (a[j * d + j] as number)));
      if (!(Math.abs(value - mirror) <= SYMMETRY * size))
        refuse(fn, arg, "symmetric", `${value} at [${i}, ${j}] and ${mirror} at [${j}, ${i}]`);
      let sum = (value + mirror) / 2;
      for (let k = 0; k < j; k++) sum -= (l[i * d + k] as number) * (l[j * d + k] as number);
      if (i !== j) l[i * d + j] = sum / (l[j * d + j] as number);
      else if (sum > 0 && sum < Infinity) l[i * d + i] = Math.sqrt(sum);
      else refuse(fn, arg, "positive definite", `a pivot of ${sum} at [${i}, ${i}]`);
    }
  }
  return l;
}

function refuse(fn: string, arg: string, wanted: string, got: string): never {
  throw new WarpweftError("ERR_ARGUMENT", `${fn}: ${arg} must be ${wanted}, got ${got}`);
}

/** ∂/∂x = G' Lᵀ, where G' is the gradient with respect to the whitened rows. */
export function* unwhitened(gradient: Dense, factor: Dense): Steps<Dense> {
  return yield* product(gradient, turned(factor));
}

/** A square matrix where the rows are. */
export function squareOn(device: Device, values: ArrayLike<number>, d: number): Dense {
  const square = wrap(Float32Array.from(values), [d, d]);
  return device === "cpu" ? square : moved("pairwise", square, device);
}

/**
 * ∂/∂A = Σ w δδᵀ = ½ P L⁻¹ with P = Σᵢ xᵢᵀ G'ᵢ + Σⱼ yⱼᵀ G'ⱼ, symmetric. The sides' gradients add up to zero, so P is the same
 * for rows moved together: they are moved by the first, which keeps offset data right.
 */
export function* precisionGradient(
  sides: readonly (readonly [rows: Dense, gradient: Dense])[],
  whitener: Float64Array,
): Steps<Float32Array> {
  const [[first]] = sides as readonly [readonly [Dense, Dense]];
  const d = first.shape[1] as number;
  const sum = new Float64Array(d * d);
  for (const [rows, gradient] of sides) {
    if (rows.shape[0] === 0) continue;
    const origin = first.shape[0] === 0 ? rows : first;
    const near = sub.forward([rows, origin.view([1, d], origin.strides)], null, false) as { out: Dense };
    const part = floats(yield* product(turned(near.out), gradient));
    for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) + (part[at] as number) / 2;
  }
  return symmetric(solvedRight(sum, whitener, d), d);
}

/** S with S L = P; L is lower triangular. */
function solvedRight(p: Float64Array, l: Float64Array, d: number): Float64Array {
  const s = Float64Array.from(p);
  for (let i = 0; i < d; i++) {
    for (let j = d - 1; j >= 0; j--) {
      const value = (s[i * d + j] as number) / (l[j * d + j] as number);
      s[i * d + j] = value;
      for (let k = 0; k < j; k++) s[i * d + k] = (s[i * d + k] as number) - value * (l[j * d + k] as number);
    }
  }
  return s;
}

function symmetric(s: Float64Array, d: number): Float32Array {
  const out = new Float32Array(d * d);
  for (let i = 0; i < d; i++)
    for (let j = 0; j < d; j++) out[i * d + j] = ((s[i * d + j] as number) + (s[j * d + i] as number)) / 2;
  return out;
}
