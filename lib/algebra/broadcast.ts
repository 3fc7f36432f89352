/**
 * How two shapes meet, as NumPy has it: aligned at the last dimension, lengths equal or 1. The result is a plan of rows:
 * neighbouring dimensions that both operands walk evenly become one, so that same-shape operands are a single long row,
 * a bias is one row repeated, and the loop over elements (elementwise.ts) knows nothing but a start and a step.
 */
import type { Dense } from "../dense.js";
import { WarpweftError } from "../error.js";

export interface Plan {
  readonly shape: readonly number[];
  /** outermost first; the last one is the row */
  readonly lengths: readonly number[];
  readonly a: readonly number[];
  readonly b: readonly number[];
}

export function broadcast(fn: string, a: Dense, b: Dense): Plan {
  const rank = Math.max(a.shape.length, b.shape.length);
  const shape: number[] = [];
  const [aSteps, bSteps]: [number[], number[]] = [[], []];
  for (let axis = -rank; axis < 0; axis++) {
    const [n, m] = [a.shape.at(axis) ?? 1, b.shape.at(axis) ?? 1];
    const outside = axis < -a.shape.length || axis < -b.shape.length;
    if (!outside && n !== m && n !== 1 && m !== 1) throw mismatch(fn, a, b);
    shape.push(n === 1 ? m : n);
    aSteps.push(n === 1 || axis < -a.shape.length ? 0 : (a.strides.at(axis) as number));
    bSteps.push(m === 1 || axis < -b.shape.length ? 0 : (b.strides.at(axis) as number));
  }
  return { shape, ...collapsed(shape, aSteps, bSteps) };
}

function mismatch(fn: string, a: Dense, b: Dense): WarpweftError {
  const [left, right] = [a.shape.join(", "), b.shape.join(", ")];
  return new WarpweftError("ERR_SHAPE", `${fn}: other must broadcast with shape [${left}], got [${right}]`);
}

function collapsed(shape: readonly number[], a: readonly number[], b: readonly number[]) {
  const lengths: number[] = [];
  const [aOut, bOut]: [number[], number[]] = [[], []];
  for (const [axis, length] of shape.entries()) {
    if (length === 1) continue;
    const last = lengths.length - 1;
    const [sa, sb] = [a[axis], b[axis]];
    if (last >= 0 && aOut[last] === sa * length && bOut[last] === sb * length) {
      lengths[last] = lengths[last] * length;
      aOut[last] = sa;
      bOut[last] = sb;
    } else {
      lengths.push(length);
      aOut.push(sa);
      bOut.push(sb);
    }
  }
  return lengths.length > 0 ? { lengths, a: aOut, b: bOut } : { lengths: [1], a: [0], b: [0] };
}

/** Calls `row(start of a, start of b, start of the result)` for each row of a plan. */
export function eachRow(plan: Plan, a: number, b: number, row: (a: number, b: number, o: number) => void): void {
  const outer = plan.lengths.slice(0, -1);
  const inner = plan.lengths.at(-1) as number;
  if (plan.lengths.includes(0)) return;
  const index = outer.map(() => 0);
  for (let o = 0; ; o += inner) {
    row(a, b, o);
    let axis = outer.length - 1;
    for (; axis >= 0; axis--) {
      const length = outer[axis];
      a += plan.a[axis];
      b += plan.b[axis];
      if (++index[axis] < length) break;
      a -= plan.a[axis] * length;
      b -= plan.b[axis] * length;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}
