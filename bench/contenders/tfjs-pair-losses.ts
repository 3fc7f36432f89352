// Losses composed of tfjs operations over the whole matrix of scores: the value from which tfjs finds the slopes.
import type { ClassLoss, PairLoss } from "../problems/types.js";
import type { Tf, TfTensor } from "./tfjs-types.js";

/** From cosine similarities [n, n], as constants, to the mean loss as a function of them. */
export type PairLossOf = (constants: TfTensor) => (s: TfTensor) => TfTensor;

const ABSENT = -1e9; // as a logit
const MARGIN = 0.5;
const [ALPHA, BETA, BASE, EPSILON] = [2, 50, 0.5, 0.1];

export function mask(tf: Tf, n: number, m: number, test: (i: number, j: number) => boolean): TfTensor {
  const set = new Uint8Array(n * m).map((_, at) => Number(test(Math.floor(at / m), at % m)));
  return tf.tensor2d(set, [n, m], "bool");
}

export function pairLossOf(tf: Tf, loss: PairLoss, labels: Int32Array): PairLossOf | null {
  const n = labels.length;
  const positives = mask(tf, n, n, (i, j) => i !== j && labels[i] === labels[j]);
  const negatives = mask(tf, n, n, (i, j) => labels[i] !== labels[j]);
  const apart = positives.logicalOr(negatives);
  const counts = positives.sum(1);
  const kept = (set: TfTensor, v: TfTensor): TfTensor => tf.where(set, v, tf.zerosLike(v));
  const lse = (set: TfTensor, z: TfTensor): TfTensor =>
    tf.logSumExp(tf.where(set, z, tf.fill([n, n], ABSENT)), 1, true);
  switch (loss) {
    case "multiSimilarity":
      return (constants) => {
        const hardestPositive = tf.where(positives, constants, tf.fill([n, n], Infinity)).min(1, true);
        const hardestNegative = tf.where(negatives, constants, tf.fill([n, n], -Infinity)).max(1, true);
        const minedPositives = positives.logicalAnd(constants.sub(EPSILON).less(hardestNegative));
        const minedNegatives = negatives.logicalAnd(constants.add(EPSILON).greater(hardestPositive));
        return (s) => {
          const side = (mined: TfTensor, slope: number): TfTensor =>
            kept(mined, s.sub(BASE).mul(slope).exp()).sum(1).log1p().div(Math.abs(slope));
          return side(minedPositives, -ALPHA).add(side(minedNegatives, BETA)).mean();
        };
      };
    case "ntXent":
      return () => (s) => {
        const z = s.div(0.07);
        return kept(positives, lse(negatives, z).sub(z).softplus()).sum().div(counts.sum());
      };
    case "supCon":
      return () => (s) => {
        const z = s.div(0.1);
        return kept(positives, lse(apart, z).sub(z)).sum(1).div(counts).mean();
      };
    case "circle":
      return (constants) => {
        const pull = constants.mul(-1).add(1.4).relu().mul(-80);
        const push = constants.add(0.4).relu().mul(80);
        return (s) =>
          lse(positives, pull.mul(s.sub(0.6)))
            .add(lse(negatives, push.mul(s.sub(0.4))))
            .softplus()
            .mean();
      };
    case "triplet":
      return triplet(tf, labels, negatives);
    default:
      return null;
  }
}

/** As many matrices as a row has positives: the k-th positive of each row against all its negatives. */
function triplet(tf: Tf, labels: Int32Array, negatives: TfTensor): PairLossOf {
  const n = labels.length;
  const members = new Map<number, number[]>();
  for (const [i, label] of labels.entries()) members.set(label, [...(members.get(label) ?? []), i]);
  const most = Math.max(...[...members.values()].map(({ length }) => length)) - 1;
  const others = Array.from(labels, (label, i) => members.get(label)!.filter((j) => j !== i));
  const chosen = Array.from({ length: most }, (_, k) => mask(tf, n, n, (i, j) => others[i]![k] === j));
  const gaps = (s: TfTensor): TfTensor[] => {
    const d = s.mul(-2).add(2).relu().add(1e-12).sqrt();
    return chosen.map((set) => d.sub(tf.where(set, d, tf.zerosLike(d)).sum(1, true)));
  };
  return (constants) => {
    const active = gaps(constants).map((gap) => negatives.logicalAnd(gap.greater(0)).logicalAnd(gap.less(0.05)));
    const terms = active.reduce((sum, set) => sum.add(set.sum()), tf.scalar(0));
    return (s) =>
      gaps(s)
        .map((gap, k) => tf.where(active[k]!, gap.mul(-1).add(0.05), tf.zerosLike(gap)).sum())
        .reduce((a, b) => a.add(b))
        .div(terms);
  };
}

/** The mean cross entropy as a function of scores [n, classes]. */
export function classLossOf(tf: Tf, loss: ClassLoss, labels: Int32Array, classes: number) {
  const target = mask(tf, labels.length, classes, (i, c) => labels[i] === c);
  const [cos, sin] = [Math.cos(MARGIN), Math.sin(MARGIN)];
  const scale = { normalizedSoftmax: 20, crossEntropy: 1, arcFace: 64 }[loss];
  return (s: TfTensor): TfTensor => {
    const own = tf.where(target, s, tf.zerosLike(s)).sum(1, true);
    if (loss !== "arcFace") return tf.logSumExp(s.mul(scale), 1, true).sub(own.mul(scale)).mean();
    // cos(θ + m) of cos θ; no row here is beyond π − m
    const shifted = own.mul(cos).sub(own.square().mul(-1).add(1).sqrt().mul(sin));
    const moved = s.add(tf.where(target, shifted.sub(own).add(tf.zerosLike(s)), tf.zerosLike(s)));
    return tf.logSumExp(moved.mul(scale), 1, true).sub(shifted.mul(scale)).mean();
  };
}

/** The mean of log Σ_j e^{s_ij/τ} − s_ii/τ. */
export function contrastOf(tf: Tf, n: number) {
  const target = mask(tf, n, n, (i, j) => i === j);
  return (s: TfTensor): TfTensor => {
    const z = s.div(0.05);
    return tf
      .logSumExp(z, 1, true)
      .sub(tf.where(target, z, tf.zerosLike(z)).sum(1, true))
      .mean();
  };
}
