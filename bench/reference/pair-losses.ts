// Losses over the pairs within a batch, on cosine similarities: what one anchor's row of scores comes to, and its slope.
import type { LossTask, Matrix, PairLoss } from "../problems/types.js";
import { fromBfloat16, toBfloat16 } from "../problems/data.js";
import { dot, normalized, sampledRows, throughNormalization } from "./rows.js";

export interface Result {
  value: number;
  dx: Float64Array[];
  dy: Float64Array[];
}

/** An anchor's terms: their sum, and what they add to the divisor. The row of scores becomes the row of slopes. */
type RowLoss = (s: Float64Array, i: number, positive: (j: number) => boolean) => { sum: number; terms: number };

const logSum = (z: readonly number[]): number => {
  const top = Math.max(...z);
  return z.length === 0 ? -Infinity : top + Math.log(z.reduce((sum, v) => sum + Math.exp(v - top), 0));
};
const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
const logistic = (z: number): number => 1 / (1 + Math.exp(-z));

function split(s: Float64Array, i: number, positive: (j: number) => boolean): [number[], number[]] {
  const sides: [number[], number[]] = [[], []];
  for (let j = 0; j < s.length; ++j) if (j !== i) sides[positive(j) ? 0 : 1].push(j);
  return sides;
}

const ROW_LOSSES: Readonly<Record<Exclude<PairLoss, "liftedStructure">, RowLoss>> = {
  // ln(1 + Σ₊ e^{−α(s−λ)})/α + ln(1 + Σ₋ e^{β(s−λ)})/β over mined pairs
  multiSimilarity(s, i, positive) {
    const [alpha, beta, base, epsilon] = [2, 50, 0.5, 0.1];
    const [p, n] = split(s, i, positive);
    const [easiest, hardest] = [Math.max(...n.map((j) => s[j]!)), Math.min(...p.map((j) => s[j]!))];
    const pull = p.filter((j) => s[j]! - epsilon < easiest).map((j) => [j, Math.exp(-alpha * (s[j]! - base))] as const);
    const push = n.filter((j) => s[j]! + epsilon > hardest).map((j) => [j, Math.exp(beta * (s[j]! - base))] as const);
    const [a, b] = [pull, push].map((side) => side.reduce((sum, [, e]) => sum + e, 0)) as [number, number];
    s.fill(0);
    for (const [j, e] of pull) s[j] = -e / (1 + a);
    for (const [j, e] of push) s[j] = e / (1 + b);
    return { sum: Math.log1p(a) / alpha + Math.log1p(b) / beta, terms: 1 };
  },
  // each positive: ln(e^{z_p} + Σ₋ e^z) − z_p
  ntXent(s, i, positive) {
    const temperature = 0.07;
    const [p, n] = split(s, i, positive);
    const z = s.map((v) => v / temperature);
    const lse = logSum(n.map((j) => z[j]!));
    const shares = p.map((j) => logistic(lse - z[j]!));
    const share = shares.reduce((sum, u) => sum + u, 0);
    s.fill(0);
    p.forEach((j, k) => {
      s[j] = -shares[k]! / temperature;
    });
    for (const j of n) s[j] = (share * Math.exp(z[j]! - lse)) / temperature;
    return { sum: p.reduce((sum, j) => sum + softplus(lse - z[j]!), 0), terms: p.length };
  },
  // ln Σ_{j≠i} e^z less the mean of the positives' z; rows that come to no more than 0 do not count
  supCon(s, i, positive) {
    const temperature = 0.1;
    const [p, n] = split(s, i, positive);
    const z = s.map((v) => v / temperature);
    const lse = logSum([...p, ...n].map((j) => z[j]!));
    const sum = p.length === 0 ? 0 : p.reduce((total, j) => total + lse - z[j]!, 0) / p.length;
    s.fill(0);
    if (!(sum > 0)) return { sum: 0, terms: 0 };
    for (const j of [...p, ...n]) s[j] = Math.exp(z[j]! - lse) / temperature;
    for (const j of p) s[j]! -= 1 / (p.length * temperature);
    return { sum, terms: 1 };
  },
  // ln(1 + Σ₊ e^{−γ[1+m−s]₊(s−1+m)} Σ₋ e^{γ[s+m]₊(s−m)}), the brackets constants
  circle(s, i, positive) {
    const [relaxation, gamma] = [0.4, 80];
    const [p, n] = split(s, i, positive);
    const slope = (j: number): number =>
      positive(j) ? -gamma * Math.max(1 + relaxation - s[j]!, 0) : gamma * Math.max(s[j]! + relaxation, 0);
    const logit = (j: number): number => slope(j) * (s[j]! - (positive(j) ? 1 - relaxation : relaxation));
    const [lp, ln] = [logSum(p.map(logit)), logSum(n.map(logit))];
    if (p.length === 0 || n.length === 0) {
      s.fill(0);
      return { sum: 0, terms: 0 };
    }
    const share = logistic(lp + ln);
    const weights = s.map((_, j) => (j === i ? 0 : share * slope(j) * Math.exp(logit(j) - (positive(j) ? lp : ln))));
    s.set(weights);
    return { sum: softplus(lp + ln), terms: 1 };
  },
  // [d_ap − d_an + margin]₊ of euclidean distances over triplets with 0 < d_an − d_ap ≤ 0.2; those above 0 count
  triplet(s, i, positive) {
    const [margin, within] = [0.05, 0.2];
    const [p, n] = split(s, i, positive);
    const d = s.map((v) => Math.sqrt(Math.max(2 - 2 * v, 0)));
    const slopes = new Float64Array(s.length);
    let [sum, terms] = [0, 0];
    for (const a of p)
      for (const b of n) {
        const gap = d[b]! - d[a]!;
        if (!(gap > 0 && gap <= within && margin - gap > 0)) continue;
        sum += margin - gap;
        ++terms;
        slopes[a]! += -1 / d[a]!;
        slopes[b]! -= -1 / d[b]!;
      }
    s.set(slopes);
    return { sum, terms };
  },
};

/** [d_ap + ln Σ_{n ∈ Q(a) ∪ Q(p)} e^{1 − d}]₊²/2 of euclidean distances, the mean over positive pairs. Scores become slopes. */
function lifted(
  s: Float64Array,
  n: number,
  positive: (i: number, j: number) => boolean,
): { sum: number; terms: number } {
  const distance = (i: number, j: number): number => Math.sqrt(Math.max(2 - 2 * s[i * n + j]!, 0));
  const lse = new Float64Array(n);
  const share = new Float64Array(n); // Σ over positive pairs that touch a row, of the part that its negatives have in them
  const pulls: [number, number][] = [];
  let [sum, terms] = [0, 0];
  for (let i = 0; i < n; ++i) {
    const negatives: number[] = [];
    for (let j = 0; j < n; ++j) if (!positive(i, j)) negatives.push(1 - distance(i, j));
    lse[i] = logSum(negatives);
  }
  for (let i = 0; i < n; ++i)
    for (let j = 0; j < n; ++j) {
      if (i === j || !positive(i, j)) continue;
      const both = lse[i]! + softplus(lse[j]! - lse[i]!);
      const term = Math.max(distance(i, j) + both, 0);
      sum += term ** 2 / 2;
      ++terms;
      pulls.push([i * n + j, -term / distance(i, j)]);
      share[i]! += term * Math.exp(lse[i]! - both);
      share[j]! += term * Math.exp(lse[j]! - both);
    }
  for (let i = 0; i < n; ++i)
    for (let j = 0; j < n; ++j) {
      const d = distance(i, j);
      s[i * n + j] = positive(i, j) ? 0 : (share[i]! * Math.exp(1 - d - lse[i]!)) / d;
    }
  for (const [at, slope] of pulls) s[at] = slope;
  return { sum, terms };
}

type Rounding = (values: Float64Array) => void;

function ofPrefix(loss: PairLoss, x: Matrix, labels: Int32Array, round: Rounding): Result {
  const { rows: n, columns } = x;
  const { unit, norms } = normalized(x);
  round(unit);
  const s = new Float64Array(n * n);
  for (let i = 0; i < n; ++i) for (let j = 0; j <= i; ++j) s[i * n + j] = s[j * n + i] = dot(unit, i, unit, j, columns);
  round(s);
  let [sum, terms] = [0, 0];
  const add = (part: { sum: number; terms: number }): void => {
    sum += part.sum;
    terms += part.terms;
  };
  if (loss === "liftedStructure") add(lifted(s, n, (i, j) => labels[i] === labels[j]));
  else
    for (let i = 0; i < n; ++i)
      add(ROW_LOSSES[loss](s.subarray(i * n, (i + 1) * n), i, (j) => labels[i] === labels[j]));
  round(s);
  const dx = sampledRows(n).map((i) => {
    const gradient = new Float64Array(columns);
    for (let j = 0; j < n; ++j) {
      const w = (s[i * n + j]! + s[j * n + i]!) / terms;
      for (let c = 0; c < columns; ++c) gradient[c]! += w * unit[j * columns + c]!;
    }
    return throughNormalization(gradient, unit, norms, i);
  });
  return { value: sum / terms, dx, dy: [] };
}

const prefix = ({ data, rows, columns, dtype }: Matrix, width: number): Matrix => {
  const values = dtype === "bfloat16" ? fromBfloat16(data as Uint16Array) : data;
  const part = Float32Array.from(
    { length: rows * width },
    (_, at) => values[Math.floor(at / width) * columns + (at % width)]!,
  );
  return { data: part, dtype: "float32", rows, columns: width };
};

export function pairLoss(
  task: Pick<LossTask, "loss" | "x" | "labels" | "matryoshka">,
  round: Rounding = () => {},
): Result {
  const { x, labels, matryoshka = [x.columns] } = task;
  const total: Result = { value: 0, dx: sampledRows(x.rows).map(() => new Float64Array(x.columns)), dy: [] };
  for (const width of matryoshka) {
    const { value, dx } = ofPrefix(task.loss as PairLoss, prefix(x, width), labels!, round);
    total.value += value;
    dx.forEach((row, r) => {
      row.forEach((g, c) => {
        total.dx[r]![c]! += g;
      });
    });
  }
  return total;
}

/** To the nearest bfloat16. */
export function roundToBfloat16(values: Float64Array): void {
  const chunk = 1 << 16;
  for (let at = 0; at < values.length; at += chunk) {
    const part = values.subarray(at, at + chunk);
    part.set(fromBfloat16(toBfloat16(Float32Array.from(part))));
  }
}
