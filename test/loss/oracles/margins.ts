import { columns, logSumExp, type Oracle, slope, type Term } from "./shared.js";

const nothing = (row: number): Term => ({ row, value: 0, terms: 0, slopes: [], exponent: 0 });

export const circle: Oracle = (scores, kinds, params, f) => {
  const [m, gamma] = [f(params.relaxation as number), f(params.gamma as number)];
  return [
    scores.map((row, i): Term => {
      const [positives, negatives] = [columns(kinds[i] as number[], 1), columns(kinds[i] as number[], -1)];
      if (positives.length === 0 || negatives.length === 0) return nothing(i);
      const s = (j: number): number => row[j] as number;
      const pull = (j: number): number => Math.max(0, f(f(1 + m) - s(j)));
      const push = (j: number): number => Math.max(0, f(s(j) + m));
      const zp = positives.map((j) => f(f(-gamma * pull(j)) * f(s(j) - f(1 - m))));
      const zn = negatives.map((j) => f(f(gamma * push(j)) * f(s(j) - m)));
      const [lp, ln] = [logSumExp(zp, f), logSumExp(zn, f)];
      const gap = f(lp + ln);
      const value = logSumExp([0, gap], f);
      const sigma = f(Math.exp(f(gap - value)));
      const attached = params.attached as boolean;
      const slopes = [
        ...positives.map((j, at) => {
          const a = attached ? (pull(j) > 0 ? f(2 - 2 * s(j)) : 0) : pull(j);
          return slope(i, j, f(f(-gamma * a) * f(f(Math.exp(f((zp[at] as number) - lp))) * sigma)));
        }),
        ...negatives.map((j, at) => {
          const a = attached ? (push(j) > 0 ? 2 * s(j) : 0) : push(j);
          return slope(i, j, f(f(gamma * a) * f(f(Math.exp(f((zn[at] as number) - ln))) * sigma)));
        }),
      ];
      const reach = Math.max(...row.map((score) => (1 + m + Math.abs(score)) * (Math.abs(score) + 1 + m)));
      return { row: i, value, terms: value + sigma * gamma * reach, slopes, exponent: gamma * reach };
    }),
  ];
};

export const generalizedLifted: Oracle = (scores, kinds, params, f) => {
  const [plus, minus] = [f(params.posMargin as number), f(params.negMargin as number)];
  const sign = params.similarity ? -1 : 1;
  return [
    scores.map((row, i): Term => {
      const [positives, negatives] = [columns(kinds[i] as number[], 1), columns(kinds[i] as number[], -1)];
      const zp = positives.map((j) => f(sign * f((row[j] as number) - plus)));
      const zn = negatives.map((j) => f(sign * f(minus - (row[j] as number))));
      const lp = zp.length > 0 ? logSumExp(zp, f) : 0;
      const ln = zn.length > 0 ? logSumExp(zn, f) : 0;
      const value = Math.max(0, f(lp + ln));
      if (value === 0) return { ...nothing(i), terms: Math.abs(lp) + Math.abs(ln) };
      const slopes = [
        ...positives.map((j, at) => slope(i, j, f(sign * Math.exp(f((zp[at] as number) - lp))))),
        ...negatives.map((j, at) => slope(i, j, f(-sign * Math.exp(f((zn[at] as number) - ln))))),
      ];
      const reach = Math.max(...row.map(Math.abs)) + Math.abs(plus) + Math.abs(minus);
      return { row: i, value, terms: Math.abs(lp) + Math.abs(ln) + reach, slopes, exponent: 1 + reach };
    }),
  ];
};

export const liftedStructure: Oracle = (scores, kinds, params, f) => {
  const [plus, minus] = [f(params.posMargin as number), f(params.negMargin as number)];
  const sign = params.similarity ? -1 : 1;
  const self = kinds.every((row, i) => row.length === kinds.length && row[i] === 0);
  const at = (i: number, j: number): number => scores[i]?.[j] as number;
  const push = (i: number, j: number): number => f(sign * f(minus - at(i, j)));
  const across = kinds.map((row, i) => columns(row, -1).map((j) => [i, j] as const));
  const down = (kinds[0] ?? []).map((_, j) => kinds.flatMap((row, i) => (row[j] === -1 ? [[i, j] as const] : [])));
  return [
    scores.flatMap((_, a) =>
      columns(kinds[a] as number[], 1).map((p): Term => {
        const negatives = [...(across[a] ?? []), ...((self ? across[p] : down[p]) ?? [])];
        if (negatives.length === 0) return nothing(a);
        const lse = logSumExp(
          negatives.map(([i, j]) => push(i, j)),
          f,
        );
        const hinge = Math.max(0, f(f(sign * f(at(a, p) - plus)) + lse));
        const reach = Math.abs(at(a, p)) + Math.abs(plus) + Math.abs(lse) + 1 + Math.abs(minus);
        if (hinge === 0) return nothing(a);
        const slopes = [
          { i: a, j: p, w: f(sign * hinge), size: reach },
          ...negatives.map(([i, j]) => {
            const w = f(-sign * f(hinge * f(Math.exp(f(push(i, j) - lse)))));
            return { i, j, w, size: Math.abs(w) * (1 + reach / hinge) };
          }),
        ];
        return { row: a, value: f(f(hinge * hinge) / 2), terms: hinge * reach, slopes, exponent: 1 + reach };
      }),
    ),
  ];
};

export const thresholdConsistentMargin: Oracle = (scores, kinds, params, f) => {
  const part = (kind: number, margin: number, weight: number): Term[] =>
    scores.flatMap((row, i) =>
      columns(kinds[i] as number[], kind).flatMap((j): Term[] => {
        const gap = f(kind * f(f(margin) - (row[j] as number)));
        if (gap < 0) return [];
        const terms = weight * (Math.abs(row[j] as number) + Math.abs(margin));
        return [{ row: i, value: f(f(weight) * gap), terms, slopes: [slope(i, j, -kind * f(weight))], exponent: 0 }];
      }),
    );
  const { posMargin, negMargin, posWeight, negWeight } = params as unknown as Record<string, number>;
  return [part(1, posMargin as number, posWeight as number), part(-1, negMargin as number, negWeight as number)];
};
