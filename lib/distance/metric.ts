/** Metrics as arguments: the names this release computes, and those of the contract that it does not. */
import * as check from "../check.js";
import { DISTANCES } from "./table.js";
import type { Metric } from "./types.js";

export const METRICS = Object.keys(DISTANCES) as Metric[];
const LATER = [
  "correlation",
  "cityblock",
  "chebyshev",
  "snr",
  "minkowski",
  "poincare",
  "gaussian",
  "mahalanobis",
  "structured",
];

/** @throws WarpweftError ERR_ARGUMENT that lists what is `known` to the function. */
export function metricOf<M extends Metric>(fn: string, value: unknown, known: readonly M[]): M {
  return check.metric(fn, value, known, LATER);
}

/** The number by which native code knows it. */
export function metricId(metric: Metric): number {
  return METRICS.indexOf(metric);
}
