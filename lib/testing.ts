/** Checks for people who write operations or loops of their own. */
import { moved } from "./algebra/device.js";
import * as check from "./check.js";
import { type Dense, floats, wrap } from "./dense.js";
import { uniform } from "./random.js";
import { noGrad } from "./scope.js";
import { tensorOf } from "./tensor.js";
import type { Device, Tensor } from "./types.js";
import { vjp } from "./vjp.js";

export interface GradCheckOptions {
  /** how far an input is moved to either side, in units of the root mean square of its elements; default 2⁻⁸ */
  step?: number;
  /** of the random directions and of the weights that make one number of `f`'s result; default 1 */
  seed?: number;
}

const DIRECTIONS = 8;
const SMALL = 64;

/**
 * Compares the gradients of the tape with central differences and returns the largest relative error.
 *
 * `f` may return any shape: its elements are added up in float64 with random weights of either sign. Each input is
 * moved along 8 random directions of ±1, and one of at most 64 elements also along every axis. What the tape predicts
 * is taken for the move as float32 rounded it. Each difference is taken with the step h and with h/2 and extrapolated,
 * (4 E(h/2) − E(h)) / 3: the method's own error falls with h⁴, so h may be as large as float32 wants it, whose rounding
 * costs about 2⁻²⁴ · |f| / h. A kink of `f` (relu at 0, a hinge, another nearest neighbour) within h of the inputs shows
 * as an error: choose inputs away from it, or a smaller step.
 *
 * The error is |E| / max(|difference|, |prediction|, s), s being the root mean square of the slopes of all moves of that
 * input, so that a slope far below the others is judged on their scale. A correct operation stays below about 1e-3, a
 * wrong factor or sign gives 0.1 and more. Infinity where something is not finite.
 *
 * Time: 4 evaluations of `f` per move. The tensors given are left as they are, `.grad` included.
 *
 * @throws WarpweftError ERR_ARGUMENT unless `f` returns a tensor and every input is one, ERR_DTYPE unless it is float32.
 */
export function gradCheck(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options?: GradCheckOptions,
): number {
  const given = check.options("gradCheck", options, ["step", "seed"]);
  const step = check.number("gradCheck", "step", given.step ?? 2 ** -8, { min: 0, above: true });
  const random = uniform(check.number("gradCheck", "seed", given.seed ?? 1, { integer: true }));
  const points = inputs.map((value, i) => {
    const arg = `inputs[${i}]`;
    return check.ofDType("gradCheck", arg, check.input("gradCheck", arg, value), ["float32"]);
  });
  const { value, pullback } = vjp<readonly Tensor[]>(f, inputs);
  const weights = Float32Array.from({ length: value.size }, () => (random() < 0.5 ? -1 : 1) * (0.5 + random() / 2));
  const gradients = pullback(tensorOf(placed(weights, value.shape, value.device)));
  const errors = points.map((point, i) => {
    const slopes = (gradients[i]?.data() ?? new Float32Array(point.size)) as Float32Array;
    const at = (values: Float32Array) => evaluate(f, points, i, values, weights);
    const size = step * (Math.sqrt(mean(floats(point), floats(point))) || 1);
    return worst(moves(point.size, random).map((move) => compare(at, floats(point), slopes, move, size)));
  });
  return Math.max(0, ...errors);
}

interface Compared {
  readonly difference: number;
  readonly prediction: number;
  readonly error: number;
}

function* axes(size: number): Generator<Float32Array> {
  for (let k = 0; k < size; k++) yield new Float32Array(size).fill(1, k, k + 1);
}

function moves(size: number, random: () => number): Float32Array[] {
  const direction = () => Float32Array.from({ length: size }, () => (random() < 0.5 ? -1 : 1));
  const along = Array.from({ length: size > 0 ? DIRECTIONS : 0 }, direction);
  return size <= SMALL ? [...along, ...axes(size)] : along;
}

/** One move with both steps, extrapolated. All three numbers are slopes per unit of the move. */
function compare(
  at: (values: Float32Array) => number,
  point: Float32Array,
  slopes: Float32Array,
  move: Float32Array,
  size: number,
): Compared {
  const [whole, half] = [size, size / 2].map((h) => {
    const [ahead, behind] = [h, -h].map((s) => point.map((value, k) => value + s * move[k]));
    const difference = (at(ahead) - at(behind)) / (2 * h);
    let prediction = 0;
    for (let k = 0; k < point.length; k++) prediction += slopes[k] * ((ahead[k] - behind[k]) / (2 * h));
    return { difference, prediction };
  });
  const error = (4 * (half.difference - half.prediction) - (whole.difference - whole.prediction)) / 3;
  return { ...half, error };
}

function worst(compared: readonly Compared[]): number {
  const predictions = compared.map(({ prediction }) => prediction);
  const scale = Math.sqrt(mean(predictions, predictions));
  const relative = compared.map(({ difference, prediction, error }) => {
    if (error === 0) return 0;
    const found = Math.abs(error) / Math.max(Math.abs(difference), Math.abs(prediction), scale);
    return Number.isFinite(found) ? found : Infinity;
  });
  return Math.max(0, ...relative);
}

/** Σ weights · f, with input `index` moved. */
function evaluate(
  f: (...inputs: Tensor[]) => Tensor,
  points: readonly Dense[],
  index: number,
  values: Float32Array,
  weights: Float32Array,
): number {
  const inputs = points.map((point, i) =>
    tensorOf(i === index ? placed(values, point.shape, point.device) : point.view(point.shape, point.strides)),
  );
  const result = noGrad(() => f(...inputs)).data();
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += weights[k] * result[k];
  return sum;
}

function placed(values: Float32Array, shape: readonly number[], device: Device): Dense {
  const x = wrap(values, shape);
  return device === "cpu" ? x : moved("gradCheck", x, device);
}

function mean(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return a.length > 0 ? sum / a.length : 0;
}
