import type { Round } from "../../support/earned.js";
import {
  columns,
  logSumExp,
  type Oracle,
  type Params,
  type Scores,
  type Slope,
  slope,
  type Term,
  warmth,
} from "./shared.js";

/** A direction of a softmax with one target: its loss, and for each logit p and the slope p − [target]. */
function oneTarget(logits: readonly number[], target: number, f: Round) {
  const lse = logSumExp(logits, f);
  const own = logits[target] as number;
  const p = logits.map((logit) => f(Math.exp(f(logit - lse))));
  const others = logSumExp(
    logits.filter((logit, j) => j !== target && logit !== -Infinity),
    f,
  );
  return { value: f(lse - own), lse, own, p, notTarget: f(Math.exp(f(others - lse))) };
}

export const infoNCE: Oracle = (scores, kinds, params, f) => {
  const tau = f(params.temperature as number);
  const offset = params.targetOffset as number;
  const focal = (params.focal as number | undefined) ?? 0;
  const beside = (params.logWeights as readonly number[] | undefined) ?? [];
  const logit = (score: number, j: number): number => f(f(score / tau) + f(beside[j] ?? 0));
  /** A pair that is none weighs nothing. */
  const z = scores.map((row, i) => row.map((score, j) => (kinds[i]?.[j] === 0 ? -Infinity : logit(score, j))));
  return [
    z.map((row, i): Term => {
      const target = i + offset;
      if (row[target] === -Infinity) return { row: i, value: 0, terms: 0, slopes: [], exponent: 0 };
      const share = params.symmetric ? 0.5 : 1;
      const slopes: Slope[] = [];
      const added: { j: number; w: number; size: number }[] = [];
      let value = 0;
      let terms = 0;
      const direction = (
        logits: readonly number[],
        at: number,
        place: (j: number) => { i: number; j: number },
      ): void => {
        const found = oneTarget(logits, at, f);
        const q = found.notTarget;
        const power = f(share * (focal > 0 ? f(q ** focal) : 1));
        const flows = focal > 0 && params.focalGradient === "attached";
        const ratio = q > 0 ? f(found.value / q) : 1;
        const factor = flows ? f(power * f(1 + f(focal * f(f(1 - q) * ratio)))) : power;
        value = f(value + f(power * found.value));
        terms += factor * (Math.abs(found.lse) + Math.abs(found.own) + 1 / tau) * (1 + focal);
        found.p.forEach((p, j) => {
          const own = j === at ? 1 : 0;
          const w = f(factor * (own ? -found.notTarget : p));
          const size = factor * (p + own);
          slopes.push({ ...place(j), w: f(w / tau), size: size / tau });
          added.push({ j: place(j).j, w, size });
        });
      };
      direction(row, target, (j) => ({ i, j }));
      if (params.symmetric) {
        const column = z.map((other) => other[target] as number);
        direction(column, i, (j) => ({ i: j, j: target }));
      }
      const exponent = (1 + focal) / tau;
      return {
        row: i,
        value,
        terms,
        slopes,
        exponent,
        tensors: { temperature: warmth(scores, slopes, tau, f) },
        beside: added,
      };
    }),
  ];
};

/** Rows whose label is no class have no term. */
function classed(
  scores: Scores,
  kinds: readonly (readonly number[])[],
  term: (row: readonly number[], i: number, target: number) => Term,
) {
  return [scores.flatMap((row, i) => columns(kinds[i] as number[], 1).map((target) => term(row, i, target)))];
}

export const normalizedSoftmax: Oracle = (scores, kinds, params: Params, f) => {
  const tau = f(params.temperature as number);
  return classed(scores, kinds, (row, i, target) => {
    const found = oneTarget(
      row.map((score) => f(score / tau)),
      target,
      f,
    );
    const slopes = found.p.map((p, j) => {
      const own = j === target ? 1 : 0;
      return { i, j, w: f((own ? -found.notTarget : p) / tau), size: (p + own) / tau };
    });
    const terms = Math.abs(found.lse) + Math.abs(found.own) + 1 / tau;
    const tensors = { temperature: warmth(scores, slopes, tau, f) };
    return { row: i, value: found.value, terms, slopes, exponent: 1 / tau, tensors };
  });
};

export const ntXent: Oracle = (scores, kinds, params, f) => {
  const tau = f(params.temperature as number);
  return [
    scores.flatMap((row, i) => {
      const z = (j: number): number => f((row[j] as number) / tau);
      const negatives = columns(kinds[i] as number[], -1);
      const lse = logSumExp(negatives.map(z), f);
      return columns(kinds[i] as number[], 1).map((p): Term => {
        const gap = f(lse - z(p));
        const value = logSumExp([0, gap], f);
        const u = f(Math.exp(f(gap - value)));
        const slopes = [
          slope(i, p, f(-u / tau)),
          ...negatives.map((n) => slope(i, n, f(f(u * f(Math.exp(f(z(n) - lse)))) / tau))),
        ];
        const terms = negatives.length === 0 ? 0 : Math.abs(lse) + Math.abs(z(p)) + 1 / tau;
        const tensors = { temperature: warmth(scores, slopes, tau, f) };
        return { row: i, value, terms, slopes, exponent: 1 / tau, tensors };
      });
    }),
  ];
};
