import type { Round } from "../../support/earned.js";
import { logSumExp, type Params, type Scores } from "./shared.js";

export interface WithinPair {
  readonly a: number;
  readonly b: number;
  readonly v: number;
}

/** Rows a < b of different classes whose cosine is no outlier by box and whiskers, and ln Σ exp(s v) of them. */
export function negativePairs(cosines: Scores, labels: readonly number[], params: Params, f: Round) {
  const s = f(params.scale as number);
  const all = labels.flatMap((label, a) =>
    labels.flatMap((other, b): WithinPair[] =>
      b > a && label >= 0 && other >= 0 && label !== other ? [{ a, b, v: cosines[a]?.[b] as number }] : [],
    ),
  );
  const sorted = all.map(({ v }) => v).sort((p, q) => p - q);
  const [q1 = 0, q3 = 0] = [0.25, 0.75].map((part) => sorted[Math.floor(part * sorted.length)]);
  const reach = f(f(params.whisker as number) * f(q3 - q1));
  const kept = all.filter(({ v }) => v >= f(q1 - reach) && v <= f(q3 + reach));
  const logSum = logSumExp(
    kept.map(({ v }) => f(s * v)),
    f,
  );
  return { kept, logSum, slopeOf: ({ v }: WithinPair) => f(s * f(Math.exp(f(f(s * v) - logSum)))), exponent: s };
}
