/** Naive float64 loops for a latent-attention layer, materialised, from the formulas. `f` rounds each operation. */
import type { LatentConfig } from "../../../lib/attention/layer/types.js";
import type { Round } from "../../support/earned.js";

export type Matrix = readonly (readonly number[])[];
export interface PlainWeights {
  readonly downQuery?: Matrix;
  readonly queryNorm?: readonly number[];
  readonly upQuery: Matrix;
  readonly downLatent: Matrix;
  readonly latentNorm: readonly number[];
  readonly upKey: Matrix;
  readonly upValue: Matrix;
  readonly output: Matrix;
}

export function times(a: Matrix, b: Matrix, f: Round): number[][] {
  const columns = b[0]?.length ?? 0;
  return a.map((row) =>
    Array.from({ length: columns }, (_, j) => row.reduce((sum, x, k) => f(sum + f(x * (b[k]?.[j] as number))), 0)),
  );
}

export const norm = (row: readonly number[], gain: readonly number[], eps: number, f: Round): number[] => {
  const mean = f(row.reduce((sum, x) => f(sum + f(x * x)), 0) / row.length);
  const root = f(Math.sqrt(f(mean + eps)));
  return row.map((x, k) => f(f(x / root) * (gain[k] as number)));
};

/** As DeepSeek-V3's precompute_freqs_cis has it. */
export function frequencies({ ropeDim, ropeBase = 10_000, yarn }: LatentConfig): number[] {
  const plain = Array.from({ length: ropeDim / 2 }, (_, m) => 1 / ropeBase ** ((2 * m) / ropeDim));
  if (!yarn) return plain;
  const { factor, originalLength, betaFast = 32, betaSlow = 1 } = yarn;
  const at = (rotations: number) =>
    (ropeDim * Math.log(originalLength / (rotations * 2 * Math.PI))) / (2 * Math.log(ropeBase));
  const low = Math.max(Math.floor(at(betaFast)), 0);
  let high = Math.min(Math.ceil(at(betaSlow)), ropeDim - 1);
  if (low === high) high += 0.001;
  return plain.map((theta, m) => {
    const smooth = 1 - Math.min(1, Math.max(0, (m - low) / (high - low)));
    return (theta / factor) * (1 - smooth) + theta * smooth;
  });
}

export function scaleOf({ nopeDim, ropeDim, yarn }: LatentConfig): number {
  const plain = 1 / Math.sqrt(nopeDim + ropeDim);
  return yarn ? plain * (0.1 * (yarn.mscale ?? 1) * Math.log(yarn.factor) + 1) ** 2 : plain;
}

export function turn(row: readonly number[], position: number, config: LatentConfig, f: Round): number[] {
  const out = [...row];
  for (const [m, theta] of frequencies(config).entries()) {
    const [c, s] = [f(Math.cos(position * theta)), f(Math.sin(position * theta))];
    const [p, q] = (config.ropeInterleaved ?? true) ? [2 * m, 2 * m + 1] : [m, m + row.length / 2];
    const [a, b] = [row[p] as number, row[q] as number];
    out[p] = f(f(a * c) - f(b * s));
    out[q] = f(f(a * s) + f(b * c));
  }
  return out;
}

export const dot = (a: readonly number[], b: readonly number[], f: Round) =>
  a.reduce((sum, x, k) => f(sum + f(x * (b[k] as number))), 0);

export function softmax(scores: readonly number[], f: Round): number[] {
  const most = Math.max(...scores);
  const weights = scores.map((s) => f(Math.exp(f(s - most))));
  const sum = weights.reduce((total, w) => f(total + w), 0);
  return weights.map((w) => f(w / sum));
}

/** [q^N | q^R turned] of each head, for each token: [S][H][d_n + d_r] */
export function queriesOf(config: LatentConfig, w: PlainWeights, x: Matrix, f: Round): number[][][] {
  const { heads, nopeDim, ropeDim, normEps = 1e-6 } = config;
  const low = w.downQuery && times(x, w.downQuery, f).map((row) => norm(row, w.queryNorm as number[], normEps, f));
  return times(low ?? x, w.upQuery, f).map((row, i) =>
    Array.from({ length: heads }, (_, h) => {
      const q = row.slice(h * (nopeDim + ropeDim), (h + 1) * (nopeDim + ropeDim));
      return [...q.slice(0, nopeDim), ...turn(q.slice(nopeDim), i, config, f)];
    }),
  );
}

/** What the cache keeps, before it rounds: z and κ of each token. `gained` false leaves the gain out. */
export function latentsOf(config: LatentConfig, w: PlainWeights, x: Matrix, f: Round, gained = true) {
  const { latentDim, normEps = 1e-6 } = config;
  const gain = gained ? w.latentNorm : w.latentNorm.map(() => 1);
  return times(x, w.downLatent, f).map((row, t) => ({
    z: norm(row.slice(0, latentDim), gain, normEps, f),
    rope: turn(row.slice(latentDim), t, config, f),
  }));
}

export interface Result {
  /** token by token */
  readonly y: number[];
  /** Σ |value · W_O| of each element */
  readonly terms: number[];
}

/** Σ of values times W_O, for some tokens. */
export function projected(values: Matrix, output: Matrix, f: Round): Result {
  const size = (m: Matrix) => m.map((row) => row.map(Math.abs));
  return { y: times(values, output, f).flat(), terms: times(size(values), size(output), (x) => x).flat() };
}

export const columnsOf = (m: Matrix, start: number, end: number): number[][] => m.map((row) => row.slice(start, end));

/**
 * Tokens [from, S) of one causal sequence, whose latents are rounded by `kept` as a cache does.
 * y_i = Σ_h softmax_t≤i(σ (q^N·z_t W_UK_h + q^R·κ_t)) (z W_UV_h) W_O_h
 */
export function layerOracle(
  config: LatentConfig,
  w: PlainWeights,
  x: Matrix,
  f: Round,
  { from = 0, kept = (v: number) => v }: { from?: number; kept?: (value: number) => number } = {},
): Result {
  const { heads, nopeDim, valueDim } = config;
  const q = queriesOf(config, w, x, f);
  const cached = latentsOf(config, w, x, f).map(({ z, rope }) => ({ z: z.map(kept), rope: rope.map(kept) }));
  const z = cached.map((row) => row.z);
  const [keys, values] = [times(z, w.upKey, f), times(z, w.upValue, f)];
  const sigma = f(scaleOf(config));
  const out = x.slice(from).map((_, offset) => {
    const i = from + offset;
    return Array.from({ length: heads }, (_, h) => {
      const scores = cached.slice(0, i + 1).map(({ rope }, t) => {
        const k = [...(keys[t] as number[]).slice(h * nopeDim, (h + 1) * nopeDim), ...rope];
        return f(sigma * dot(q[i]?.[h] as number[], k, f));
      });
      const p = softmax(scores, f);
      return Array.from({ length: valueDim }, (_, c) =>
        p.reduce((sum, weight, t) => f(sum + f(weight * (values[t]?.[h * valueDim + c] as number))), 0),
      );
    }).flat();
  });
  return projected(out, w.output, f);
}
