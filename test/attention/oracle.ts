/** Attention as its formula says, loop by loop; shares nothing with the kernels. */
import type { Round } from "../support/earned.js";

/** [B, S, H, D], row-major. */
export interface Rows {
  readonly values: ArrayLike<number>;
  readonly shape: readonly [batches: number, tokens: number, heads: number, columns: number];
}

export interface Problem {
  readonly q: Rows;
  readonly k: Rows;
  readonly v: Rows;
  readonly scale: number;
  readonly softcap?: number;
  readonly causal?: boolean;
  readonly window?: number | readonly [number, number];
  readonly prefix?: number;
  readonly queryLengths?: ArrayLike<number>;
  readonly keyLengths?: ArrayLike<number>;
  readonly keyHeads?: ArrayLike<number>;
  readonly valueHeads?: ArrayLike<number>;
  /** of [H], or of [B | 1, H | 1, Sq, Sk] */
  readonly bias?: { readonly values: ArrayLike<number>; readonly shape: readonly number[] };
}

export interface Result {
  readonly out: Float64Array;
  readonly lse: Float64Array;
  readonly outTerms: Float64Array;
  readonly lseTerms: Float64Array;
}
export interface Gradients {
  readonly dq: Float64Array;
  readonly dk: Float64Array;
  readonly dv: Float64Array;
  readonly dqTerms: Float64Array;
  readonly dkTerms: Float64Array;
  readonly dvTerms: Float64Array;
}

const at = ({ shape: [, tokens, heads, columns] }: Rows, b: number, t: number, h: number): number =>
  ((b * tokens + t) * heads + h) * columns;
const get = (list: ArrayLike<number>, i: number): number => list[i] as number;

/** Whether query i of n sees key t of m. */
function sees(p: Problem, i: number, n: number, t: number, m: number): boolean {
  if (t < (p.prefix ?? 0)) return true;
  const place = m - n + i;
  if (p.causal && t > place) return false;
  if (p.window === undefined) return true;
  const [left, right] = typeof p.window === "number" ? [p.window, p.causal ? 0 : p.window] : p.window;
  return t >= place - left && t <= place + right;
}

function biasOf({ bias }: Problem, b: number, h: number, i: number, t: number, place: number): number {
  if (!bias) return 0;
  const [batches, heads, queries, keys] = bias.shape as [number, number, number, number];
  if (bias.shape.length === 1) return -get(bias.values, h) * Math.abs(place - t);
  const from = (batches === 1 ? 0 : b) * heads + (heads === 1 ? 0 : h);
  return get(bias.values, (from * queries + i) * keys + t);
}

/** One query's row: who it sees, and what each of them weighs. */
interface Row {
  readonly b: number;
  readonly i: number;
  readonly h: number;
  readonly keyHead: number;
  readonly valueHead: number;
  readonly keys: readonly number[];
  readonly weights: readonly number[];
  /** ∂score / ∂(q·k) */
  readonly slopes: readonly number[];
  /** what a weight's relative error is measured in: Σ|terms| of its score and of the row's lse */
  readonly shaky: readonly number[];
  readonly lse: number;
  readonly lseTerms: number;
}

function rowOf(p: Problem, b: number, i: number, h: number, round: Round): Row {
  const [, queries, heads, columns] = p.q.shape;
  const [, keys, ownKeys] = p.k.shape;
  const [, , ownValues] = p.v.shape;
  const n = p.queryLengths ? get(p.queryLengths, b) : queries;
  const m = p.keyLengths ? get(p.keyLengths, b) : keys;
  const keyHead = p.keyHeads ? get(p.keyHeads, h) : Math.floor((h * ownKeys) / heads);
  const valueHead = p.valueHeads ? get(p.valueHeads, h) : Math.floor((h * ownValues) / heads);
  const seen = i < n ? Array.from({ length: m }, (_, t) => t).filter((t) => sees(p, i, n, t, m)) : [];
  const sizes: number[] = [];
  const slopes: number[] = [];
  const scores = seen.map((t) => {
    let [dot, size] = [0, 0];
    for (let c = 0; c < columns; c++) {
      const product = get(p.q.values, at(p.q, b, i, h) + c) * get(p.k.values, at(p.k, b, t, keyHead) + c);
      dot = round(dot + round(product));
      size += Math.abs(product);
    }
    let score = round(p.scale * dot);
    let slope = p.scale;
    if (p.softcap) {
      const share = round(Math.tanh(round(score / p.softcap)));
      score = round(p.softcap * share);
      slope = round(p.scale * round(1 - round(share * share)));
    }
    slopes.push(slope);
    const added = biasOf(p, b, h, i, t, m - n + i);
    sizes.push(p.scale * size + (p.softcap ? Math.abs(score) : 0) + Math.abs(added));
    return p.bias ? round(score + round(added)) : score;
  });
  const top = Math.max(-Infinity, ...scores);
  const powers = scores.map((s) => (top === -Infinity ? 0 : round(Math.exp(round(s - top)))));
  const sum = powers.reduce((a, w) => round(a + w), 0);
  const weights = powers.map((w) => (sum === 0 ? 0 : round(w / sum)));
  const mean = weights.reduce((a, w, j) => a + (w > 0 ? w * get(sizes, j) : 0), 0);
  const lse = sum === 0 ? -Infinity : round(top + round(Math.log(sum)));
  const shaky = sizes.map((size) => 1 + size + mean);
  return { b, i, h, keyHead, valueHead, keys: seen, weights, slopes, shaky, lse, lseTerms: 1 + mean + Math.abs(lse) };
}

function* rowsOf(p: Problem, round: Round): Generator<Row> {
  const [batches, queries, heads] = p.q.shape;
  for (let b = 0; b < batches; b++)
    for (let i = 0; i < queries; i++) for (let h = 0; h < heads; h++) yield rowOf(p, b, i, h, round);
}

export function attend(p: Problem, round: Round): Result {
  const [batches, queries, heads] = p.q.shape;
  const width = p.v.shape[3];
  const count = batches * queries * heads;
  const [out, outTerms] = [new Float64Array(count * width), new Float64Array(count * width)];
  const [lse, lseTerms] = [new Float64Array(count), new Float64Array(count)];
  for (const row of rowsOf(p, round)) {
    const place = (row.b * queries + row.i) * heads + row.h;
    lse[place] = row.lse;
    lseTerms[place] = row.lseTerms;
    row.keys.forEach((t, j) => {
      const weight = get(row.weights, j);
      for (let c = 0; c < width; c++) {
        const term = weight * get(p.v.values, at(p.v, row.b, t, row.valueHead) + c);
        out[place * width + c] = round(get(out, place * width + c) + round(term));
        outTerms[place * width + c] = get(outTerms, place * width + c) + Math.abs(term) * get(row.shaky, j);
      }
    });
  }
  return { out, lse, outTerms, lseTerms };
}

/** From g = ∂L/∂out: dS = P (g·v − g·out) slope, dq = Σ dS k, dk = Σ dS q, dv = Σ P g. */
export function pullBack(p: Problem, gradient: ArrayLike<number>, round: Round): Gradients {
  const { out, outTerms } = attend(p, round);
  const [, queries, heads, width] = p.q.shape;
  const columns = p.v.shape[3];
  const zeros = ({ values }: Rows) => new Float64Array(values.length);
  const [dq, dqTerms, dk, dkTerms, dv, dvTerms] = [p.q, p.q, p.k, p.k, p.v, p.v].map(zeros) as Float64Array[] as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const add = (sum: Float64Array, i: number, term: number) => {
    sum[i] = round(get(sum, i) + round(term));
  };
  const grow = (sum: Float64Array, i: number, term: number) => {
    sum[i] = get(sum, i) + Math.abs(term);
  };
  for (const { b, i, h, keyHead, valueHead, keys, weights, slopes, shaky } of rowsOf(p, round)) {
    const [query, result] = [at(p.q, b, i, h), ((b * queries + i) * heads + h) * columns];
    let [own, ownTerms] = [0, 0];
    for (let c = 0; c < columns; c++) {
      own = round(own + round(get(gradient, result + c) * get(out, result + c)));
      ownTerms += Math.abs(get(gradient, result + c)) * get(outTerms, result + c);
    }
    keys.forEach((t, j) => {
      const [key, value] = [at(p.k, b, t, keyHead), at(p.v, b, t, valueHead)];
      const weight = get(weights, j);
      let [flow, flowTerms] = [0, 0];
      for (let c = 0; c < columns; c++) {
        const g = get(gradient, result + c);
        add(dv, value + c, weight * g);
        grow(dvTerms, value + c, weight * g * get(shaky, j));
        flow = round(flow + round(g * get(p.v.values, value + c)));
        flowTerms += Math.abs(g * get(p.v.values, value + c));
      }
      const slope = get(slopes, j);
      const ds = round(round(weight * round(flow - own)) * slope);
      const dsTerms = weight * (flowTerms + ownTerms) * get(shaky, j) * p.scale;
      for (let c = 0; c < width; c++) {
        add(dq, query + c, ds * get(p.k.values, key + c));
        grow(dqTerms, query + c, dsTerms * get(p.k.values, key + c));
        add(dk, key + c, ds * get(p.q.values, query + c));
        grow(dkTerms, key + c, dsTerms * get(p.q.values, query + c));
      }
    });
  }
  return { dq, dk, dv, dqTerms, dkTerms, dvTerms };
}

/** out = Σ e^(lseₚ − lse) outₚ, lse = ln Σ e^(lseₚ); rows × columns. */
export function mergeParts(
  outputs: readonly ArrayLike<number>[],
  lses: readonly ArrayLike<number>[],
  columns: number,
  round: Round,
): Result {
  const rows = lses[0]?.length ?? 0;
  const [out, outTerms] = [new Float64Array(rows * columns), new Float64Array(rows * columns)];
  const [lse, lseTerms] = [new Float64Array(rows), new Float64Array(rows)];
  for (let r = 0; r < rows; r++) {
    const own = lses.map((part) => get(part, r));
    const top = Math.max(...own);
    const powers = own.map((l) => (l === -Infinity ? 0 : round(Math.exp(round(l - top)))));
    const sum = powers.reduce((a, w) => round(a + w), 0);
    lse[r] = sum === 0 ? -Infinity : round(top + round(Math.log(sum)));
    lseTerms[r] = 1 + Math.abs(get(lse, r));
    for (let c = 0; c < columns; c++)
      powers.forEach((w, part) => {
        if (w === 0) return;
        const term = round(w / sum) * get(outputs[part] as ArrayLike<number>, r * columns + c);
        out[r * columns + c] = round(get(out, r * columns + c) + round(term));
        outTerms[r * columns + c] = get(outTerms, r * columns + c) + Math.abs(term);
      });
  }
  return { out, lse, outTerms, lseTerms };
}
