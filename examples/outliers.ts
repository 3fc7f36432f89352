/**
 * Which handwritten digits are of a kind that was never seen? A head learns from digits 0–7 only. Each kind is then described by
 * the mean of its embeddings, and all together by one covariance within kinds; a digit's distance to the nearest mean, in the
 * metric of the inverse covariance, is how strange it is (class-conditional Gaussians, arXiv 1807.03888). Beside it the plain
 * distance to the nearest mean.
 */
import { type Tensor, tensor } from "warpweft";
import { type Metric, reduceRows } from "warpweft/distance";
import { auc } from "warpweft/evaluate";
import { type Digits, loadDigits, only, PIXELS, split } from "./digits/data.js";
import { embeddingsOf } from "./digits/evaluate.js";
import { createHead } from "./digits/head.js";
import { seeded } from "./digits/random.js";
import { train as learn } from "./digits/train.js";
import { gaussians } from "./outliers/gaussians.js";

const HELD_OUT = 2000;
const STEPS = 60;
const RIDGE = 1e-2; // of the mean variance

const random = seeded(11);
const { train, test } = split(loadDigits(), HELD_OUT, random);
const known = only(train, 0, 7);
const { head } = learn(createHead(random), known, { loss: "multiSimilarity", steps: STEPS, random });
const embed = (digits: Digits): Tensor => embeddingsOf(head, digits).normalize();

const { means, precision } = gaussians(embed(known).data() as Float32Array, known.labels, RIDGE);
const METRICS: readonly (readonly [name: string, metric: Metric])[] = [
  ["euclidean", "sqeuclidean"],
  ["mahalanobis", { name: "mahalanobis", precision: tensor(precision), squared: true }],
];

/** How sure one can be that each digit is of a known kind: larger is surer. */
function confidence(digits: Digits, metric: Metric): Float32Array {
  return reduceRows(embed(digits), tensor(means), { reduce: "min", metric }).mul(-1).data() as Float32Array;
}

const noise: Digits = {
  count: 500,
  images: Float32Array.from({ length: 500 * PIXELS }, () => random.uniform()),
  labels: new Int32Array(500),
};
const inside = only(test, 0, 7);
console.log(`AUC of ${inside.count} held-out digits 0–7 against`);
for (const [what, outside] of [["digits 8 and 9", only(test, 8, 9)] as const, ["noise", noise] as const]) {
  const values = METRICS.map(([name, metric]) => {
    const value = auc(confidence(inside, metric), confidence(outside, metric));
    return `${name} ${value.toFixed(3)}`;
  });
  console.log(`  ${what.padEnd(15)} ${values.join("   ")}`);
}
