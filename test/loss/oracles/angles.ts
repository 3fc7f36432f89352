import type { Round } from "../../support/earned.js";
import { normal } from "../../support/rows.js";
import { classed, softmaxAt } from "./classes.js";
import { closest, grouped, softly } from "./grouped.js";
import type { Kinds, Oracle, Params, Scores, Slope, Term } from "./shared.js";

/** A cosine that a margin has moved: its value, its slope, and how far a rounded cosine moves either. */
interface Moved {
  readonly value: number;
  readonly slope: number;
  readonly valueReach: number;
  readonly slopeReach: number;
}

/** A row whose target's cosine alone is moved, all cosines times s; `extra` are more logits. */
function moved(
  row: readonly number[],
  i: number,
  target: number,
  s: number,
  to: Moved,
  f: Round,
  extra: readonly number[] = [],
): Term {
  const z = row.map((c, j) => f(s * (j === target ? to.value : c)));
  const found = softmaxAt([...z, ...extra], target, f);
  const slopes = found.p.slice(0, row.length).map((p, j): Slope => {
    if (j !== target) return { i, j, w: f(p * s), size: p * s };
    const size = s * (1 + p) * (Math.abs(to.slope) + to.slopeReach);
    return { i, j, w: f(-found.notTarget * f(s * to.slope)), size };
  });
  const terms = Math.abs(found.lse) + Math.abs(found.own) + s * (1 + to.valueReach);
  const exponent = s * (1 + to.valueReach);
  const share = found.p[row.length] ?? 0;
  const tensors = { pairs: { slope: share, terms: share * (1 + exponent) } };
  return { row: i, value: found.value, terms, slopes, exponent, tensors };
}

/** c − m */
const lessened = (c: number, m: number, f: Round): Moved => ({
  value: f(c - m),
  slope: 1,
  valueReach: Math.abs(m),
  slopeReach: 0,
});

/** cos(θ + m) with θ = acos c */
function opened(c: number, m: number, f: Round): Moved {
  const held = (limit: number): number => Math.max(-limit, Math.min(limit, c));
  const sine = (a: number): number => f(Math.sqrt(f(f(1 - a) * f(1 + a))));
  const [cos, sin] = [f(Math.cos(m)), f(Math.sin(m))];
  const inside = held(1);
  const off = held(1 - 1e-7);
  const away = Math.sqrt((1 - off) * (1 + off));
  return {
    value: f(f(inside * cos) - f(sine(inside) * sin)),
    slope: f(cos + f(sin * f(off / sine(off)))),
    valueReach: Math.abs(sin) / away,
    slopeReach: Math.abs(sin) / away ** 3,
  };
}

export const cosFace: Oracle = (scores, kinds, params, f) => {
  const [m, s] = [f(params.margin as number), f(params.scale as number)];
  return classed(scores, kinds, (row, i, target) => moved(row, i, target, s, lessened(row[target] as number, m, f), f));
};

const arcOfClasses: Oracle = (scores, kinds, params, f) => {
  const [m, s] = [f(params.margin as number), f(params.scale as number)];
  return classed(scores, kinds, (row, i, target) => {
    const c = row[target] as number;
    const straight = lessened(c, f(m * f(Math.sin(m))), f);
    const to = c < -Math.cos(m) ? straight : opened(c, m, f);
    const through = params.marginGradient === "straightThrough";
    return moved(row, i, target, s, through ? { ...to, slope: 1, slopeReach: 0 } : to, f);
  });
};

export const arcFace = grouped(arcOfClasses, closest);

export const softTriple = grouped((scores, kinds, params, f) => {
  const [m, s] = [f(params.margin as number), f(params.lambda as number)];
  return classed(scores, kinds, (row, i, target) => moved(row, i, target, s, lessened(row[target] as number, m, f), f));
}, softly);

/** `pairs`: what the negative pairs of the batch come to, if there are any. */
export const unifiedNegativePairs: Oracle = (scores, kinds, params, f) => {
  const [m, s] = [f(params.margin as number), f(params.scale as number)];
  const move = params.base === "cosFace" ? lessened : opened;
  const pairs = params.pairs as number;
  return classed(scores, kinds, (row, i, target) =>
    moved(row, i, target, s, move(row[target] as number, m, f), f, pairs === -Infinity ? [] : [pairs]),
  );
};

export const elasticFace: Oracle = (scores, kinds, params, f) => {
  const s = f(params.scale as number);
  const margins = (params.margins as readonly number[] | undefined) ?? drawn(scores, kinds, params);
  const move = params.kind === "cos" ? lessened : opened;
  return classed(scores, kinds, (row, i, target) =>
    moved(row, i, target, s, move(row[target] as number, margins[i] as number, f), f),
  );
};

/** As the loss draws them, for rows that have a class. */
function drawn(scores: Scores, kinds: Kinds, { margin, sigma, plus, seed }: Params): readonly number[] {
  const next = normal(seed as number);
  const rows = [...scores.keys()].filter((i) => kinds[i]?.includes(1));
  const margins = rows.map(() => (margin as number) + (sigma as number) * next());
  const cosines = rows.map((i) => scores[i]?.[kinds[i]?.indexOf(1) as number] as number);
  // M[π[k]]: the sorted margins, by the permutation that puts the cosines in falling order, equal ones by row.
  const ascending = [...margins].sort((a, b) => a - b);
  const single = cosines.map(Math.fround);
  const falling = [...single.keys()].sort((a, b) => (single[b] as number) - (single[a] as number));
  const given = plus ? falling.map((at) => ascending[at] as number) : margins;
  return scores.map((_, i) => given[rows.indexOf(i)] ?? 0);
}
