// Losses composed of tfjs operations, as far apart from the N×N matrix as tfjs allows: it stores about ten of them.
import { values } from "../problems/data.js";
import type { ClassLoss, LossTask, Matrix, PairLoss, Solution, StepTask } from "../problems/types.js";
import { classLossOf, contrastOf, pairLossOf } from "./tfjs-pair-losses.js";
import type { Tf, TfTensor } from "./tfjs-types.js";

const LEARNING_RATE = 1e-3;

interface Found {
  readonly value: TfTensor;
  readonly grads: readonly TfTensor[];
}
type Compute = (...sides: TfTensor[]) => Found;

const tensorOf = (tf: Tf, m: Matrix): TfTensor => tf.tensor2d(values(m), [m.rows, m.columns]);

interface Side {
  readonly rows: TfTensor;
  /** the gradient of what was given from that of `rows` */
  back(gradient: TfTensor): TfTensor;
}

function sideOf(tf: Tf, x: TfTensor, normalize: boolean): Side {
  if (!normalize) return { rows: x, back: (g) => g };
  const norms = tf.norm(x, 2, 1, true);
  const unit = x.div(norms);
  return { rows: unit, back: (g) => g.sub(unit.mul(g.mul(unit).sum(1, true))).div(norms) };
}

// Products and normalisation are taken back by hand: scores are made once for their constants and their slopes, and the backend's fast
// product takes no transposed arguments, which tfjs's own gradient would give it.

function overPairs(tf: Tf, loss: PairLoss, labels: Int32Array): Compute | null {
  const composed = pairLossOf(tf, loss, labels);
  if (!composed) return null;
  return (x) => {
    const { rows, back } = sideOf(tf, x!, true);
    const scores = tf.matMul(rows, rows.transpose());
    const { value, grad } = tf.valueAndGrad(composed(scores))(scores);
    return { value, grads: [back(tf.matMul(grad.add(grad.transpose()), rows))] };
  };
}

function overSides(tf: Tf, ofScores: (s: TfTensor) => TfTensor, normalize: boolean): Compute {
  return (x, y) => {
    const [own, other] = [sideOf(tf, x!, normalize), sideOf(tf, y!, normalize)];
    const { value, grad } = tf.valueAndGrad(ofScores)(tf.matMul(own.rows, other.rows.transpose()));
    return {
      value,
      grads: [own.back(tf.matMul(grad, other.rows)), other.back(tf.matMul(grad.transpose(), own.rows))],
    };
  };
}

function computeOf(tf: Tf, { loss, x, y, labels, matryoshka }: LossTask): Compute | null {
  if (x.dtype !== "float32" || matryoshka) return null;
  if (loss === "infoNCE") return overSides(tf, contrastOf(tf, x.rows), true);
  if (!y) return overPairs(tf, loss as PairLoss, labels!);
  return overSides(tf, classLossOf(tf, loss as ClassLoss, labels!, y.rows), loss !== "crossEntropy");
}

export function lossSolution(tf: Tf) {
  return async (task: LossTask): Promise<Solution<"loss"> | null> => {
    const compute = computeOf(tf, task);
    if (!compute) return null;
    const sides = [task.x, ...(task.y ? [task.y] : [])].map((side) => tensorOf(tf, side));
    let result: { value: number; dx: Float32Array; dy: Float32Array | null } = {
      value: 0,
      dx: new Float32Array(),
      dy: null,
    };
    const read = (t: TfTensor): Float32Array => t.dataSync() as Float32Array;
    return {
      freshBytes: task.x.data.byteLength + (task.y?.data.byteLength ?? 0),
      call: () =>
        tf.tidy(() => {
          const { value, grads } = compute(...sides);
          result = { value: read(value)[0]!, dx: read(grads[0]!), dy: task.y ? read(grads[1]!) : null };
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
    const loss = overPairs(tf, "multiSimilarity", task.labels)!;
    const optimizer = tf.train.adam(LEARNING_RATE);
    let initial: number | null = null;
    return {
      call: () =>
        tf.tidy(() => {
          const hidden = tf.matMul(x, first).relu();
          const { value, grads } = loss(tf.matMul(hidden, second));
          const dx = grads[0]!;
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
