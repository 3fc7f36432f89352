/** Quotients: the signal-to-noise distance, whose sides play different parts, and the distance in the Poincaré ball. */
import type { Round } from "../../support/earned.js";
import {
  centred,
  difference,
  exact,
  type Oracle,
  reach,
  type Row,
  squared,
  squaredTerms,
  squares,
  dot,
} from "./common.js";

const LEAST = 1e-12;

interface Signal {
  readonly x: Row;
  readonly y: Row;
  /** |x̃|², held at its floor. */
  readonly power: number;
  readonly flat: boolean;
}

function signal(x: Row, y: Row, f: Round): Signal {
  const [a, b] = [centred(x, f), centred(y, f)];
  const power = dot(a, a, f);
  return { x: a, y: b, power: Math.max(power, f(LEAST)), flat: power < f(LEAST) };
}

/** Neither metric stays when all rows move: nothing is taken off. */
const nowhere = (x: Row): number[] => x.map(() => 0);

/** Σ|terms| of a value. */
function noise(x: Row, y: Row): number {
  const s = signal(x, y, exact);
  return (squaredTerms(s.x, s.y, nowhere(x)) + squared(s.x, s.y, exact)) / s.power;
}

export const snr: Oracle = {
  value: (x, y, f) => {
    const s = signal(x, y, f);
    return f(squared(s.x, s.y, f) / s.power);
  },
  // (2/|x̃|²) ((x̃ − ỹ) − d x̃)
  gradient: (x, y, f) => {
    const s = signal(x, y, f);
    if (s.flat) return x.map(() => 0);
    const d = f(squared(s.x, s.y, f) / s.power);
    return difference(s.x, s.y, f).map((value, k) => f(f(2 * f(value - f(d * (s.x[k] as number)))) / s.power));
  },
  // (2/|x̃|²) (ỹ − x̃)
  gradientY: (x, y, f) => {
    const s = signal(x, y, f);
    return difference(s.y, s.x, f).map((value) => (s.flat ? 0 : f(f(2 * value) / s.power)));
  },
  terms: noise,
  gradientTerms: (x, y) => {
    const s = signal(x, y, exact);
    const d = noise(x, y);
    return reach(s.x, s.y, nowhere(x)).map((value, k) => (2 * (value + d * Math.abs(s.x[k] as number))) / s.power);
  },
  gradientTermsY: (x, y) => {
    const s = signal(x, y, exact);
    return reach(s.x, s.y, nowhere(x)).map((value) => (2 * value) / s.power);
  },
  size: (_x, _y, value) => Math.abs(value),
};

/** d = (2/√c) asinh t with t² = c u/(αβ), u = |x − y|², α = 1 − c|x|², β = 1 − c|y|² */
export function poincare(curvature: number): Oracle {
  const parts = (x: Row, y: Row, f: Round) => {
    const c = f(curvature);
    const [alpha, beta] = [x, y].map((row) => f(1 - f(c * dot(row, row, f)))) as [number, number];
    const u = squared(x, y, f);
    const t = f(Math.sqrt(f(f(c * u) / f(alpha * beta))));
    return { alpha, beta, u, t };
  };
  const root = Math.sqrt(curvature);
  const value: Oracle["value"] = (x, y, f) => f(f(2 / f(root)) * f(Math.asinh(parts(x, y, f).t)));
  /** What t may be off by, relative to it: half of what u, α and β are. */
  const slip = (x: Row, y: Row): number => {
    const { alpha, beta, u } = parts(x, y, exact);
    const side = (row: Row, at: number) => (1 + curvature * squares(row)) / at;
    return (squaredTerms(x, y, nowhere(x)) / u + side(x, alpha) + side(y, beta)) / 2 + 1;
  };
  return {
    value,
    // 2√c/(t √(1 + t²) αβ) ((x − y) + (c u/α) x)
    gradient: (x, y, f) => {
      const { alpha, beta, u, t } = parts(x, y, f);
      if (t === 0) return x.map(() => 0);
      const factor = f(f(2 * f(root)) / f(f(t * f(Math.sqrt(f(1 + f(t * t))))) * f(alpha * beta)));
      const pull = f(f(f(curvature) * u) / alpha);
      return x.map((at, k) => f(factor * f(f(at - (y[k] as number)) + f(pull * at))));
    },
    terms: (x, y) => {
      const { t } = parts(x, y, exact);
      if (t === 0) return 0;
      return value(x, y, exact) + ((2 / root) * t * slip(x, y)) / Math.sqrt(1 + t * t);
    },
    gradientTerms: (x, y) => {
      const { alpha, beta, u, t } = parts(x, y, exact);
      if (t === 0) return x.map(() => 0);
      const factor = (2 * root) / (t * Math.sqrt(1 + t * t) * alpha * beta);
      const pull = (curvature * u) / alpha;
      const apart = difference(x, y, exact).map(Math.abs);
      // The factor and (c u/α) are each off by a few times what t is; the products |x − c| are of the sums.
      const most = 2 * slip(x, y);
      return reach(x, y, nowhere(x)).map((sum, k) => {
        const [far, at] = [apart[k] as number, Math.abs(x[k] as number)];
        return factor * (sum + pull * at + most * (far + pull * at));
      });
    },
    size: (_x, _y, d) => Math.abs(d),
  };
}
