/** Metrics with tensors among their parameters. */
import type { Round } from "../../support/earned.js";
import { difference, dot, exact, type Oracle, reach, type Row, squares } from "./common.js";

/** Row by row. */
type Square = readonly Row[];

const times = (a: Square, x: Row, f: Round): number[] => a.map((row) => dot(row, x, f));
const turned = (a: Square): number[][] => (a[0] ?? []).map((_, k) => a.map((row) => row[k] as number));
const sizes = (a: Square): number[][] => a.map((row) => row.map(Math.abs));
const outer = (x: Row, y: Row, f: Round): number[] => x.flatMap((a) => y.map((b) => f(a * b)));

/** L with A = L Lᵀ, by Cholesky. */
function factor(a: Square): number[][] {
  const l = a.map((row) => row.map(() => 0));
  a.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      const [li, lj] = [l[i] as number[], l[j] as number[]];
      let rest = row[j] as number;
      for (let k = 0; k < j; k++) rest -= (li[k] as number) * (lj[k] as number);
      li[j] = i === j ? Math.sqrt(rest) : rest / (lj[j] as number);
    }
  });
  return l;
}

/** √((x − y)ᵀ A (x − y)), or its square. A kernel may meet rows as x L: its terms are sums of |x||L|. */
export function mahalanobis(precision: Square, root: boolean): Oracle {
  const lower = sizes(factor(precision));
  const whitened = turned(lower);
  const square = (x: Row, y: Row, f: Round): number => {
    const apart = difference(x, y, f);
    return dot(apart, times(precision, apart, f), f);
  };
  const value: Oracle["value"] = (x, y, f) => (root ? f(Math.sqrt(square(x, y, f))) : square(x, y, f));
  const most = (x: Row, y: Row, c: Row): number => squares(times(whitened, reach(x, y, c), exact));
  return {
    value,
    gradient: (x, y, f) => {
      const slope = times(precision, difference(x, y, f), f);
      const d = value(x, y, f);
      if (root) return slope.map((part) => (d === 0 ? 0 : f(part / d)));
      return slope.map((part) => f(2 * part));
    },
    terms: (x, y, c) => {
      // Whitened rows are rounded once more before they meet.
      if (!root) return 2 * most(x, y, c);
      const d = value(x, y, exact);
      return d === 0 ? 0 : d + most(x, y, c) / d;
    },
    gradientTerms: (x, y, c) => {
      const sum = times(lower, times(whitened, reach(x, y, c), exact), exact);
      const d = value(x, y, exact);
      if (!root) return sum.map((part) => 2 * part);
      if (d === 0) return x.map(() => 0);
      const slip = most(x, y, c) / (2 * d * d);
      const slope = times(sizes(precision), difference(x, y, exact).map(Math.abs), exact);
      return sum.map((part, k) => (part + slip * (slope[k] as number)) / d);
    },
    size: (_x, _y, d) => Math.abs(d),
    parameters: {
      // (x − y)(x − y)ᵀ, of the root divided by 2d
      precision: {
        gradient: (x, y, f) => {
          const apart = difference(x, y, f);
          const d = value(x, y, f);
          if (!root) return outer(apart, apart, f);
          return outer(apart, apart, f).map((part) => (d === 0 ? 0 : f(part / f(2 * d))));
        },
        terms: (x, y, c) => {
          const far = reach(x, y, c);
          const d = value(x, y, exact);
          if (!root) return outer(far, far, exact);
          if (d === 0) return outer(far, far, exact).map(() => 0);
          const apart = difference(x, y, exact).map(Math.abs);
          const slip = most(x, y, c) / (2 * d * d);
          const slope = outer(apart, apart, exact);
          return outer(far, far, exact).map((part, k) => (part + slip * (slope[k] as number)) / (2 * d));
        },
      },
    },
  };
}

/** Σ dₖ xₖ yₖ + Σ_b x_bᵀ W_b y_b. `blocks` are [D/g][g][g]. */
export function structured(diagonal: Row | undefined, blocks: readonly Square[] | undefined): Oracle {
  /** The metric's matrix times y. */
  const through = (y: Row, f: Round, d: Row | undefined, w: readonly Square[] | undefined): number[] => {
    const straight = y.map((value, k) => (d ? f((d[k] as number) * value) : 0));
    if (!w) return straight;
    const g = (w[0] as Square).length;
    const across = w.flatMap((block, b) => times(block, y.slice(b * g, (b + 1) * g), f));
    return straight.map((value, k) => f(value + (across[k] as number)));
  };
  const back = blocks?.map(turned);
  const [sizeD, sizeW] = [diagonal?.map(Math.abs), blocks?.map(sizes)];
  const far = (y: Row): number[] => through(y.map(Math.abs), exact, sizeD, sizeW);
  const bounds = (x: Row, y: Row): number => Math.sqrt(squares(x) * squares(far(y)));
  const parts = (x: Row, y: Row, f: Round): number[] =>
    (blocks ?? []).flatMap((block, b) => {
      const g = block.length;
      return outer(x.slice(b * g, (b + 1) * g), y.slice(b * g, (b + 1) * g), f);
    });
  const abs = (of: (x: Row, y: Row, f: Round) => number[]) => (x: Row, y: Row) => of(x, y, exact).map(Math.abs);
  const along = (x: Row, y: Row, f: Round): number[] => x.map((value, k) => f(value * (y[k] as number)));
  return {
    value: (x, y, f) => dot(x, through(y, f, diagonal, blocks), f),
    gradient: (_x, y, f) => through(y, f, diagonal, blocks),
    gradientY: (x, _y, f) => through(x, f, diagonal, back),
    terms: bounds,
    gradientTerms: (_x, y) => far(y),
    gradientTermsY: (x) => through(x.map(Math.abs), exact, sizeD, back?.map(sizes)),
    size: bounds,
    parameters: {
      ...(diagonal ? { diagonal: { gradient: along, terms: abs(along) } } : {}),
      ...(blocks ? { blocks: { gradient: parts, terms: abs(parts) } } : {}),
    },
  };
}
