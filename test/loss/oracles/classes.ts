import type { Round } from "../../support/earned.js";
import { columns, type Kinds, logSumExp, type Oracle, type Scores, type Slope, type Term } from "./shared.js";

/** Rows whose label is no class have no term. */
export function classed(
  scores: Scores,
  kinds: Kinds,
  term: (row: readonly number[], i: number, target: number) => Term,
): readonly (readonly Term[])[] {
  return [scores.flatMap((row, i) => columns(kinds[i] as number[], 1).map((target) => term(row, i, target)))];
}

/** ln(1 + e^z), which is more than 0 however far z is below. */
const softplus = (z: number, f: Round): number => f(Math.max(0, z) + f(Math.log1p(f(Math.exp(-Math.abs(z))))));

/** Of a row's logits: lse − z_t as ln(1 + Σ_j≠t exp(z_j − z_t)), the softmax p, and 1 − p_t without a difference. */
export function softmaxAt(z: readonly number[], target: number, f: Round) {
  const lse = logSumExp(z, f);
  const others = logSumExp(
    z.filter((_, j) => j !== target),
    f,
  );
  const own = z[target] as number;
  const p = z.map((logit) => f(Math.exp(f(logit - lse))));
  return { lse, own, value: softplus(f(others - own), f), p, notTarget: f(Math.exp(f(others - lse))) };
}

/** p − [j = t] */
function towards({ p, notTarget }: ReturnType<typeof softmaxAt>, target: number) {
  return p.map((share, j) => ({
    j,
    w: j === target ? -notTarget : share,
    size: j === target ? 1 + share : share,
  }));
}

export const crossEntropy: Oracle = (scores, kinds, params, f) => {
  const [by, limit] = [f(params.scale as number), f(params.softcap as number)];
  const [square, even] = [f(params.zLoss as number), f(params.labelSmoothing as number)];
  const bias = (params.bias as readonly number[] | undefined) ?? [];
  return classed(scores, kinds, (row, i, target) => {
    const u = row.map((score, j) => f(f(score * by) + f(bias[j] ?? 0)));
    const bent = u.map((logit) => f(Math.tanh(f(logit / limit))));
    const z = limit > 0 ? bent.map((t) => f(limit * t)) : u;
    const bends = u.map((logit) => (limit > 0 ? f(1 / Math.cosh(f(logit / limit)) ** 2) : 1));
    const found = softmaxAt(z, target, f);
    const mean = f(z.reduce((sum, logit) => f(sum + logit), 0) / z.length);
    const smooth = f(f(f(1 - even) * found.value) + f(even * f(found.lse - mean)));
    const steeper = f(1 + f(2 * f(square * found.lse)));
    const beside = z.map((_, j) => {
      const own = j === target ? 1 : 0;
      const share = f(even / z.length);
      const p = found.p[j] as number;
      const falling = f(-found.notTarget + f(even - share));
      const w = own ? f(falling + f(f(steeper - 1) * f(1 - found.notTarget))) : f(f(p * steeper) - share);
      const bend = bends[j] as number;
      /** How far a rounded u moves the bend. */
      const reach = limit > 0 ? 1 + (2 * Math.abs(u[j] as number)) / limit : 1;
      return { j, w: f(w * bend), size: (p * (1 + 2 * square * Math.abs(found.lse)) + own + share) * bend * reach };
    });
    const lseTerms = Math.abs(found.lse) + by;
    const meanTerms = even === 0 ? 0 : z.reduce((sum, logit) => sum + Math.abs(logit), 0) / z.length;
    return {
      row: i,
      value: f(smooth + f(square * f(found.lse * found.lse))),
      terms: lseTerms + Math.abs(found.own) + even * meanTerms + 2 * square * Math.abs(found.lse) * lseTerms,
      slopes: beside.map(({ j, w, size }): Slope => ({ i, j, w: f(w * by), size: size * by })),
      exponent: by * (1 + (limit > 0 ? 2 / limit : 0)),
      beside,
    };
  });
};

export const generalizedCrossEntropy: Oracle = (scores, kinds, params, f) => {
  const [q, s] = [f(params.q as number), f(params.scale as number)];
  return classed(scores, kinds, (row, i, target) => {
    const found = softmaxAt(
      row.map((score) => f(score * s)),
      target,
      f,
    );
    const power = Math.min(60, f(-q * found.value));
    const factor = f(Math.exp(power));
    return {
      row: i,
      value: q === 0 ? found.value : f(f(-Math.expm1(power)) / q),
      terms:
        factor * (Math.abs(found.lse) + Math.abs(found.own) + s) + (q === 0 ? 0 : Math.abs(1 - factor) / Math.abs(q)),
      slopes: towards(found, target).map(({ j, w, size }) => ({
        i,
        j,
        w: f(f(w * factor) * s),
        size: size * factor * s,
      })),
      exponent: s * (1 + Math.abs(q)) + Math.abs(q) * (Math.abs(found.lse) + Math.abs(found.own)),
    };
  });
};

export const balancedSoftmax: Oracle = (scores, kinds, params, f) => {
  const s = f(params.scale as number);
  const logs = (params.classCounts as readonly number[]).map((count) => f(Math.log(Math.max(1, count))));
  return classed(scores, kinds, (row, i, target) => {
    const z = row.map((score, j) => f(f(score * s) + (logs[j] as number)));
    const found = softmaxAt(z, target, f);
    return {
      row: i,
      value: found.value,
      terms: Math.abs(found.lse) + Math.abs(found.own) + s,
      slopes: towards(found, target).map(({ j, w, size }) => ({ i, j, w: f(w * s), size: size * s })),
      exponent: s,
    };
  });
};

export const squaredHinge: Oracle = (scores, kinds, params, f) => {
  const penalty = f(params.penalty as number);
  const pair = (i: number, j: number, score: number, t: number): Term => {
    const open = Math.max(0, f(1 - f(t * score)));
    const reach = 1 + Math.abs(score);
    return {
      row: i,
      value: f(penalty * f(open * open)),
      terms: 2 * penalty * open * reach,
      slopes: open > 0 ? [{ i, j, w: f(-2 * t * f(penalty * open)), size: 2 * penalty * reach }] : [],
      exponent: 0,
    };
  };
  return [
    scores.flatMap((row, i) =>
      columns(kinds[i] as number[], 1).flatMap((target) =>
        row.map((score, j) => pair(i, j, score, j === target ? 1 : -1)),
      ),
    ),
  ];
};
