// Cross entropy over classes: ln Σ_c e^{z_c} − z_y, the mean over rows; z of the distinct class vectors only, each as often as it is there.
import type { ClassLoss, LossTask } from "../problems/types.js";
import { values } from "../problems/data.js";
import type { Result } from "./pair-losses.js";
import { dot, normalized, sampledRows, throughNormalization } from "./rows.js";

interface Logit {
  readonly normalize: boolean;
  readonly scale: number;
  /** the target's logit, less its scale, and its slope by the score */
  target(score: number): { readonly score: number; readonly slope: number };
}

const plain = (score: number) => ({ score, slope: 1 });

const LOGITS: Readonly<Record<ClassLoss, Logit>> = {
  normalizedSoftmax: { normalize: true, scale: 20, target: plain },
  crossEntropy: { normalize: false, scale: 1, target: plain },
  // cos(θ + m), and beyond θ + m = π the line cos θ − m sin m
  arcFace: {
    normalize: true,
    scale: 64,
    target(score) {
      const margin = 0.5;
      const angle = Math.acos(score);
      if (angle > Math.PI - margin) return { score: score - margin * Math.sin(margin), slope: 1 };
      return { score: Math.cos(angle + margin), slope: Math.sin(angle + margin) / Math.sin(angle) };
    },
  },
};

export function classLoss({ loss, x, y, labels, distinct }: LossTask): Result {
  const { normalize, scale, target } = LOGITS[loss as ClassLoss];
  const { rows: n, columns } = x;
  const m = y!.rows;
  const few = distinct ?? m;
  const raw = (side: Float32Array, rows: number) => ({
    unit: Float64Array.from(side),
    norms: new Float64Array(rows).fill(1),
  });
  const own = normalize ? normalized(x) : raw(values(x), n);
  const first = { ...y!, data: y!.data.subarray(0, few * columns), rows: few };
  const other = normalize ? normalized(first) : raw(values(first), few);
  const through = (g: Float64Array, side: typeof own, i: number) =>
    normalize ? throughNormalization(g, side.unit, side.norms, i) : g;

  const p = new Float64Array(n * few); // of one copy of each vector
  const ofTarget = new Float64Array(n); // ∂/∂score of the row's own class
  let value = 0;
  for (let i = 0; i < n; ++i) {
    const z = p.subarray(i * few, (i + 1) * few);
    for (let c = 0; c < few; ++c) z[c] = scale * dot(own.unit, i, other.unit, c, columns);
    const label = labels![i]!;
    const at = target(z[label % few]! / scale);
    const logit = scale * at.score;
    const top = z.reduce((a, b) => Math.max(a, b), logit);
    const copies = (c: number): number => Math.ceil((m - c) / few) - Number(c === label % few);
    const sum = z.reduce((total, v, c) => total + copies(c) * Math.exp(v - top), Math.exp(logit - top));
    value += (top + Math.log(sum) - logit) / n;
    for (let c = 0; c < few; ++c) z[c] = (scale * Math.exp(z[c]! - top)) / sum / n;
    ofTarget[i] = (scale * at.slope * (Math.exp(logit - top) / sum - 1)) / n;
  }
  const add = (g: Float64Array, w: number, side: Float64Array, row: number): void => {
    for (let c = 0; c < columns; ++c) g[c]! += w * side[row * columns + c]!;
  };
  const dx = sampledRows(n).map((i) => {
    const g = new Float64Array(columns);
    const label = labels![i]!;
    for (let c = 0; c < few; ++c) {
      const copies = Math.ceil((m - c) / few) - Number(c === label % few);
      add(g, copies * p[i * few + c]!, other.unit, c);
    }
    add(g, ofTarget[i]!, other.unit, label % few);
    return through(g, own, i);
  });
  const dy = sampledRows(m).map((c) => {
    const g = new Float64Array(columns);
    for (let i = 0; i < n; ++i) add(g, labels![i] === c ? ofTarget[i]! : p[i * few + (c % few)]!, own.unit, i);
    return through(g, other, c % few);
  });
  return { value, dx, dy };
}
