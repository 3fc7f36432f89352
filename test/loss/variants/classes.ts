import { changed, type Variant } from "./shared.js";

export const CLASSES: readonly Variant[] = [
  changed("crossEntropy", { name: "scaled, with a bias", params: { scale: 0.5, bias: true } }),
  changed("crossEntropy", { name: "capped", params: { softcap: 5, bias: true } }),
  changed("crossEntropy", { name: "squares of log-sum-exps", params: { scale: 0.5, zLoss: 0.01 } }),
  changed("crossEntropy", { name: "smoothed labels", params: { labelSmoothing: 0.1 } }),
  changed("crossEntropy", {
    name: "everything at once, rows normalised",
    normalize: true,
    params: { scale: 8, softcap: 6, zLoss: 0.05, labelSmoothing: 0.2, bias: true },
  }),
  changed("generalizedCrossEntropy", { name: "cross-entropy", params: { q: 0 } }),
  changed("generalizedCrossEntropy", { name: "absolute error", params: { q: 1, scale: 3 } }),
  changed("generalizedCrossEntropy", {
    name: "sum of exponentials, rows normalised",
    normalize: true,
    params: { q: -1 },
  }),
  changed("balancedSoftmax", { name: "counts", params: { classCounts: true, scale: 0.5 } }),
  changed("squaredHinge", { name: "a larger penalty", params: { penalty: 3 } }),
  changed("arcFace", { name: "straight through", params: { marginGradient: "straightThrough" } }),
  changed("arcFace", { name: "three centres", params: { centers: 3, scale: 20 } }),
  changed("softTriple", { name: "two centres", params: { centers: 2 } }),
  changed("softTriple", { name: "one centre", params: { centers: 1 } }),
  changed("softTriple", { name: "sharp", params: { centers: 5, gamma: 0.02 } }),
  changed("crossEntropy", { name: "filtered", params: { filter: true, bias: true } }),
  changed("arcFace", { name: "a wide margin", params: { margin: 1.4, scale: 10 } }),
  changed("unifiedNegativePairs", { name: "cosFace, few pairs", params: { base: "cosFace", whisker: 0.2, scale: 10 } }),
  changed("elasticFace", { name: "plus", params: { plus: true, sigma: 0.0175, seed: 3 } }),
  changed("elasticFace", { name: "cosines", params: { kind: "cos", margin: 0.35 } }),
  changed("elasticFace", { name: "given margins", params: { margins: true } }),
];
