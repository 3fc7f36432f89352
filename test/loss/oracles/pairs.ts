import { columns, logSumExp, type Oracle, slope, type Term } from "./shared.js";

export const multiSimilarity: Oracle = (scores, kinds, params, f) => [
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

export const contrastive: Oracle = (scores, kinds, params, f) => {
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
