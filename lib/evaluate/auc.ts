/** How well scores tell positives from negatives, over all thresholds at once. */
import * as check from "../check.js";
import { kindOf } from "../dtype.js";

type Scores = Float32Array | Float64Array | readonly number[];

/**
 * The area under the ROC curve: the chance that a positive score stands above a negative one, ties counting one half.
 *
 * Larger scores are the better ones; of distances give the negated ones. Exact for any number of scores: nothing is binned.
 *
 * @param positives scores of what should be accepted, in any order.
 * @param negatives scores of what should not.
 * @returns from 0 to 1; NaN where a score is NaN or one side is empty.
 * @throws WarpweftError ERR_ARGUMENT for anything but a Float32Array, a Float64Array or an array of numbers.
 *
 * Time O(n log n) in the number of scores, of which it keeps a sorted copy.
 */
export function auc(positives: Scores, negatives: Scores): number {
  const better = sorted("positives", positives);
  const worse = sorted("negatives", negatives);
  // Sorted numerically, NaN stand last.
  if (Number.isNaN(better.at(-1)) || Number.isNaN(worse.at(-1))) return Number.NaN;
  let [below, upTo, halves] = [0, 0, 0];
  for (const score of better) {
    while (below < worse.length && worse[below] < score) below++;
    if (upTo < below) upTo = below;
    while (upTo < worse.length && worse[upTo] <= score) upTo++;
    halves += below + upTo;
  }
  return halves / 2 / (better.length * worse.length);
}

function sorted(arg: string, scores: Scores): Float32Array | Float64Array {
  const kind = kindOf(scores);
  if (kind === "Float32Array" || kind === "Float64Array") return (scores as Float32Array).slice().sort();
  if (!Array.isArray(scores))
    return check.fail("ERR_ARGUMENT", "auc", arg, "be a Float32Array, a Float64Array or an array of numbers", scores);
  for (const [at, score] of scores.entries())
    if (typeof score !== "number") check.fail("ERR_ARGUMENT", "auc", `${arg}[${at}]`, "be a number", score);
  return Float64Array.from(scores).sort();
}
