/** What a loss adds to its value beside the terms: the mean of the weights' squares. */
import { combine, shared, total } from "../algebra/elementwise.js";
import type { Dense } from "../dense.js";

const elementsOf = ({ size }: Dense): number => Math.max(1, size);

/** value + mean(W²), shape [] */
export function plusMeanSquare(fn: string, value: Dense, weights: Dense): Dense {
  const squares = combine(fn, "mul", weights, weights);
  return combine(fn, "add", value, total(fn, squares, elementsOf(weights)));
}

/** dW + 2 g W/(C·D), for g of shape [] */
export function plusSlopeOfMeanSquare(fn: string, dWeights: Dense, weights: Dense, gradient: Dense): Dense {
  const twice = combine(fn, "mul", weights, shared(fn, gradient, elementsOf(weights) / 2, weights.shape));
  return combine(fn, "add", dWeights, twice);
}
