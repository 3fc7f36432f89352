import type { Round } from "../../support/earned.js";
import { columns, logSumExp, type Oracle, type Params, type Slope, type Term, warmth } from "./shared.js";

export const supCon: Oracle = (scores, kinds, params, f) => {
  const tau = f(params.temperature as number);
  return [
    scores.map((row, i): Term => {
      const z = row.map((score) => f(score / tau));
      const [positives, negatives] = [columns(kinds[i] as number[], 1), columns(kinds[i] as number[], -1)];
      if (positives.length === 0) return { row: i, value: 0, terms: 0, slopes: [], exponent: 0 };
      const all = [...positives, ...negatives];
      const lse = logSumExp(
        all.map((j) => z[j] as number),
        f,
      );
      const share = f(1 / positives.length);
      const mean = f(positives.reduce((sum, j) => f(sum + (z[j] as number)), 0) * share);
      const slopes = all.map((j): Slope => {
        const [p, own] = [f(Math.exp(f((z[j] as number) - lse))), positives.includes(j) ? share : 0];
        return { i, j, w: f(f(p - own) / tau), size: (p + own) / tau };
      });
      const terms = all.length === 1 ? 0 : Math.abs(lse) + Math.abs(mean) + 1 / tau;
      const tensors = { temperature: warmth(scores, slopes, tau, f) };
      return { row: i, value: f(lse - mean), terms, slopes, exponent: 1 / tau, tensors };
    }),
  ];
};

/** ln(1 + e^z) and its slope. */
function softplus(z: number, f: Round): { value: number; slope: number } {
  const value = logSumExp([0, z], f);
  return { value, slope: f(Math.exp(f(z - value))) };
}

export const sigLip: Oracle = (scores, kinds, params, f) => {
  const [t, b] = [f(params.scale as number), f(params.bias as number)];
  return [
    scores.map((row, i): Term => {
      const slopes: Slope[] = [];
      let [value, terms, scale, bias, sizes, total] = [0, 0, 0, 0, 0, 0];
      row.forEach((s, j) => {
        const kind = kinds[i]?.[j] as number;
        const z = f(f(t * s) + b);
        const { value: own, slope } = softplus(-kind * z, f);
        const size = slope * (1 + Math.abs(t * s) + Math.abs(b));
        value = f(value + own);
        terms += own + size;
        scale = f(scale + f(-kind * f(slope * s)));
        bias = f(bias - kind * slope);
        sizes += size * Math.abs(s);
        total += size;
        slopes.push({ i, j, w: f(-kind * f(slope * t)), size: slope * t });
      });
      const tensors = { scale: { slope: scale, terms: sizes }, bias: { slope: bias, terms: total } };
      return { row: i, value, terms, slopes, exponent: t + Math.abs(b), tensors };
    }),
  ];
};

/** Of both views in one batch: each row has one positive, or none where it is a further candidate. */
export const hardNegativeContrastive: Oracle = (scores, kinds, params, f) => {
  const [tau, beta, plus] = [f(params.temperature as number), f(params.beta as number), f(params.tauPlus as number)];
  return [
    scores.flatMap((row, i) => {
      const negatives = columns(kinds[i] as number[], -1);
      return columns(kinds[i] as number[], 1).map((p): Term => {
        const n = negatives.length;
        if (n === 0) return { row: i, value: 0, terms: 0, slopes: [], exponent: 0 };
        const z = row.map((s) => f(s / tau));
        const at = (scale: number) => negatives.map((j) => f(scale * (z[j] as number)));
        const [hard, soft] = [at(f(1 + beta)), at(beta)];
        const [a, b] = [logSumExp(hard, f), logSumExp(soft, f)];
        const [own, count] = [z[p] as number, f(Math.log(n))];
        const rho = f(f(a - b) - own);
        const hidden = plus > 0 ? f(plus * f(Math.exp(-rho))) : 0;
        const estimate = hidden < 1 ? f(f(rho + f(Math.log1p(-hidden))) - f(Math.log1p(-plus))) : -Infinity;
        const least = f(f(-1 / tau) - own);
        const held = estimate <= least;
        const gap = f(count + (held ? least : estimate));
        const { value, slope: q } = softplus(gap, f);
        const kappa = held ? q : f(q / f(1 - hidden));
        const slopes: Slope[] = [{ i, j: p, w: f(-kappa / tau), size: kappa / tau }];
        negatives.forEach((j, k) => {
          const harder = f(f(1 + beta) * f(Math.exp(f((hard[k] as number) - a))));
          const weight = f(beta * f(Math.exp(f((soft[k] as number) - b))));
          if (!held)
            slopes.push({ i, j, w: f(f(kappa * f(harder - weight)) / tau), size: (kappa * (harder + weight)) / tau });
        });
        const reach = ((2 * (1 + beta) + (held ? 0 : 1 / (1 - hidden))) * Math.max(1, ...row.map(Math.abs))) / tau;
        const warm = warmth(scores, slopes, tau, f);
        const sizes = slopes.reduce((all, { size }) => all + size, 0) / tau;
        const temperature = { slope: f(warm.slope + (held ? f(f(q / tau) / tau) : 0)), terms: warm.terms + sizes };
        const terms = value + kappa * (1 + reach);
        return { row: i, value, terms, slopes, exponent: reach, tensors: { temperature } };
      });
    }),
  ];
};

/** What a pair counts for: given, or how many clusterings part its rows; without either 1 for all but the positive. */
function weightOf(params: Params, i: number, j: number): number {
  const weights = params.weights as readonly (readonly number[])[] | undefined;
  const clusters = params.clusters as readonly (readonly number[])[] | undefined;
  if (weights) return Math.max(0, weights[i]?.[j] as number);
  return clusters ? clusters.filter((ids) => ids[i] !== ids[j]).length : i === j ? 0 : 1;
}

export const weightedNegatives: Oracle = (scores, kinds, params, f) => {
  const tau = f(params.temperature as number);
  return [
    scores.flatMap((row, i): Term[] => {
      const z = row.map((s) => f(s / tau));
      const own = kinds[i] as number[];
      const g = row.map((_, j) => (own[j] === 0 ? 0 : weightOf(params, i, j)));
      const logs = z.map((logit, j) => f(logit + f(Math.log(g[j] as number))));
      const present = logs.filter((_, j) => (g[j] as number) > 0);
      if (present.length === 0 || own[i] === 0) return [];
      const lse = logSumExp(present, f);
      const slopes = logs.map((log, j): Slope => {
        const [p, target] = [(g[j] as number) > 0 ? f(Math.exp(f(log - lse))) : 0, i === j ? 1 : 0];
        return { i, j, w: f(f(p - target) / tau), size: (p + target) / tau };
      });
      const pairs = z.map((logit, j): Slope => {
        const w = own[j] === 0 ? 0 : f(Math.exp(f(logit - lse)));
        return { i, j, w, size: w };
      });
      const terms = Math.abs(lse) + Math.abs(z[i] as number) + 1 / tau;
      const tensors = { temperature: warmth(scores, slopes, tau, f) };
      const exponent = 1 / tau + Math.abs(lse) + Math.max(...present.map(Math.abs));
      return [{ row: i, value: f(lse - (z[i] as number)), terms, slopes, exponent, tensors, pairs }];
    }),
  ];
};

/** The first positive pair of each class. */
export const nPairs: Oracle = (scores, kinds, _params, f) => {
  const taken = new Set<number>();
  const pairs = kinds.flatMap((row, i) => {
    const found = columns(row, 1);
    const same = [i, ...found];
    // Rows of a class know the same positives, but for themselves: the class is named by its first row there.
    const self = kinds.length === row.length && kinds.every((other, k) => other[k] === 0);
    const name = Math.min(...(self ? same : found));
    if (found.length === 0 || taken.has(name)) return [];
    taken.add(name);
    return [{ a: i, p: found[0] as number }];
  });
  return [
    pairs.map(({ a, p }): Term => {
      const logits = pairs.map((other) => scores[a]?.[other.p] as number);
      const lse = logSumExp(logits, f);
      const others = logSumExp(
        logits.filter((_, k) => pairs[k]?.p !== p),
        f,
      );
      const slopes = logits.map((logit, k): Slope => {
        const [j, prob] = [pairs[k]?.p as number, f(Math.exp(f(logit - lse)))];
        const own = j === p;
        return { i: a, j, w: own ? f(-Math.exp(f(others - lse))) : prob, size: prob + (own ? 1 : 0) };
      });
      const own = scores[a]?.[p] as number;
      return { row: a, value: f(lse - own), terms: Math.abs(lse) + Math.abs(own) + 1, slopes, exponent: 1 };
    }),
  ];
};
