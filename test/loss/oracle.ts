import type { LOSSES, MINERS } from "../../lib/loss/table.js";
import type { Round } from "../support/earned.js";

/** 1 positive, −1 negative, 0 no pair. */
export type Kinds = readonly (readonly number[])[];
export type Scores = readonly (readonly number[])[];

/** `size` is Σ|terms| of `w`. */
export interface Slope {
  readonly i: number;
  readonly j: number;
  readonly w: number;
  readonly size: number;
}

/** One term of a loss: its value, its slope in each score it depends on, and how far rounding of the scores may move that slope. */
export interface Term {
  readonly row: number;
  readonly value: number;
  /** Σ|terms| of the value. */
  readonly terms: number;
  readonly slopes: readonly Slope[];
  /** Σ|terms| of an exponent: a relative error of the slope is an absolute error of the exponent. */
  readonly exponent: number;
  readonly temperature?: { readonly slope: number; readonly terms: number };
}

/** What a loss adds up, in parts that are reduced one by one. */
export type Oracle = (scores: Scores, kinds: Kinds, params: Params, f: Round) => readonly (readonly Term[])[];
export type Params = Readonly<Record<string, number | boolean>> & { readonly similarity: boolean };

/** ln Σ exp(z) over the list, the largest taken off first; −∞ for an empty list. */
function logSumExp(z: readonly number[], f: Round): number {
  if (z.length === 0) return -Infinity;
  const top = Math.max(...z);
  return f(top + f(Math.log(z.reduce((sum, value) => f(sum + f(Math.exp(f(value - top)))), 0))));
}

const slope = (i: number, j: number, w: number): Slope => ({ i, j, w, size: Math.abs(w) });

const columns = (kinds: readonly number[], kind: number): number[] => kinds.flatMap((k, j) => (k === kind ? [j] : []));

const multiSimilarity: Oracle = (scores, kinds, params, f) => [
  scores.map((row, i): Term => {
    const { alpha, beta, base } = params as unknown as Record<string, number>;
    const [a, b, lambda] = [f(alpha as number), f(beta as number), f(base as number)];
    const score = (j: number): number => row[j] as number;
    const positives = columns(kinds[i] as number[], 1);
    const negatives = columns(kinds[i] as number[], -1);
    if (params.skipIfEitherEmpty && (positives.length === 0 || negatives.length === 0)) {
      return { row: i, value: 0, terms: 0, slopes: [], exponent: 0 };
    }
    const pull = (j: number): number => f(-a * f(score(j) - lambda));
    const push = (j: number): number => f(b * f(score(j) - lambda));
    const plus = logSumExp([0, ...positives.map(pull)], f);
    const minus = logSumExp([0, ...negatives.map(push)], f);
    return {
      row: i,
      value: f(f(plus / a) + f(minus / b)),
      terms: plus / a + minus / b + (positives.length + negatives.length > 0 ? 1 + Math.abs(lambda) : 0),
      slopes: [
        ...positives.map((j) => slope(i, j, -f(Math.exp(f(pull(j) - plus))))),
        ...negatives.map((j) => slope(i, j, f(Math.exp(f(push(j) - minus))))),
      ],
      exponent: Math.max(a, b) * (1 + Math.abs(lambda)),
    };
  }),
];

const contrastive: Oracle = (scores, kinds, params, f) => {
  const { posMargin, negMargin } = params as unknown as Record<"posMargin" | "negMargin", number>;
  const towards = params.similarity ? -1 : 1;
  const part = (kind: number, margin: number, sign: number): Term[] =>
    scores.flatMap((row, i) =>
      columns(kinds[i] as number[], kind).map((j) => {
        const value = Math.max(0, f(sign * f((row[j] as number) - f(margin))));
        const slopes = value > 0 ? [slope(i, j, sign)] : [];
        return { row: i, value, terms: value > 0 ? Math.abs(row[j] as number) + margin : 0, slopes, exponent: 0 };
      }),
    );
  return [part(1, posMargin, towards), part(-1, negMargin, -towards)];
};

const infoNCE: Oracle = (scores, _kinds, params, f) => {
  const tau = f(params.temperature as number);
  const offset = params.targetOffset as number;
  const z = scores.map((row) => row.map((score) => f(score / tau)));
  return [
    z.map((row, i): Term => {
      const target = i + offset;
      const column = z.map((other) => other[target] as number);
      const own = row[target] as number;
      const share = params.symmetric ? 0.5 : 1;
      const slopes: Slope[] = [];
      let value = 0;
      let terms = 0;
      const direction = (
        logits: readonly number[],
        at: number,
        place: (j: number) => { i: number; j: number },
      ): void => {
        const lse = logSumExp(logits, f);
        value = f(value + f(share * f(lse - own)));
        terms += share * (Math.abs(lse) + Math.abs(own) + 1 / tau);
        logits.forEach((logit, j) => {
          const p = f(Math.exp(f(logit - lse)));
          const own = j === at ? 1 : 0;
          slopes.push({ ...place(j), w: f(f(share * f(p - own)) / tau), size: (share * (p + own)) / tau });
        });
      };
      direction(row, target, (j) => ({ i, j }));
      if (params.symmetric) direction(column, i, (j) => ({ i: j, j: target }));
      const products = slopes.map(({ i: a, j, w }) => f(w * f((scores[a]?.[j] as number) / tau)));
      return {
        row: i,
        value,
        terms,
        slopes,
        exponent: 1 / tau,
        temperature: {
          slope: -products.reduce((sum, product) => f(sum + product), 0),
          terms:
            (slopes.reduce((sum, { i: a, j, size }) => sum + size * Math.abs(scores[a]?.[j] as number), 0) *
              (1 + 1 / tau)) /
            tau,
        },
      };
    }),
  ];
};

export const ORACLES = { multiSimilarity, contrastive, infoNCE } as const satisfies Record<keyof typeof LOSSES, Oracle>;

/** A row's pairs after mining: those that the rule drops are none. */
export type MinerOracle = (row: readonly number[], kinds: readonly number[], params: MinerParams, f: Round) => number[];
export type MinerParams = Readonly<Record<string, number>>;

export const MINER_ORACLES = {
  multiSimilarity: (row, kinds, { epsilon = 0 }, f) => {
    const hardestNegative = Math.max(...row.filter((_, j) => kinds[j] === -1));
    const hardestPositive = Math.min(...row.filter((_, j) => kinds[j] === 1));
    return row.map((s, j) => {
      if (kinds[j] === 1) return f(s - f(epsilon)) < hardestNegative ? 1 : 0;
      if (kinds[j] === -1) return f(s + f(epsilon)) > hardestPositive ? -1 : 0;
      return 0;
    });
  },
} as const satisfies Record<keyof typeof MINERS, MinerOracle>;
