/** Lists what a rule keeps of an anchor's triplets. */
import { closest, farthest, type Row } from "./row.js";
import type { Rule } from "./rule.js";

export type Keep = (row: Row, emit: (positive: number, negative: number) => void) => void;

export function keepOf(rule: Omit<Rule, "value" | "margin" | "beta">): Keep {
  if (rule.positives !== "window") return (row, emit) => choose(rule, row, emit);
  const [lower, upper] = [Math.fround(rule.lower), Math.fround(rule.upper)];
  return ({ positives, negatives, u }, emit) => {
    for (const p of positives) {
      const near = u(p);
      for (const n of negatives) {
        const gap = Math.fround(u(n) - near);
        if (gap > lower && gap <= upper) emit(p, n);
      }
    }
  };
}

function choose(rule: Parameters<typeof keepOf>[0], row: Row, emit: (p: number, n: number) => void): void {
  const { positives, negatives, u } = row;
  const negativeOf = (p: number): number => {
    if (rule.negatives === "easy") return farthest(negatives, u);
    return closest(negatives, u, rule.negatives === "semihard" ? u(p) : -Infinity);
  };
  const pair = (p: number, n: number): void => {
    if (p >= 0 && n >= 0) emit(p, n);
  };
  if (rule.positives === "all") {
    for (const p of positives) pair(p, negativeOf(p));
  } else if (rule.positives === "semihard") {
    const n = rule.negatives === "easy" ? farthest(negatives, u) : closest(negatives, u);
    if (n >= 0) pair(farthest(positives, u, u(n)), n);
  } else {
    const p = rule.positives === "easy" ? closest(positives, u) : farthest(positives, u);
    if (p < 0) return;
    if (rule.negatives === "all") for (const n of negatives) pair(p, n);
    else pair(p, negativeOf(p));
  }
}
