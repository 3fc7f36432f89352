import { describe, expect, test } from "vitest";
import { tensor } from "../../lib/index.js";
import { loss, miner } from "../../lib/loss/index.js";
import { expectRefused, type Refusal } from "../support/refusal.js";

const x = tensor([
  [1, 2],
  [3, 4],
  [5, 6],
]);
const labels = [0, 0, 1];
const wide = tensor([[1, 2, 3]]);
const any = (value: unknown) => value as never;
const { multiSimilarity, contrastive, infoNCE } = loss;

const ARGUMENTS: readonly Refusal[] = [
  [
    "a vector",
    () => multiSimilarity(tensor([1, 2]), labels),
    "ERR_SHAPE",
    "loss.multiSimilarity: embeddings must be a matrix [rows, columns], got shape [2]",
  ],
  [
    "integers",
    () => contrastive(tensor(new Int32Array(2), [1, 2]), [0]),
    "ERR_DTYPE",
    'loss.contrastive: embeddings must be float32, float16 or bfloat16, got "int32"',
  ],
  [
    "too few labels",
    () => multiSimilarity(x, [0, 1]),
    "ERR_SHAPE",
    "loss.multiSimilarity: labels must have 3 entries, one per row, got 2",
  ],
  [
    "labels that are no integers",
    () => multiSimilarity(x, [0, 1.5, 1]),
    "ERR_ARGUMENT",
    "loss.multiSimilarity: labels[1] must be an integer within int32, got 1.5",
  ],
  [
    "labels beyond int32",
    () => contrastive(x, [0, 2 ** 31, 1]),
    "ERR_ARGUMENT",
    "loss.contrastive: labels[1] must be an integer within int32, got 2147483648",
  ],
  [
    "wide labels beyond int32",
    () => contrastive(x, BigInt64Array.of(0n, 0n, -(2n ** 40n))),
    "ERR_ARGUMENT",
    "loss.contrastive: labels[2] must be an integer within int32, got -1099511627776n",
  ],
  [
    "labels of another kind",
    () => contrastive(x, any("aab")),
    "ERR_ARGUMENT",
    'loss.contrastive: labels must be an Int32Array, a BigInt64Array, an array of integers or a tensor, got "aab"',
  ],
  [
    "a reference of other columns",
    () => contrastive(x, labels, { reference: { embeddings: wide, labels: [0] } }),
    "ERR_SHAPE",
    "loss.contrastive: reference.embeddings must have 2 columns like embeddings, got 3",
  ],
  [
    "a reference with too few labels",
    () => contrastive(x, labels, { reference: { embeddings: x, labels: [0] } }),
    "ERR_SHAPE",
    "loss.contrastive: reference.labels must have 3 entries, one per row, got 1",
  ],
  [
    "a reference without labels",
    () => contrastive(x, labels, { reference: any({ embeddings: x }) }),
    "ERR_ARGUMENT",
    "loss.contrastive: reference.labels must be an Int32Array, a BigInt64Array, an array of integers or a tensor, got undefined",
  ],
  [
    "candidates of other columns",
    () => infoNCE(x, wide),
    "ERR_SHAPE",
    "loss.infoNCE: candidates must have 2 columns like anchors, got 3",
  ],
  [
    "too few candidates",
    () => infoNCE(x, tensor([[1, 2]])),
    "ERR_SHAPE",
    "loss.infoNCE: candidates must have a row for each of the 3 anchors, so at least 3 rows, got 1",
  ],
  [
    "too few candidates after the offset",
    () => infoNCE(x, x, { targetOffset: 1 }),
    "ERR_SHAPE",
    "loss.infoNCE: candidates must have a row for each of the 3 anchors after targetOffset 1, so at least 4 rows, got 3",
  ],
  [
    "an aborted signal",
    () => loss.multiSimilarityAsync(x, labels, { signal: AbortSignal.abort() }),
    "ERR_ABORTED",
    "loss.multiSimilarityAsync: aborted by its signal",
  ],
];

const PARAMETERS: readonly Refusal[] = [
  [
    "a negative margin",
    () => contrastive(x, labels, { negMargin: -1 }),
    "ERR_ARGUMENT",
    "loss.contrastive: negMargin must be a finite number of at least 0, got -1",
  ],
  [
    "alpha of 0",
    () => multiSimilarity(x, labels, { alpha: 0 }),
    "ERR_ARGUMENT",
    "loss.multiSimilarity: alpha must be a finite number above 0, got 0",
  ],
  [
    "a base that is no number",
    () => multiSimilarity(x, labels, { base: any("half") }),
    "ERR_ARGUMENT",
    'loss.multiSimilarity: base must be a finite number, got "half"',
  ],
  [
    "a flag that is none",
    () => multiSimilarity(x, labels, { skipIfEitherEmpty: any("yes") }),
    "ERR_ARGUMENT",
    'loss.multiSimilarity: skipIfEitherEmpty must be true or false, got "yes"',
  ],
  [
    "a temperature of 0",
    () => infoNCE(x, x, { temperature: 0 }),
    "ERR_ARGUMENT",
    "loss.infoNCE: temperature must be a finite number above 0, got 0",
  ],
  [
    "a tensor temperature below 0",
    () => infoNCE(x, x, { temperature: tensor([-1]) }),
    "ERR_ARGUMENT",
    "loss.infoNCE: temperature must be a finite number above 0, got -1",
  ],
  [
    "a temperature of two",
    () => infoNCE(x, x, { temperature: tensor([1, 2]) }),
    "ERR_SHAPE",
    "loss.infoNCE: temperature must be a number or a tensor of one element, got shape [2]",
  ],
  [
    "a temperature of integers",
    () => infoNCE(x, x, { temperature: tensor(Int32Array.of(1), [1]) }),
    "ERR_DTYPE",
    'loss.infoNCE: temperature must be float32, float16 or bfloat16, got "int32"',
  ],
  [
    "half an offset",
    () => infoNCE(x, x, { targetOffset: 0.5 }),
    "ERR_ARGUMENT",
    "loss.infoNCE: targetOffset must be an integer of at least 0, got 0.5",
  ],
];

const OPTIONS: readonly Refusal[] = [
  [
    "an unknown option",
    () => contrastive(x, labels, any({ margin: 1 })),
    "ERR_ARGUMENT",
    'loss.contrastive: there is no option "margin"; known are posMargin, negMargin, metric, normalize, reduction, miner, exclude, matryoshka, threads, out, reference',
  ],
  [
    "a reference beside candidates",
    () => infoNCE(x, x, any({ reference: { embeddings: x, labels } })),
    "ERR_ARGUMENT",
    "loss.infoNCE: reference belongs to losses with labels",
  ],
  [
    "a distance where a similarity is due",
    () => multiSimilarity(x, labels, { metric: any("euclidean") }),
    "ERR_ARGUMENT",
    'loss.multiSimilarity: metric must be one of inner, cosineSimilarity, got "euclidean"',
  ],
  [
    "a metric that it cannot take",
    () => contrastive(x, labels, { metric: any("poincare") }),
    "ERR_ARGUMENT",
    'loss.contrastive: metric must be one of inner, cosineSimilarity, cosine, sqeuclidean, euclidean, snr, got "poincare"',
  ],
  [
    "an unknown reduction",
    () => contrastive(x, labels, { reduction: any("max") }),
    "ERR_ARGUMENT",
    'loss.contrastive: reduction must be one of mean, meanNonZero, sum, none, got "max"',
  ],
  [
    "normalize that is no boolean",
    () => contrastive(x, labels, { normalize: any(0) }),
    "ERR_ARGUMENT",
    "loss.contrastive: normalize must be true or false, got 0",
  ],
  [
    "a miner that the loss cannot use",
    () => contrastive(x, labels, { miner: any(miner.multiSimilarity()) }),
    "ERR_ARGUMENT",
    'loss.contrastive: miner must be a miner that it can use (miner.pairMargin()), got "multiSimilarity"',
  ],
  [
    "a miner by name",
    () => multiSimilarity(x, labels, { miner: any("multiSimilarity") }),
    "ERR_ARGUMENT",
    'loss.multiSimilarity: miner must be a miner that it can use (miner.multiSimilarity()), got "multiSimilarity"',
  ],
  [
    "a miner with parameters out of range",
    () => multiSimilarity(x, labels, { miner: any({ name: "multiSimilarity", params: { epsilon: -1 } }) }),
    "ERR_ARGUMENT",
    "loss.multiSimilarity: miner: epsilon must be a finite number of at least 0, got -1",
  ],
  [
    "a result of another shape",
    () => contrastive(x, labels, { out: tensor([1, 2, 3]) }),
    "ERR_SHAPE",
    "loss.contrastive: out must have shape [], got [3]",
  ],
];

const MINING: readonly Refusal[] = [
  [
    "epsilon below 0",
    () => miner.multiSimilarity({ epsilon: -0.1 }),
    "ERR_ARGUMENT",
    "miner.multiSimilarity: epsilon must be a finite number of at least 0, got -0.1",
  ],
  [
    "an unknown parameter",
    () => miner.multiSimilarity(any({ margin: 1 })),
    "ERR_ARGUMENT",
    'miner.multiSimilarity: there is no option "margin"; known are epsilon',
  ],
  [
    "a distance",
    () => miner.multiSimilarity().mine(x, labels, { metric: any("euclidean") }),
    "ERR_ARGUMENT",
    'mine: metric must be one of inner, cosineSimilarity, got "euclidean"',
  ],
  [
    "too few labels",
    () => miner.multiSimilarity().mine(x, [1]),
    "ERR_SHAPE",
    "mine: labels must have 3 entries, one per row, got 1",
  ],
  [
    "an unknown option of mine",
    () => miner.multiSimilarity().mine(x, labels, any({ epsilon: 1 })),
    "ERR_ARGUMENT",
    'mine: there is no option "epsilon"; known are reference, metric, normalize, exclude, threads',
  ],
];

describe.each([
  ["losses refuse as arguments", ARGUMENTS],
  ["losses refuse as parameters", PARAMETERS],
  ["losses refuse as options", OPTIONS],
  ["miners refuse", MINING],
] as const)("%s", (_, refusals) => {
  test.each(refusals)("%s", (...refusal) => expectRefused(refusal));
});

test("after all that the inputs are what they were, and losses work", () => {
  expect(x.toArray()).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  expect(contrastive(x, labels).item()).toBeGreaterThan(0);
});
