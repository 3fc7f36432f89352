/**
 * How two shapes meet, as NumPy has it: aligned at the last dimension, lengths equal or 1. The result is a plan of
 * blocks: neighbouring dimensions that both operands walk evenly become one, so that same-shape operands are a single
 * long row, a matrix with a bias is one block, and the loops (loops.ts) know nothing but starts and steps.
 */
import type { Dense } from "../dense.js";
import { WarpweftError } from "../error.js";

type Steps = readonly [row: number, step: number];
export interface Plan {
  readonly shape: readonly number[];
  /** a block: rows of n elements */
  readonly rows: number;
  readonly n: number;
  readonly a: Steps;
  readonly b: Steps;
  /** the dimensions outside a block */
  readonly outer: readonly Axis[];
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
  return { shape, ...blocks(shape, aSteps, bSteps) };
}

function mismatch(fn: string, a: Dense, b: Dense): WarpweftError {
  const [left, right] = [a.shape.join(", "), b.shape.join(", ")];
  return new WarpweftError("ERR_SHAPE", `${fn}: other must broadcast with shape [${left}], got [${right}]`);
}

/** A dimension, and the steps along it. */
export interface Axis {
  readonly length: number;
  readonly a: number;
  readonly b: number;
}

/** All dimensions of a plan, those inside a block too; none has length 1. */
export function axesOf({ outer, rows, n, a, b }: Plan): readonly Axis[] {
  const inside = [
    { length: rows, a: a[0], b: b[0] },
    { length: n, a: a[1], b: b[1] },
  ];
  return [...outer, ...inside.filter(({ length }) => length !== 1)];
}

function blocks(shape: readonly number[], a: readonly number[], b: readonly number[]): Omit<Plan, "shape"> {
  const axes: Axis[] = [];
  for (const [i, length] of shape.entries()) {
    if (length === 1) continue;
    const last = axes.at(-1);
    if (last && last.a === a[i] * length && last.b === b[i] * length)
      axes.splice(-1, 1, { length: last.length * length, a: a[i], b: b[i] });
    else axes.push({ length, a: a[i], b: b[i] });
  }
  const one = { length: 1, a: 0, b: 0 };
  const inner = axes.pop() ?? one;
  const row = axes.pop() ?? one;
  return { rows: row.length, n: inner.length, a: [row.a, inner.a], b: [row.b, inner.b], outer: axes };
}

/** Calls `block(start of a, start of b, start of the result)` for each block of a plan, in order. */
export function eachBlock(plan: Plan, a: number, b: number, block: (a: number, b: number, o: number) => void): void {
  const { outer, rows, n } = plan;
  if (plan.shape.includes(0)) return;
  const index = outer.map(() => 0);
  for (let o = 0; ; o += rows * n) {
    block(a, b, o);
    let axis = outer.length - 1;
    for (; axis >= 0; axis--) {
      const { length, a: aStep, b: bStep } = outer[axis];
      a += aStep;
      b += bStep;
      if (++index[axis] < length) break;
      a -= aStep * length;
      b -= bStep * length;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}
