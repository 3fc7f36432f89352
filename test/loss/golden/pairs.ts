import { LABELS, W, X, Y } from "../../support/golden.js";
import type { Golden, Smooth } from "../golden.js";

const labeled = { x: X, d: 6, labels: LABELS, normalize: true } as const;
const cosine = { ...labeled, metric: "cosineSimilarity" } as const;
const distances = { ...labeled, metric: "euclidean", params: { posMargin: 0, negMargin: 1 } } as const;
const classes = { ...labeled, y: W } as const;
const ranked = { x: X, y: Y, d: 6, normalize: true, metric: "cosineSimilarity", reduction: "mean" } as const;
const views = { ...cosine, x: [...X, ...Y], loss: "supCon", reduction: "mean", params: { temperature: 0.07 } } as const;
const circle = { relaxation: 0.4, gamma: 80, attached: false } as const;

/** Losses of a row's positives and negatives together, and against proxies. */
export const MADE_OF_PAIRS: readonly Golden[] = [
  {
    name: "generalizedLifted 0, 1",
    problem: { ...distances, loss: "generalizedLifted", reduction: "mean" },
    loss: 2.9907142432,
    dx: 0.2710727118,
  },
  {
    name: "liftedStructure 0, 1",
    problem: { ...distances, loss: "liftedStructure", reduction: "mean" },
    loss: 6.2557953541,
    dx: 0.9946282971,
  },
  {
    name: "supCon 0.1, rows above 0",
    problem: { ...cosine, loss: "supCon", reduction: "meanNonZero", params: { temperature: 0.1 } },
    loss: 5.7555845421,
    dx: 4.280808681,
  },
  {
    name: "supCon as its authors run it, two views with labels",
    problem: { ...views, labels: [...LABELS, ...LABELS] },
    loss: 10.7710459329,
    dx: Math.hypot(1.6268900779, 2.011352766),
  },
  {
    name: "supCon as its authors run it, two views without labels: SimCLR",
    problem: { ...views, labels: [...X.keys(), ...Y.keys()] },
    loss: 9.3188694907,
    dx: Math.hypot(2.5914568482, 2.5099539283),
  },
  {
    name: "thresholdConsistentMargin 0.9, 0.5",
    problem: {
      ...cosine,
      loss: "thresholdConsistentMargin",
      reduction: "mean",
      params: { posMargin: 0.9, negMargin: 0.5, posWeight: 1, negWeight: 1 },
    },
    loss: 1.4052464535,
    dx: 0.3936992475,
  },
  {
    name: "circle 0.4, 80",
    problem: { ...cosine, loss: "circle", reduction: "meanNonZero", params: circle },
    loss: 101.4252182144,
    dx: 50.1870688555,
    constants: true,
  },
  {
    name: "proxyAnchor 0.1, 32",
    problem: {
      ...classes,
      metric: "cosineSimilarity",
      loss: "proxyAnchor",
      reduction: "mean",
      params: { margin: 0.1, alpha: 32 },
    },
    loss: 37.3822646339,
    dx: 8.4085909822,
    dy: 8.7653689723,
  },
  {
    name: "proxyNCA 1",
    problem: { ...classes, metric: "sqeuclidean", loss: "proxyNCA", reduction: "mean", params: { scale: 1 } },
    loss: 2.121604066,
    dx: 0.3789368115,
    dy: 0.3912388397,
  },
  {
    name: "nPairs",
    problem: { ...labeled, metric: "inner", loss: "nPairs", reduction: "mean", params: {} },
    loss: 1.1052996772,
    dx: 0.4087771968,
  },
  {
    name: "hardNegativeContrastive 0.5, 0.1, 1",
    problem: { ...ranked, loss: "hardNegativeContrastive", params: { temperature: 0.5, tauPlus: 0.1, beta: 1 } },
    loss: 3.2589943067,
    dx: 0.4244245441,
    dy: 0.3984323521,
  },
];

const focal = { temperature: 0.5, symmetric: true, targetOffset: 0, focal: 0.5 } as const;

/** Without a golden value, but with slopes that differences show. */
export const SMOOTH_PAIRS: readonly Smooth[] = [
  {
    name: "circle with attached factors",
    problem: { ...cosine, loss: "circle", reduction: "sum", params: { ...circle, gamma: 8, attached: true } },
  },
  {
    name: "infoNCE with an attached focal factor",
    problem: { ...ranked, loss: "infoNCE", params: { ...focal, focalGradient: "attached" } },
  },
  {
    name: "hardNegativeContrastive where the least holds",
    problem: { ...ranked, loss: "hardNegativeContrastive", params: { temperature: 0.9, tauPlus: 0.6, beta: 0.5 } },
  },
  {
    name: "weightedNegatives by weights",
    problem: {
      ...ranked,
      loss: "weightedNegatives",
      params: { temperature: 0.4, weights: X.map((_, i) => X.map((_, j) => (i === 5 ? 0 : (i + 2 * j) % 4))) },
    },
  },
  {
    name: "liftedStructure with a reference",
    problem: {
      ...distances,
      y: Y,
      referenceLabels: [1, 2, 0, 3, 3, 0, 4, 4],
      loss: "liftedStructure",
      reduction: "mean",
    },
  },
  { name: "sigLip", problem: { ...ranked, loss: "sigLip", params: { scale: 10, bias: -10 } } },
];
