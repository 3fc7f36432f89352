/** The exponential map at the origin of the ball, clipped before and projected after. */
import type { Round } from "../../support/earned.js";
import { dot, type Row } from "./common.js";

export interface Exponential {
  readonly curvature: number;
  readonly clip?: number;
}

/** Points end at least this share of the radius away from its edge. */
const EDGE = 1e-3;
/** Rows are clipped to clip · r/(r + GUARD), as the authors do. */
const GUARD = 1e-5;

/** z = g(m) x/r with r = |x|, m = r min(1, clip/(r + GUARD)) and g = tanh(√c m)/√c, held at its most; `slope` is dg/dr. */
function radial(x: Row, { curvature, clip = Infinity }: Exponential, f: Round) {
  const root = f(Math.sqrt(f(curvature)));
  const r = f(Math.sqrt(dot(x, x, f)));
  const room = f(r + GUARD);
  const clipped = room > clip;
  const m = clipped ? f(r * f(clip / room)) : r;
  const th = f(Math.tanh(f(root * m)));
  const most = f(1 - EDGE);
  const inner = clipped ? f(f(clip * GUARD) / f(room * room)) : 1;
  return { r, g: f(Math.min(th, most) / root), slope: th > most ? 0 : f(f(1 - f(th * th)) * inner) };
}

export function exponential(x: Row, how: Exponential, f: Round): number[] {
  const { r, g } = radial(x, how, f);
  return r === 0 ? x.map(() => 0) : x.map((value) => f(value * f(g / r)));
}

/** (g/r) w + (g′ − g/r)(w·x̂) x̂; at the origin w */
export function exponentialGradient(x: Row, w: Row, how: Exponential, f: Round): number[] {
  const { r, g, slope } = radial(x, how, f);
  if (r === 0) return [...w];
  const share = f(g / r);
  const along = f(f(slope - share) * f(dot(w, x, f) / r));
  return x.map((value, k) => f(f(share * (w[k] as number)) + f(along * f(value / r))));
}

/** Σ|terms| of each element of that. */
export function exponentialTerms(x: Row, w: Row, how: Exponential): number[] {
  const { r, g, slope } = radial(x, how, Number);
  if (r === 0) return w.map(Math.abs);
  const along = w.reduce((sum, value, k) => sum + Math.abs(value * (x[k] as number)), 0) / r;
  return x.map((value, k) => (g / r) * Math.abs(w[k] as number) + ((slope + g / r) * along * Math.abs(value)) / r);
}
