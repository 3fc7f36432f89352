import { LABELS, X } from "../../support/golden.js";
import type { Golden } from "../golden.js";

const triplets = {
  loss: "triplet",
  x: X,
  d: 6,
  labels: LABELS,
  normalize: true,
  metric: "euclidean",
  reduction: "meanNonZero",
} as const;
const params = (margin: number) => ({ margin, swap: false, smooth: false, rule: "triplets" });

/** Made in float64 by pytorch-metric-learning 2.8.1. */
export const TRIPLET_GOLDEN: readonly Golden[] = [
  {
    name: "triplet 0.05, all of them",
    problem: { ...triplets, params: params(0.05) },
    loss: 0.2422258602,
    dx: 0.2980485803,
  },
  {
    name: "triplet 0.2, semihard ones within 0.2",
    problem: {
      ...triplets,
      params: params(0.2),
      miner: { name: "triplet", params: { margin: 0.2, type: "semihard" } },
    },
    loss: 0.1143531253,
    dx: 0.3243677605,
  },
  {
    name: "triplet 0.2, batch-hard",
    problem: { ...triplets, params: params(0.2), miner: { name: "batchHard", params: {} } },
    loss: 0.7929975982,
    dx: 0.4548322912,
  },
  {
    name: "margin 0.2, boundary 1.2",
    problem: { ...triplets, loss: "margin", params: { margin: 0.2, beta: 1.2 } },
    loss: 0.3892131786,
    dx: 0.1898109048,
  },
  {
    name: "contrastive, signal to noise, margins 0 and 1",
    problem: { ...triplets, loss: "contrastive", metric: "snr", params: { posMargin: 0, negMargin: 1 } },
    loss: 2.5705229342,
    dx: 1.0967054388,
  },
];
