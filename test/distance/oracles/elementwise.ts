/** One accumulation over the coordinates of x − y. Nothing cancels in them: rounding is relative to the value. */
import type { Round } from "../../support/earned.js";
import { difference, exact, type Oracle, type Row } from "./common.js";

const apart = (x: Row, y: Row, f: Round): number[] => difference(x, y, f).map(Math.abs);

export const cityblock: Oracle = {
  value: (x, y, f) => apart(x, y, f).reduce((sum, value) => f(sum + value), 0),
  gradient: (x, y) => difference(x, y, exact).map(Math.sign),
  terms: (x, y) => cityblock.value(x, y, exact),
  gradientTerms: (x) => x.map(() => 1),
  size: (_x, _y, value) => value,
};

/** The largest difference as float32 holds it: which coordinates attain it is a question of that. */
const largest = (x: Row, y: Row): number => Math.max(...apart(x, y, Math.fround));

export const chebyshev: Oracle = {
  value: (x, y, f) => Math.max(0, ...apart(x, y, f)),
  gradient: (x, y) => {
    const d = largest(x, y);
    return difference(x, y, Math.fround).map((value) => (Math.abs(value) === d ? Math.sign(value) : 0));
  },
  terms: (x, y) => chebyshev.value(x, y, exact),
  gradientTerms: (x) => x.map(() => 1),
  size: (_x, _y, value) => value,
};

/** For p other than 1, 2 and ∞. The largest difference is taken out, so that no power is too large or too small. */
export function minkowski(p: number): Oracle {
  const value: Oracle["value"] = (x, y, f) => {
    const all = apart(x, y, f);
    const most = Math.max(0, ...all);
    if (most === 0 || most === Infinity) return all.some(Number.isNaN) ? Number.NaN : most;
    const sum = all.reduce((total, part) => f(total + f(f(part / most) ** p)), 0);
    return f(most * f(sum ** f(1 / p)));
  };
  return {
    value,
    gradient: (x, y, f) => {
      const d = value(x, y, f);
      if (d === 0) return x.map(() => 0);
      return difference(x, y, f).map((part) => f(Math.sign(part) * f(f(Math.abs(part) / d) ** (p - 1))));
    },
    terms: (x, y) => value(x, y, exact),
    // What r is off by, rᵖ⁻¹ is p − 1 times.
    gradientTerms: (x, y) => {
      const d = value(x, y, exact);
      return apart(x, y, exact).map((part) => (d === 0 ? 0 : p * (part / d) ** (p - 1)));
    },
    size: (_x, _y, d) => d,
  };
}
