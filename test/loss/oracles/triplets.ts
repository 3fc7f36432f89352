import type { Round } from "../../support/earned.js";
import { columns, type Oracle, type Params, type Scores, type Slope, slope, type Term, type Value } from "./shared.js";

export interface Triplet {
  readonly a: number;
  /** −1: none, at distance 0 */
  readonly p: number;
  readonly n: number;
}
type Named = Readonly<Record<string, Value>>;

/** The first of the list that is best. */
function best(list: readonly number[], u: (j: number) => number, farthest: boolean): number[] {
  const wanted = farthest ? Math.max(...list.map(u)) : Math.min(...list.map(u));
  return list.filter((j) => u(j) === wanted).slice(0, 1);
}

/** What a rule keeps of an anchor's triplets; u are distances, or similarities with their sign turned. */
export function kept(
  u: (j: number) => number,
  positives: readonly number[],
  negatives: readonly number[],
  mining: { readonly name: string; readonly params: Named } | undefined,
  f: Round,
): [p: number, n: number][] {
  const all = positives.flatMap((p) => negatives.map((n): [number, number] => [p, n]));
  if (mining === undefined) return all;
  const { name, params } = mining;
  if (name === "triplet") {
    const m = f(params.margin as number);
    const keeps: Record<string, (gap: number) => boolean> = {
      all: (gap) => gap <= m,
      hard: (gap) => gap <= m && gap <= 0,
      semihard: (gap) => gap <= m && gap > 0,
      easy: (gap) => gap > m,
    };
    return all.filter(([p, n]) => keeps[params.type as string]?.(f(u(n) - u(p))));
  }
  const { positive = "hard", negative = "hard" } = params as Record<string, string>;
  const negativesFor = (p: number): number[] => {
    if (negative === "all") return [...negatives];
    if (negative === "semihard")
      return best(
        negatives.filter((n) => u(n) > u(p)),
        u,
        false,
      );
    return best(negatives, u, negative === "easy");
  };
  if (positive === "semihard") {
    return best(negatives, u, negative === "easy").flatMap((n) =>
      best(
        positives.filter((p) => u(p) < u(n)),
        u,
        true,
      ).map((p): [number, number] => [p, n]),
    );
  }
  const chosen = positive === "all" ? [...positives] : best(positives, u, positive === "hard");
  return chosen.flatMap((p) => negativesFor(p).map((n): [number, number] => [p, n]));
}

/** The triplets of `loss.triplet`, with the rules beside counting them. */
function tripletsOf(u: (j: number) => number, positives: number[], negatives: number[], params: Params, f: Round) {
  if (params.rule === "everyAnchor") {
    const n = best(negatives, u, false);
    const p = positives.length === 0 ? [-1] : best(positives, u, true);
    return n.map((at): [number, number] => [p[0] as number, at]);
  }
  if (params.rule === "everyPositive") {
    return positives.flatMap((p) => {
      const beyond = negatives.filter((n) => u(n) > u(p));
      return (beyond.length > 0 ? best(beyond, u, false) : best(negatives, u, true)).map((n): [number, number] => [
        p,
        n,
      ]);
    });
  }
  return kept(u, positives, negatives, params.mining, f);
}

export const triplet: Oracle = (scores, kinds, params, f) => {
  const sign = params.similarity ? -1 : 1;
  const margin = f(params.margin as number);
  const term = (i: number, p: number, n: number): Term => {
    const row = scores[i] as readonly number[];
    const near = p < 0 ? 0 : sign * (row[p] as number);
    const own = sign * (row[n] as number);
    const other = params.swap ? sign * (params.among?.[p]?.[n] as number) : own;
    const far = other < own ? other : own;
    const v = f(f(near - far) + margin);
    const value = params.smooth ? f(Math.max(0, v) + f(Math.log1p(Math.exp(-Math.abs(v))))) : Math.max(0, v);
    const s = params.smooth ? f(1 / f(1 + f(Math.exp(-v)))) : Number(v > 0);
    const away = other < own ? { ...slope(p, n, -sign * s), among: true } : slope(i, n, -sign * s);
    const size = Math.abs(near) + Math.abs(far) + Math.abs(margin);
    return {
      row: i,
      value,
      terms: value > 0 ? size + (params.smooth ? 1 : 0) : 0,
      slopes: s === 0 ? [] : [...(p < 0 ? [] : [slope(i, p, sign * s)]), away],
      exponent: params.smooth ? size : 0,
    };
  };
  return [
    scores.flatMap((row, i) => {
      const u = (j: number): number => sign * (row[j] as number);
      const [positives, negatives] = [columns(kinds[i] as number[], 1), columns(kinds[i] as number[], -1)];
      const found = tripletsOf(u, positives, negatives, params, f).map(([p, n]) => term(i, p, n));
      if (params.rule === "everyAnchor" && found.length === 0)
        return [{ row: i, value: 0, terms: 0, slopes: [], exponent: 0 }];
      return found;
    }),
  ];
};

export const margin: Oracle = (scores, kinds, params, f) => {
  const sign = params.similarity ? -1 : 1;
  const [m, beta] = [f(params.margin as number), f(params.beta as number)];
  return [
    scores.flatMap((row, i) => {
      const s = (j: number): number => row[j] as number;
      const u = (j: number): number => sign * s(j);
      const [positives, negatives] = [columns(kinds[i] as number[], 1), columns(kinds[i] as number[], -1)];
      const term = (value: number, j: number, towards: number): Term => ({
        row: i,
        value: Math.max(0, value),
        terms: value > 0 ? Math.abs(s(j)) + Math.abs(beta) + Math.abs(m) : 0,
        slopes: value > 0 ? [slope(i, j, towards)] : [],
        exponent: 0,
        tensors: { beta: { slope: value > 0 ? -towards : 0, terms: Number(value > 0) } },
      });
      return kept(u, positives, negatives, params.mining, f).flatMap(([p, n]) => [
        term(f(f(sign * f(s(p) - beta)) + m), p, sign),
        term(f(f(sign * f(beta - s(n))) + m), n, -sign),
      ]);
    }),
  ];
};

export const boosting: Oracle = (scores, kinds, params, f) => {
  const teacher = params.teacher as Scores;
  const m = f(0.2 * (params.beta as number));
  const gamma = f(params.gamma as number);
  const [base, absolute] = [params.mode === "base", params.mode === "absolute"];
  const isPair = (i: number, j: number): boolean => kinds[i]?.[j] !== 0;
  const s = (i: number, j: number): number => scores[i]?.[j] as number;
  const t = (i: number, j: number): number => (base ? 0 : (teacher[i]?.[j] as number));
  return [
    scores.map((row, i): Term => {
      let [value, terms] = [0, 0];
      const slopes: Slope[] = [];
      const add = (hinge: number, size: number, open: readonly Slope[]): void => {
        if (!(hinge > 0)) return;
        value = f(value + hinge);
        terms += size;
        slopes.push(...open);
      };
      const hinge = (a: number, b: number): number =>
        absolute
          ? f(f(f(1 - gamma) * m) + f(s(a, b) - t(a, b)))
          : f(m + f(f(t(i, i) - t(a, b)) - f(s(i, i) - s(a, b))));
      if (!isPair(i, i)) return { row: i, value, terms, slopes, exponent: 0 };
      const largest = (pairs: readonly (readonly [number, number])[]): void => {
        const top = Math.max(...pairs.map(([a, b]) => hinge(a, b)));
        const at = pairs.find(([a, b]) => hinge(a, b) === top);
        if (!at) return;
        const own = absolute ? [] : [slope(i, i, -1)];
        add(top, m + 2 * Math.abs(s(...at)) + 2 * Math.abs(t(...at)) + Math.abs(s(i, i)), [slope(...at, 1), ...own]);
      };
      largest(row.flatMap((_, j) => (j === i || !isPair(i, j) ? [] : [[i, j] as const])));
      largest(scores.flatMap((_, k) => (k === i || !isPair(k, i) ? [] : [[k, i] as const])));
      const pull = f(f(gamma * m) + f(t(i, i) - s(i, i)));
      if (absolute) add(2 * pull, 2 * (m + Math.abs(t(i, i)) + Math.abs(s(i, i))), [slope(i, i, -2)]);
      return { row: i, value, terms, slopes, exponent: 0 };
    }),
  ];
};

export const warp: Oracle = (scores, kinds, params, f) => {
  const m = f(params.margin as number);
  return [
    scores.flatMap((row, i) => {
      const s = (j: number): number => row[j] as number;
      const negatives = columns(kinds[i] as number[], -1);
      return columns(kinds[i] as number[], 1).flatMap((p) => {
        const hinge = (n: number): number => Math.max(0, f(f(s(p) - s(n)) + m));
        const w = f(Math.log1p(negatives.filter((n) => hinge(n) > 0).length));
        return negatives.map((n): Term => {
          const open = hinge(n) > 0;
          const terms = open ? w * (s(p) + s(n) + Math.abs(m)) : 0;
          const slopes = open ? [slope(i, p, w), slope(i, n, -w)] : [];
          return { row: i, value: f(w * hinge(n)), terms, slopes, exponent: 0 };
        });
      });
    }),
  ];
};
