import { CENTERS, LABELS, W, X } from "../../support/golden.js";
import type { Golden } from "../golden.js";

const classes = { x: X, y: W, d: 6, labels: LABELS, normalize: true, metric: "cosineSimilarity" } as const;
/** Logits 3 X Wᵀ. */
const logits = { ...classes, normalize: false, metric: "inner", reduction: "mean" } as const;
const degrees = (28.6 * Math.PI) / 180;

export const CLASSES: readonly Golden[] = [
  {
    name: "cosFace 0.35, 64",
    problem: { ...classes, loss: "cosFace", reduction: "mean", params: { margin: 0.35, scale: 64 } },
    loss: 61.580731678,
    dx: 17.0399293887,
    dy: 17.7635951949,
  },
  {
    name: "arcFace 28.6°, 64",
    problem: {
      ...classes,
      loss: "arcFace",
      reduction: "mean",
      params: { margin: degrees, scale: 64, marginGradient: "exact", centers: 1 },
    },
    loss: 66.2578403199,
    dx: 15.6243833288,
    dy: 16.815205041,
  },
  {
    name: "softTriple, two centres, 20, 0.1, 0.01",
    problem: {
      ...classes,
      y: CENTERS,
      loss: "softTriple",
      reduction: "mean",
      params: { centers: 2, lambda: 20, gamma: 0.1, margin: 0.01 },
    },
    loss: 8.2709105495,
    dx: 3.3314989277,
    dy: 3.6820737328,
  },
  {
    name: "crossEntropy at scale 3",
    problem: {
      ...logits,
      loss: "crossEntropy",
      params: { scale: 3, softcap: 0, zLoss: 0, labelSmoothing: 0, filter: false },
    },
    loss: 5.2258128736,
    dx: 2.2748409011,
    dy: 2.5720825341,
  },
  {
    name: "generalizedCrossEntropy 0.7 at scale 3",
    problem: { ...logits, loss: "generalizedCrossEntropy", params: { q: 0.7, scale: 3 } },
    loss: 1.2626812534,
    dx: 0.2465352937,
    dy: 0.2995093405,
  },
  {
    name: "balancedSoftmax 3, 2, 2, 1, 4 at scale 3",
    problem: { ...logits, loss: "balancedSoftmax", params: { classCounts: [3, 2, 2, 1, 4], scale: 3 } },
    loss: 5.5833344081,
    dx: 2.2905204247,
    dy: 2.6163732017,
  },
];
