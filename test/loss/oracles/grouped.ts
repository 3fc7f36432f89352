import type { Round } from "../../support/earned.js";
import type { Kinds, Oracle, Params, Scores } from "./shared.js";

/** A class's score from those of its centres, its slope in each, and how far a rounded score moves that slope. */
interface Pooled {
  readonly value: number;
  readonly slopes: readonly number[];
  readonly exponent: number;
}
export type Pooling = (scores: readonly number[], params: Params, f: Round) => Pooled;

/** The largest, the first of equals. */
export const closest: Pooling = (scores) => {
  const value = Math.max(...scores);
  return { value, slopes: scores.map((_, k) => (k === scores.indexOf(value) ? 1 : 0)), exponent: 0 };
};

/** Σ_k q_k s_k, q = softmax(s/γ) */
export const softly: Pooling = (scores, params, f) => {
  const gamma = f(params.gamma as number);
  const top = Math.max(...scores);
  const e = scores.map((s) => f(Math.exp(f(f(s - top) / gamma))));
  const sum = e.reduce((total, value) => f(total + value), 0);
  const q = e.map((value) => f(value / sum));
  const value = q.reduce((total, share, k) => f(total + f(share * (scores[k] as number))), 0);
  const slopes = q.map((share, k) => f(share * f(1 + f(f((scores[k] as number) - value) / gamma))));
  return { value, slopes, exponent: 2 / gamma };
};

/** A loss of classes over scores of their centres, [C·K] by class. */
export const grouped =
  (oracle: Oracle, pooling: Pooling): Oracle =>
  (scores, kinds, params, f) => {
    const centers = params.centers as number;
    const pooled = scores.map((row) =>
      Array.from({ length: row.length / centers }, (_, c) =>
        pooling(row.slice(c * centers, (c + 1) * centers), params, f),
      ),
    );
    const classScores: Scores = pooled.map((row) => row.map(({ value }) => value));
    const classKinds: Kinds = kinds.map((row) => row.filter((_, j) => j % centers === 0));
    return oracle(classScores, classKinds, params, f).map((part) =>
      part.map((term) => {
        const slopes = term.slopes.flatMap(({ i, j, w, size }) =>
          ((pooled[i] as readonly Pooled[])[j] as Pooled).slopes.map((share, k) => ({
            i,
            j: j * centers + k,
            w: f(w * share),
            size: size * Math.abs(share),
          })),
        );
        const softest = Math.max(0, ...pooled.flat().map(({ exponent }) => exponent));
        return { ...term, slopes, exponent: term.exponent + softest };
      }),
    );
  };
