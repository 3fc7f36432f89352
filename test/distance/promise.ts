/** What is promised of float32 values, and the table of docs/distance.md in numbers. */
import { exactly } from "../support/earned.js";
import { type Oracle, oracleOf, type Spec } from "./oracle.js";
import { LEAST_EXPONENTIAL } from "./oracles/dot.js";
import { centred, type Row, squared, squares } from "./oracles/common.js";

/** How far a value may be off the exact one. */
type Allowed = (x: Row, y: Row, exact: number) => number;

/**
 * With r = d²/(|x|² + |y|²), a distance is right to 1e-5 where r < 0.01 and where r > 0.2, and to 5e-4 between. Angles are
 * distances of unit vectors, so there r is 1 − cos; others are distances of rows without their means, or of whitened rows.
 */
const near = (ratio: number): number => (ratio < 0.01 || ratio > 0.2 ? 1e-5 : 5e-4);

const share = (x: Row, y: Row): number => squared(x, y, exactly) / (squares(x) + squares(y));

/** 1 − cos is no better than float64 makes it, in the oracle too. */
const FLOOR = 8 * 2 ** -53;

export function allowed(spec: Spec): Allowed {
  const oracle: Oracle = oracleOf(spec);
  switch (spec.name) {
    case "inner":
    case "structured":
    case "cosineSimilarity":
      return (x, y) => x.length * 2 ** -24 * oracle.size(x, y, 0);
    case "cosine":
    case "correlation":
      return (_x, _y, exact) => near(exact) * exact + FLOOR;
    case "snr":
      return (x, y, exact) => near(share(centred(x, exactly), centred(y, exactly))) * exact;
    // An error of the exponent is one of the value, times it; and the exponent itself is rounded.
    case "gaussian":
      return (x, y, exact) => {
        const exponent = (spec.gamma ?? 0.5) * squared(x, y, exactly);
        return exact * (near(share(x, y)) * exponent + 1e-6) + LEAST_EXPONENTIAL;
      };
    case "mahalanobis": {
      const sizes = new Map<Row, number>();
      const square = oracleOf({ ...spec, squared: true });
      const size = (x: Row): number => {
        const found = sizes.get(x) ?? square.value(x, new Array<number>(x.length).fill(0), exactly);
        sizes.set(x, found);
        return found;
      };
      return (x, y, exact) => {
        const d2 = spec.squared ? exact : exact * exact;
        return near(d2 / (size(x) + size(y))) * exact;
      };
    }
    case "sqeuclidean":
    case "euclidean":
    case "poincare":
      return (x, y, exact) => near(share(x, y)) * exact;
    // Nothing cancels.
    default:
      return (_x, _y, exact) => 1e-5 * exact;
  }
}
