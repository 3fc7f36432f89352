/** Naive float64 loops for latent attention cut into slices: math of one slice's softmax, from the formulas. */
import type { LatentConfig } from "../../../lib/attention/layer/types.js";
import type { Round } from "../../support/earned.js";
import {
  columnsOf,
  dot,
  latentsOf,
  type Matrix,
  type PlainWeights,
  projected,
  queriesOf,
  type Result,
  scaleOf,
  softmax,
  times,
} from "./layer.js";

export interface Cut {
  /** U [r, r] */
  readonly basis: Matrix;
  readonly slices: number;
  readonly shared?: number;
  /** of each slice [r, seen] */
  readonly completion?: readonly Matrix[] | undefined;
  /** heads that a slice serves; all unless given */
  readonly headsOf?: (slice: number) => readonly number[];
}

const transposed = (m: Matrix): number[][] => (m[0] ?? []).map((_, k) => m.map((row) => row[k] as number));

/** Columns that a slice scores with: its own n, then leading ones that are not among them. */
export function seenBy({ basis, slices, shared = 0 }: Cut, slice: number): number[] {
  const n = basis.length / slices;
  const own = Array.from({ length: n }, (_, i) => slice * n + i);
  return [...own, ...Array.from({ length: shared }, (_, k) => k).filter((k) => !own.includes(k))];
}

/** y_i = Σ_j Σ_h (Σ_t π_t^(j) z'_t,j) (Uᵀ diag(γ) W_UV_h)_j W_O_h, all tokens read from the slices. */
export function tplaOracle(config: LatentConfig, w: PlainWeights, x: Matrix, cut: Cut, f: Round): Result {
  const { heads, nopeDim, valueDim } = config;
  const q = queriesOf(config, w, x, f);
  const cached = latentsOf(config, w, x, f, false);
  const turned = times(
    cached.map(({ z }) => z),
    cut.basis,
    f,
  );
  const gained = (m: Matrix) =>
    times(
      transposed(cut.basis),
      m.map((row, c) => row.map((v) => f(v * (w.latentNorm[c] as number)))),
      f,
    );
  const [upKey, upValue] = [gained(w.upKey), gained(w.upValue)];
  const sigma = f(scaleOf(config));
  const n = cut.basis.length / cut.slices;
  const out = x.map(() => new Array<number>(heads * valueDim).fill(0));
  for (let j = 0; j < cut.slices; j++) {
    const seen = seenBy(cut, j);
    const guess = cut.completion?.[j];
    const keyWeights = guess ? times(transposed(guess), upKey, f) : seen.map((c) => upKey[c] as number[]);
    const held = turned.map((row) => seen.map((c) => row[c] as number));
    for (const h of cut.headsOf?.(j) ?? Array.from({ length: heads }, (_, i) => i)) {
      const keys = times(held, columnsOf(keyWeights, h * nopeDim, (h + 1) * nopeDim), f);
      const values = times(
        columnsOf(held, 0, n),
        columnsOf(upValue.slice(j * n, (j + 1) * n), h * valueDim, (h + 1) * valueDim),
        f,
      );
      for (const i of x.keys()) {
        const scores = keys
          .slice(0, i + 1)
          .map((k, t) => f(sigma * dot(q[i]?.[h] as number[], k.concat(cached[t]?.rope as number[]), f)));
        const p = softmax(scores, f);
        for (let c = 0; c < valueDim; c++) {
          const part = p.reduce((sum, weight, t) => f(sum + f(weight * (values[t]?.[c] as number))), 0);
          const row = out[i] as number[];
          row[h * valueDim + c] = f((row[h * valueDim + c] as number) + part);
        }
      }
    }
  }
  return projected(out, w.output, f);
}
