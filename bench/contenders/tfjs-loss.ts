// Losses composed of tfjs operations, as far apart from the N×N matrix as tfjs allows: it stores about ten of them.
import { values } from "../problems/data.js";
import type { LossTask, Matrix, Solution, StepTask } from "../problems/types.js";
import type { Tf, TfTensor } from "./tfjs-types.js";

const [ALPHA, BETA, BASE, EPSILON, TEMPERATURE, LEARNING_RATE] = [2, 50, 0.5, 0.1, 0.05, 1e-3];

const tensorOf = (tf: Tf, m: Matrix): TfTensor => tf.tensor2d(values(m), [m.rows, m.columns]);
const mask = (tf: Tf, n: number, test: (i: number, j: number) => boolean): TfTensor =>
  tf.tensor2d(
    new Uint8Array(n * n).map((_, at) => Number(test(Math.floor(at / n), at % n))),
    [n, n],
    "bool",
  );

/** A function from embeddings to the loss and its gradient; the miner's masks carry no gradient. */
function multiSimilarity(tf: Tf, labels: Int32Array): (x: TfTensor) => { value: TfTensor; dx: TfTensor } {
  const n = labels.length;
  const positives = mask(tf, n, (i, j) => i !== j && labels[i] === labels[j]);
  const negatives = mask(tf, n, (i, j) => labels[i] !== labels[j]);
  return (x) => {
    const norms = tf.norm(x, 2, 1, true);
    const unit = x.div(norms);
    const scores = tf.matMul(unit, unit.transpose());
    const hardestPositive = tf.where(positives, scores, tf.fill([n, n], Infinity)).min(1, true);
    const hardestNegative = tf.where(negatives, scores, tf.fill([n, n], -Infinity)).max(1, true);
    const minedPositives = positives.logicalAnd(scores.sub(EPSILON).less(hardestNegative));
    const minedNegatives = negatives.logicalAnd(scores.add(EPSILON).greater(hardestPositive));
    const { value, grad } = tf.valueAndGrad((s) => {
      const side = (mined: TfTensor, slope: number): TfTensor =>
        tf.where(mined, s.sub(BASE).mul(slope).exp(), tf.zerosLike(s)).sum(1).log1p().div(Math.abs(slope));
      return side(minedPositives, -ALPHA).add(side(minedNegatives, BETA)).mean();
    })(scores);
    const along = tf.matMul(grad.add(grad.transpose()), unit);
    return { value, dx: along.sub(unit.mul(along.mul(unit).sum(1, true))).div(norms) };
  };
}

export function lossSolution(tf: Tf) {
  return async (task: LossTask): Promise<Solution<"loss">> => {
    const x = tensorOf(tf, task.x);
    const y = task.y && tensorOf(tf, task.y);
    const mined = task.labels && multiSimilarity(tf, task.labels);
    const contrast = tf.valueAndGrads((a, b) => {
      const [p, q] = [a!, b!].map((side) => side.div(tf.norm(side, 2, 1, true))) as [TfTensor, TfTensor];
      return tf.logSumExp(tf.matMul(p, q.transpose()).div(TEMPERATURE), 1).sub(p.mul(q).sum(1).div(TEMPERATURE)).mean();
    });
    let result: { value: number; dx: Float32Array; dy: Float32Array | null } = {
      value: 0,
      dx: new Float32Array(),
      dy: null,
    };
    const read = (t: TfTensor): Float32Array => t.dataSync() as Float32Array;
    return {
      freshBytes: 4 * task.x.rows * task.x.columns * (y ? 2 : 1),
      call: () =>
        tf.tidy(() => {
          if (mined) {
            const { value, dx } = mined(x);
            result = { value: read(value)[0]!, dx: read(dx), dy: null };
          } else {
            const { value, grads } = contrast([x, y!]);
            result = { value: read(value)[0]!, dx: read(grads[0]!), dy: read(grads[1]!) };
          }
        }),
      output: () => result,
    };
  };
}

export function stepSolution(tf: Tf) {
  return async (task: StepTask): Promise<Solution<"step">> => {
    const x = tensorOf(tf, task.x);
    const first = tf.variable(tensorOf(tf, task.first));
    const second = tf.variable(tensorOf(tf, task.second));
    const loss = multiSimilarity(tf, task.labels);
    const optimizer = tf.train.adam(LEARNING_RATE);
    let initial: number | null = null;
    return {
      call: () =>
        tf.tidy(() => {
          const hidden = tf.matMul(x, first).relu();
          const { value, dx } = loss(tf.matMul(hidden, second));
          const upstream = tf.matMul(dx, second.transpose()).mul(hidden.step());
          optimizer.applyGradients({
            [first.name]: tf.matMul(x.transpose(), upstream),
            [second.name]: tf.matMul(hidden.transpose(), dx),
          });
          initial ??= value.dataSync()[0]!;
        }),
      output: () => ({ value: initial ?? Number.NaN }),
    };
  };
}
