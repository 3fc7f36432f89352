import { DISTANCES } from "../../lib/distance/table.js";
import type { LOSSES, MINERS, REDUCTIONS } from "../../lib/loss/table.js";
import { ORACLES as METRICS, mean, type Oracle as Metric, pullback, pullbackTerms } from "../distance/oracle.js";
import { exactly, type Round } from "../support/earned.js";
import type { Rows } from "../support/rows.js";
import { type Kinds, MINER_ORACLES, type MinerParams, ORACLES, type Scores, type Term } from "./oracle.js";

export interface Mining {
  readonly name: keyof typeof MINERS;
  readonly params: MinerParams;
}

export interface Problem {
  readonly loss: keyof typeof LOSSES;
  readonly x: Rows;
  /** Without it y is x, and a row is no pair with itself. */
  readonly y?: Rows;
  readonly d: number;
  /** Labels of labeled losses. */
  readonly labels?: readonly number[];
  readonly referenceLabels?: readonly number[];
  readonly params: Readonly<Record<string, number | boolean>>;
  readonly miner?: Mining;
  readonly metric: keyof typeof DISTANCES;
  readonly normalize: boolean;
  readonly reduction: keyof typeof REDUCTIONS;
  /** Scores are made of split products (test/support/earned.ts), whose error grows with their Σ|terms|. */
  readonly split?: boolean;
  /** What arrives at each element of the value. */
  readonly upstream?: (row: number) => number;
}

export interface Expected {
  readonly value: Float64Array;
  readonly valueTerms: Float64Array;
  readonly dx: Float64Array;
  /** Σ|terms|, like dyTerms only of the exact values. */
  readonly dxTerms: Float64Array;
  /** Empty in self mode. */
  readonly dy: Float64Array;
  readonly dyTerms: Float64Array;
  readonly dTemperature: number;
  readonly dTemperatureTerms: number;
}

/** On rows that are normalised already, a cosine is an inner product. */
const UNIT: Readonly<Record<Problem["metric"], Metric>> = {
  ...METRICS,
  cosineSimilarity: METRICS.inner,
  cosine: {
    ...METRICS.cosine,
    value: (x, y, f) => f(1 - METRICS.inner.value(x, y, f)),
    gradient: (x, y, f) => METRICS.inner.gradient(x, y, f).map((value) => -value),
    terms: () => 2,
    gradientTerms: METRICS.inner.gradientTerms,
  },
};

export interface Pairs {
  /** The rows as the metric gets them. */
  readonly u: Rows;
  readonly v: Rows;
  readonly metric: Metric;
  readonly scores: Scores;
  /** After mining. */
  readonly kinds: Kinds;
}

export function pairsOf(problem: Problem, f: Round): Pairs {
  const unit = (rows: Rows): Rows => (problem.normalize ? normalized(rows, f) : rows);
  const [u, v] = [unit(problem.x), unit(problem.y ?? problem.x)];
  const metric = problem.normalize ? UNIT[problem.metric] : METRICS[problem.metric];
  const scores = u.map((a) => v.map((b) => metric.value(a, b, f)));
  const kinds = kindsOf(problem);
  const { miner } = problem;
  const kept = miner && kinds.map((row, i) => MINER_ORACLES[miner.name](scores[i] as number[], row, miner.params, f));
  return { u, v, metric, scores, kinds: kept ?? kinds };
}

/** Value and gradients by the formulas, the N×M matrix and all. */
export function expected(problem: Problem, f: Round): Expected {
  const { x, d } = problem;
  const self = problem.y === undefined;
  const y = problem.y ?? x;
  const { u, v, metric, scores, kinds } = pairsOf(problem, f);
  const similarity = DISTANCES[problem.metric].closer === "larger";
  const parts = ORACLES[problem.loss](scores, kinds, { ...problem.params, similarity }, f);

  const none = problem.reduction === "none";
  const value = new Float64Array(none ? x.length : 1);
  const valueTerms = new Float64Array(value.length);
  const weights = new Float64Array(u.length * v.length);
  const sizes = new Float64Array(u.length * v.length);
  const centre = mean([...u, ...v], d);
  /** Exponents reckon with scores of size 1; those of rows as they are may be larger sums. */
  const reach = (i: number, j: number): number =>
    f === exactly && problem.split ? Math.max(1, metric.terms(u[i] as number[], v[j] as number[], centre)) : 1;
  let [dTemperature, dTemperatureTerms] = [0, 0];
  for (const terms of parts) {
    const divisor = divisorOf(terms, problem.reduction);
    for (const term of terms) {
      const at = none ? term.row : 0;
      value[at] = f((value[at] as number) + f(term.value / divisor));
      valueTerms[at] = (valueTerms[at] as number) + term.terms / divisor;
      const g = f((problem.upstream?.(at) ?? 1) / divisor);
      for (const { i, j, w, size } of term.slopes) {
        const place = i * v.length + j;
        weights[place] = f((weights[place] as number) + f(g * w));
        sizes[place] = (sizes[place] as number) + Math.abs(g) * size * (1 + term.exponent * reach(i, j));
      }
      dTemperature = f(dTemperature + f(g * (term.temperature?.slope ?? 0)));
      dTemperatureTerms += Math.abs(g) * (term.temperature?.terms ?? 0);
    }
  }

  const total = (a: Float64Array, b: Float64Array): Float64Array => a.map((left, at) => f(left + (b[at] as number)));
  const across = (i: number, j: number): number => i * v.length + j;
  const down = (j: number, i: number): number => i * v.length + j;
  const gradient = (rows: Rows, own: Rows, other: Rows, at: typeof across): Float64Array => {
    const back = pullback(metric, own, other, (i, j) => weights[at(i, j)] as number, d, f);
    return problem.normalize ? throughNorm(rows, back, d, f) : back;
  };
  const terms = (rows: Rows, own: Rows, other: Rows, at: typeof across): Float64Array => {
    if (f !== exactly) return new Float64Array(rows.length * d);
    const back = pullbackTerms(metric, own, other, (i, j) => sizes[at(i, j)] as number, centre);
    return problem.normalize ? termsThroughNorm(rows, back, d) : back;
  };
  const [dx, dy] = [gradient(x, u, v, across), gradient(y, v, u, down)];
  const [dxTerms, dyTerms] = [terms(x, u, v, across), terms(y, v, u, down)];
  return {
    value,
    valueTerms,
    dx: self ? total(dx, dy) : dx,
    dxTerms: self ? total(dxTerms, dyTerms) : dxTerms,
    dy: self ? new Float64Array() : dy,
    dyTerms: self ? new Float64Array() : dyTerms,
    dTemperature,
    dTemperatureTerms,
  };
}

function kindsOf(problem: Problem): Kinds {
  const { x, labels } = problem;
  const self = problem.y === undefined;
  if (labels === undefined) return x.map(() => []);
  const others = self ? labels : (problem.referenceLabels as readonly number[]);
  return labels.map((label, i) => others.map((other, j) => (self && i === j ? 0 : label === other ? 1 : -1)));
}

function divisorOf(terms: readonly Term[], reduction: Problem["reduction"]): number {
  if (reduction === "mean") return Math.max(1, terms.length);
  if (reduction === "meanNonZero") return Math.max(1, terms.filter((term) => term.value > 0).length);
  return 1;
}

const TINY = 1e-12;
const norm = (row: readonly number[], f: Round): number =>
  f(Math.sqrt(row.reduce((sum, value) => f(sum + f(value * value)), 0)));

/** x / max(|x|, 1e-12) */
function normalized(rows: Rows, f: Round): Rows {
  return rows.map((row) => row.map((value) => f(value / Math.max(norm(row, f), TINY))));
}

/** (g − (g·x̂) x̂)/|x|, or g/1e-12 where the norm is held there; 0 for a row of zeros */
function throughNorm(rows: Rows, gradient: Float64Array, d: number, f: Round): Float64Array {
  return gradient.map((g, at) => {
    const row = rows[Math.floor(at / d)] as readonly number[];
    const size = norm(row, f);
    if (size === 0) return 0;
    if (size === 0) return 0;
    if (size <= TINY) return f(g / TINY);
    const start = at - (at % d);
    const along = row.reduce((sum, value, k) => f(sum + f((gradient[start + k] as number) * f(value / size))), 0);
    return f(f(g - f(along * f((row[at % d] as number) / size))) / size);
  });
}

function termsThroughNorm(rows: Rows, terms: Float64Array, d: number): Float64Array {
  return terms.map((term, at) => {
    const row = rows[Math.floor(at / d)] as readonly number[];
    const size = norm(row, exactly);
    if (size === 0) return 0;
    if (size === 0) return 0;
    if (size <= TINY) return term / TINY;
    const start = at - (at % d);
    const along = row.reduce((sum, value, k) => sum + ((terms[start + k] as number) * Math.abs(value)) / size, 0);
    return (term + (along * Math.abs(row[at % d] as number)) / size) / size;
  });
}
