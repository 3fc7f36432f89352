import { LABELS, X, Y } from "../support/golden.js";
import type { Problem } from "./expected.js";

export interface Golden {
  readonly name: string;
  readonly problem: Problem;
  readonly loss: number;
  readonly dx: number;
  readonly dy?: number;
}

const labeled = { x: X, d: 6, labels: LABELS, normalize: true } as const;
const cosine = { ...labeled, metric: "cosineSimilarity" } as const;
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
];
