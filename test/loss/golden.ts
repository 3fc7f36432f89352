import { LABELS, W, X, Y } from "../support/golden.js";
import type { Problem } from "./expected.js";
import { MADE_OF_PAIRS, SMOOTH_PAIRS } from "./golden/pairs.js";
import { CLASSES } from "./golden/classes.js";
import { TRIPLET_GOLDEN } from "./golden/triplets.js";

export interface Smooth {
  readonly name: string;
  readonly problem: Problem;
}
export interface Golden extends Smooth {
  readonly loss: number;
  readonly dx: number;
  readonly dy?: number;
  /** Parts of the loss are constants in its gradient, which is then not the slope of the value. */
  readonly constants?: true;
}

const labeled = { x: X, d: 6, labels: LABELS, normalize: true } as const;
const cosine = { ...labeled, metric: "cosineSimilarity" } as const;
const classes = { ...cosine, y: W } as const;
const ms = { ...cosine, loss: "multiSimilarity", reduction: "mean" } as const;
const miner = { name: "multiSimilarity", params: { epsilon: 0.1 } } as const;
const pairs = { loss: "contrastive", reduction: "meanNonZero" } as const;
const ranked = {
  loss: "infoNCE",
  x: X,
  y: Y,
  d: 6,
  normalize: true,
  metric: "cosineSimilarity",
  reduction: "mean",
} as const;

/** Values made in float64 by pytorch-metric-learning 2.8.1, by the authors' code, or by a transcription of the formula; the norms are those of the gradients. */
export const GOLDEN: readonly Golden[] = [
  {
    name: "contrastive, euclidean, margins 0 and 1",
    problem: { ...labeled, ...pairs, metric: "euclidean", params: { posMargin: 0, negMargin: 1 } },
    loss: 2.1542300765,
    dx: 0.6184915138,
  },
  {
    name: "contrastive, cosine similarity, margins 1 and 0.5",
    problem: { ...cosine, ...pairs, params: { posMargin: 1, negMargin: 0.5 } },
    loss: 1.5052464535,
    dx: 0.3936992475,
  },
  {
    name: "multiSimilarity 2, 50, 0.5",
    problem: { ...ms, params: { alpha: 2, beta: 50, base: 0.5, skipIfEitherEmpty: false } },
    loss: 0.9380447396,
    dx: 0.2744565005,
  },
  {
    name: "multiSimilarity 2, 50, 0.5 with its miner",
    problem: { ...ms, params: { alpha: 2, beta: 50, base: 0.5, skipIfEitherEmpty: false }, miner },
    loss: 0.8810884078,
    dx: 0.2674032489,
  },
  {
    name: "multiSimilarity as its authors run it: 2, 40, 0.5, miner, rows without a side skipped",
    problem: { ...ms, params: { alpha: 2, beta: 40, base: 0.5, skipIfEitherEmpty: true }, miner },
    loss: 0.8810884457,
    dx: 0.2674033671,
  },
  {
    name: "infoNCE, scale 20",
    problem: { ...ranked, params: { temperature: 0.05, symmetric: false, targetOffset: 0 } },
    loss: 9.4282366657,
    dx: 3.861135048,
    dy: 4.7776971167,
  },
  {
    name: "infoNCE, symmetric, scale 20",
    problem: { ...ranked, params: { temperature: 0.05, symmetric: true, targetOffset: 0 } },
    loss: 9.1257685205,
    dx: 3.1802653358,
    dy: 3.7459926382,
  },
  {
    name: "ntXent 0.07",
    problem: { ...cosine, loss: "ntXent", reduction: "mean", params: { temperature: 0.07 } },
    loss: 7.6498408773,
    dx: 6.3951913522,
  },
  {
    name: "normalizedSoftmax 0.05",
    problem: { ...classes, loss: "normalizedSoftmax", reduction: "mean", params: { temperature: 0.05 } },
    loss: 12.3518637218,
    dx: 5.0797822477,
    dy: 5.2823645833,
  },
  ...MADE_OF_PAIRS,
  ...CLASSES,
  ...TRIPLET_GOLDEN,
];

export const SMOOTH: readonly Smooth[] = [...GOLDEN.filter(({ constants }) => !constants), ...SMOOTH_PAIRS];
