import { DISTANCES } from "../../lib/distance/table.js";
import { LOSSES, type LossSpec } from "../../lib/loss/table.js";
import {
  ORACLES as METRICS,
  mean,
  type Oracle as Metric,
  pullback,
  pullbackTerms,
  turned,
} from "../distance/oracle.js";
import { exactly, type Round } from "../support/earned.js";
import type { Rows } from "../support/rows.js";
import { kindsOf } from "./kinds.js";
import { normalized, termsThroughNorm, throughNorm } from "./norms.js";
import { type Kinds, MINER_ORACLES, type MinerOracle, ORACLES, type Scores, type Term } from "./oracle.js";
import type { Params } from "./oracles/shared.js";
import { negativePairs } from "./oracles/unified.js";
import { prefixProblems, summed } from "./prefixes.js";
import type { Expected, Mining, Problem } from "./problem.js";

export type { Expected, Mining, Problem } from "./problem.js";

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
  const scored = (left: Rows, right: Rows): Scores => left.map((a) => right.map((b) => metric.value(a, b, f)));
  const scores = scored(u, v);
  const kinds = kindsOf(problem);
  const { miner } = problem;
  const guide = miner?.guide && scored(unit(miner.guide.anchors), unit(miner.guide.candidates));
  const kept =
    miner && kinds.map((row, i) => mined(miner, scores[i] as number[], row, (guide ?? scores)[i] as number[], f));
  return { u, v, metric, scores, kinds: kept ?? kinds };
}

/** Scores of the rows among the parameters. */
export function teacherOf(problem: Problem, f: Round): Scores | undefined {
  const { teacherAnchors: x, teacherCandidates: y } = problem.params as Readonly<Record<string, Rows | undefined>>;
  return x && y && pairsOf({ ...problem, x, y, params: {} }, f).scores;
}

function mined(
  { name, params }: Mining,
  row: readonly number[],
  kinds: readonly number[],
  guide: readonly number[],
  f: Round,
) {
  const oracle: MinerOracle = MINER_ORACLES[name];
  return oracle(row, kinds, params, f, guide);
}

/** The losses whose anchors are the weights, seen from there. */
function seenFrom(problem: Problem): Problem {
  const spec: LossSpec = LOSSES[problem.loss];
  return spec.anchors === "weights" ? { ...problem, x: problem.y as Rows, y: problem.x } : problem;
}

/** Both views as one batch, and what it says of each. */
function expectedOfViews({ y = [], ...problem }: Problem, f: Round): Expected {
  const [n, d] = [problem.x.length, problem.d];
  const labels = [...problem.x.keys(), ...y.keys()];
  const upstream = (row: number): number => problem.upstream?.(labels[row] as number) ?? 1;
  const found = expectedFrom({ ...problem, x: [...problem.x, ...y], labels, upstream }, f);
  const { value, valueTerms, dx, dxTerms } = found;
  const both = (of: Float64Array): Float64Array =>
    problem.reduction === "none" ? of.slice(0, n).map((own, i) => f(own + (of[n + i] as number))) : of;
  const parted = { dx: dx.slice(0, n * d), dxTerms: dxTerms.slice(0, n * d), dy: dx.slice(n * d) };
  return { ...found, value: both(value), valueTerms: both(valueTerms), ...parted, dyTerms: dxTerms.slice(n * d) };
}

/** Value and gradients by the formulas, the N×M matrix and all. */
export function expected(problem: Problem, f: Round): Expected {
  return problem.prefixes
    ? summed(
        problem,
        prefixProblems(problem).map((part) => expectedOfOne(part, f)),
        f,
      )
    : expectedOfOne(problem, f);
}

function expectedOfOne(problem: Problem, f: Round): Expected {
  if ((LOSSES[problem.loss] as LossSpec).anchors === "views") return expectedOfViews(problem, f);
  const found = expectedFrom(seenFrom(problem), f);
  if (seenFrom(problem) === problem) return found;
  return { ...found, dx: found.dy, dxTerms: found.dyTerms, dy: found.dx, dyTerms: found.dxTerms };
}

function expectedFrom(problem: Problem, f: Round): Expected {
  const { x, d } = problem;
  const self = problem.y === undefined;
  const y = problem.y ?? x;
  const { u, v, metric, scores, kinds } = pairsOf(problem, f);
  const similarity = DISTANCES[problem.metric].closer === "larger";
  const cosines = (): Scores => u.map((a) => u.map((b) => metric.value(a, b, f)));
  const within =
    problem.loss === "unifiedNegativePairs"
      ? negativePairs(cosines(), problem.labels as readonly number[], problem.params as Params, f)
      : undefined;
  const among = problem.params.swap ? v.map((a) => v.map((b) => metric.value(a, b, f))) : undefined;
  const known = within ? { pairs: within.logSum } : {};
  const parts = ORACLES[problem.loss](
    scores,
    kinds,
    { ...problem.params, similarity, mining: problem.miner, among, teacher: teacherOf(problem, f), ...known },
    f,
  );

  const none = problem.reduction === "none";
  const value = new Float64Array(none ? x.length : 1);
  const valueTerms = new Float64Array(value.length);
  const weights = new Float64Array(u.length * v.length);
  const sizes = new Float64Array(u.length * v.length);
  const centre = mean([...u, ...v], d);
  /** Exponents reckon with scores of size 1; those of rows as they are may be larger sums. */
  const reach = (i: number, j: number, rows = u): number =>
    f === exactly && problem.split ? Math.max(1, metric.terms(rows[i] as number[], v[j] as number[], centre)) : 1;
  /** Of pairs of candidates with one another. */
  const [ofCandidates, theirSizes] = [
    new Float64Array(among ? v.length ** 2 : 0),
    new Float64Array(among ? v.length ** 2 : 0),
  ];
  const tensors: Record<string, { slope: number; terms: number }> = {};
  const beside = new Float64Array(v.length);
  const besideTerms = new Float64Array(v.length);
  const pairs = new Float64Array(weights.length);
  const pairsTerms = new Float64Array(weights.length);
  for (const terms of parts) {
    const divisor = divisorOf(terms, problem.reduction);
    for (const term of terms) {
      const at = none ? term.row : 0;
      value[at] = f((value[at] as number) + f(term.value / divisor));
      valueTerms[at] = (valueTerms[at] as number) + term.terms / divisor;
      const g = f((problem.upstream?.(at) ?? 1) / divisor);
      for (const { i, j, w, size, among: between } of term.slopes) {
        const place = i * v.length + j;
        const [into, large] = between ? [ofCandidates, theirSizes] : [weights, sizes];
        into[place] = f((into[place] as number) + f(g * w));
        large[place] =
          (large[place] as number) + Math.abs(g) * size * (1 + term.exponent * reach(i, j, between ? v : u));
      }
      for (const [name, { slope, terms: size }] of Object.entries(term.tensors ?? {})) {
        const sum = tensors[name] ?? { slope: 0, terms: 0 };
        tensors[name] = { slope: f(sum.slope + f(g * slope)), terms: sum.terms + Math.abs(g) * size };
      }
      for (const { j, w, size } of term.beside ?? []) {
        beside[j] = f((beside[j] as number) + f(g * w));
        besideTerms[j] = (besideTerms[j] as number) + Math.abs(g) * size * (1 + term.exponent);
      }
      for (const { i, j, w, size } of term.pairs ?? []) {
        pairs[i * v.length + j] = f(g * w);
        pairsTerms[i * v.length + j] = Math.abs(g) * size * (1 + term.exponent * reach(i, j));
      }
    }
  }

  const beyond = regularizerOf(problem, f);
  if (beyond) {
    value[0] = f((value[0] as number) + beyond.value);
    valueTerms[0] = (valueTerms[0] as number) + beyond.value;
  }

  const total = (a: Float64Array, b: Float64Array): Float64Array => a.map((left, at) => f(left + (b[at] as number)));
  const across = (i: number, j: number): number => i * v.length + j;
  const down = (j: number, i: number): number => i * v.length + j;
  const gradient = (rows: Rows, own: Rows, other: Rows, at: typeof across): Float64Array => {
    const oriented = at === across ? metric : turned(metric);
    let back = pullback(oriented, own, other, (i, j) => weights[at(i, j)] as number, d, f);
    if (among && at === down)
      for (const side of [across, down])
        back = total(
          back,
          pullback(side === across ? metric : turned(metric), v, v, (i, j) => ofCandidates[side(i, j)] as number, d, f),
        );
    return problem.normalize ? throughNorm(rows, back, d, f) : back;
  };
  const terms = (rows: Rows, own: Rows, other: Rows, at: typeof across): Float64Array => {
    if (f !== exactly) return new Float64Array(rows.length * d);
    const oriented = at === across ? metric : turned(metric);
    let back = pullbackTerms(oriented, own, other, (i, j) => sizes[at(i, j)] as number, centre);
    if (among && at === down)
      for (const side of [across, down])
        back = total(
          back,
          pullbackTerms(
            side === across ? metric : turned(metric),
            v,
            v,
            (i, j) => theirSizes[side(i, j)] as number,
            centre,
          ),
        );
    return problem.normalize ? termsThroughNorm(rows, back, d) : back;
  };
  const [classDx, dy] = [gradient(x, u, v, across), gradient(y, v, u, down)];
  const [classTerms, dyTerms] = [terms(x, u, v, across), terms(y, v, u, down)];
  const back = within && throughPairs(problem, within, u, metric, tensors.pairs ?? { slope: 0, terms: 0 }, f);
  const [dx, dxTerms] = back ? [total(classDx, back.dx), total(classTerms, back.terms)] : [classDx, classTerms];
  return {
    value,
    valueTerms,
    dx: self ? total(dx, dy) : dx,
    dxTerms: self ? total(dxTerms, dyTerms) : dxTerms,
    dy: self ? new Float64Array() : beyond ? total(dy, beyond.slope) : dy,
    dyTerms: self ? new Float64Array() : beyond ? total(dyTerms, beyond.slope.map(Math.abs)) : dyTerms,
    tensors,
    beside,
    besideTerms,
    pairs,
    pairsTerms,
  };
}

/** What the kept pairs within x get: `share`, the slope in their log-sum, weighed out to them. */
function throughPairs(
  { x, d }: Problem,
  { kept, slopeOf, exponent }: ReturnType<typeof negativePairs>,
  u: Rows,
  metric: Metric,
  share: { readonly slope: number; readonly terms: number },
  f: Round,
) {
  const [weights, sizes] = [new Float64Array(x.length ** 2), new Float64Array(x.length ** 2)];
  for (const pair of kept) {
    const slope = slopeOf(pair);
    for (const at of [pair.a * x.length + pair.b, pair.b * x.length + pair.a]) {
      weights[at] = f(share.slope * slope);
      sizes[at] = slope * (share.terms + Math.abs(share.slope) * exponent);
    }
  }
  const weight = (i: number, j: number): number => weights[i * x.length + j] as number;
  const dx = throughNorm(x, pullback(metric, u, u, weight, d, f), d, f);
  if (f !== exactly) return { dx, terms: new Float64Array(dx.length) };
  const back = pullbackTerms(metric, u, u, (i, j) => sizes[i * x.length + j] as number, mean(u, d));
  return { dx, terms: termsThroughNorm(x, back, d) };
}

/** Mean of the squares of the weights, and its slope, where the loss has it and the reduction a place for it. */
function regularizerOf({ loss, y = [], d, reduction, upstream }: Problem, f: Round) {
  if ((LOSSES[loss] as LossSpec).regularizer === undefined || reduction === "none") return undefined;
  const size = Math.max(1, y.length * d);
  const value = f(y.flat().reduce((sum, w) => f(sum + f(w * w)), 0) / size);
  const slope = Float64Array.from(y.flat(), (w) => f(f(((upstream?.(0) ?? 1) * 2) / size) * w));
  return { value, slope };
}

/** What is smaller counts as 0: not every instruction set has such float32 numbers. */
const LEAST = 2 ** -126;

function divisorOf(terms: readonly Term[], reduction: Problem["reduction"]): number {
  if (reduction === "mean") return Math.max(1, terms.length);
  if (reduction === "meanNonZero") return Math.max(1, terms.filter((term) => term.value >= LEAST).length);
  return 1;
}
