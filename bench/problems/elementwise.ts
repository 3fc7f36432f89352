// Metrics without a product inside: three operations a coordinate instead of a multiply-add.
import { matrixProblem } from "./pairwise.js";
import type { Problem } from "./types.js";

export const ELEMENTWISE: readonly Problem<"pairwise">[] = [
  matrixProblem({ metric: "cityblock", columns: 128, wall: "differences", peers: ["ml-distance"] }),
  matrixProblem({ metric: "chebyshev", columns: 128, wall: "differences", peers: ["ml-distance"] }),
  matrixProblem({ metric: "minkowski", columns: 128, wall: "differences", peers: ["ml-distance"] }),
];
