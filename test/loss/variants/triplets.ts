import type { Mining } from "../expected.js";
import { asTheyAre, changed, type Variant } from "./shared.js";

const triplet = (margin: number, type: string): Mining => ({ name: "triplet", params: { margin, type } });
const easyHard = (positive: string, negative: string): Mining => ({
  name: "batchEasyHard",
  params: { positive, negative },
});
const wide = { params: { margin: 0.2 } };

export const TRIPLETS: readonly Variant[] = [
  changed("boosting", { name: "without a teacher", params: { mode: "base", beta: 2 } }),
  changed("boosting", { name: "absolute", params: { mode: "absolute", gamma: 0.3 } }),
  changed("boosting", { name: "inner products", ...asTheyAre, reduction: "mean" }),
  changed("margin", { name: "similarities", metric: "cosineSimilarity", params: { beta: 0.3 } }),
  changed("margin", { name: "cosines", metric: "cosine", params: { beta: 0.8 } }),
  changed("margin", { name: "semihard ones", miner: triplet(0.2, "semihard") }),
  changed("margin", {
    name: "batch-hard cosines",
    metric: "cosine",
    params: { beta: 0.8 },
    miner: { name: "batchHard", params: {} },
  }),
  changed("margin", {
    name: "easy positives, similarities",
    metric: "cosineSimilarity",
    params: { beta: 0.3 },
    miner: easyHard("easy", "hard"),
  }),
  changed("triplet", { name: "smooth", params: { smooth: true } }),
  changed("triplet", { name: "swapped", params: { swap: true, margin: 0.2 } }),
  changed("triplet", { name: "swapped and smooth", params: { swap: true, smooth: true } }),
  changed("triplet", { name: "cosine similarities", metric: "cosineSimilarity", ...wide }),
  changed("triplet", { name: "cosines", metric: "cosine", ...wide }),
  changed("triplet", { name: "inner products", ...asTheyAre, params: { margin: 0.5, smooth: true } }),
  changed("triplet", { name: "squares of rows as they are", metric: "sqeuclidean", normalize: false }),
  changed("triplet", { name: "signal to noise", metric: "snr", params: { margin: 0.3 } }),
  ...["all", "hard", "semihard", "easy"].map((type) =>
    changed("triplet", { name: `${type} ones`, ...wide, miner: triplet(0.25, type) }),
  ),
  changed("triplet", { name: "semihard similarities", metric: "cosineSimilarity", miner: triplet(0.1, "semihard") }),
  changed("triplet", { name: "semihard, swapped", params: { swap: true }, miner: triplet(0.3, "semihard") }),
  changed("triplet", { name: "batch-hard", ...wide, miner: { name: "batchHard", params: {} } }),
  changed("triplet", {
    name: "batch-hard, swapped",
    params: { swap: true },
    miner: { name: "batchHard", params: {} },
  }),
  changed("triplet", {
    name: "batch-hard, smooth",
    params: { smooth: true },
    miner: { name: "batchHard", params: {} },
  }),
  ...(
    [
      ["easy", "semihard"],
      ["easy", "hard"],
      ["hard", "semihard"],
      ["semihard", "hard"],
      ["all", "hard"],
      ["all", "semihard"],
      ["hard", "all"],
      ["all", "all"],
      ["hard", "easy"],
    ] as const
  ).map(([positive, negative]) =>
    changed("triplet", { name: `${positive} against ${negative}`, ...wide, miner: easyHard(positive, negative) }),
  ),
  changed("triplet", {
    name: "each anchor's hardest",
    params: { rule: "everyAnchor", margin: 1 },
    normalize: false,
    reduction: "mean",
  }),
  changed("triplet", {
    name: "each positive's next negative",
    params: { rule: "everyPositive", margin: 1 },
    metric: "sqeuclidean",
    reduction: "mean",
  }),
  changed("triplet", { name: "pairs left out", exclude: true, ...wide }),
  changed("triplet", { name: "sets of one byte, semihard ones", sets: 1, miner: triplet(0.25, "semihard") }),
  changed("triplet", {
    name: "batch-hard of sets of five bytes, pairs left out, smooth",
    ...{ sets: 5, exclude: true, params: { smooth: true }, miner: { name: "batchHard", params: {} } as const },
  }),
  changed("triplet", {
    name: "sets of two bytes, pairs left out, swapped",
    ...{ sets: 2, exclude: true, params: { swap: true, margin: 0.2 } },
  }),
  changed("triplet", {
    name: "each anchor's hardest, pairs left out",
    ...{ exclude: true, params: { rule: "everyAnchor", margin: 1 }, normalize: false, reduction: "mean" as const },
  }),
  changed("triplet", {
    name: "each positive's next negative, sets of one byte",
    ...{
      sets: 1,
      params: { rule: "everyPositive", margin: 1 },
      metric: "sqeuclidean" as const,
      reduction: "mean" as const,
    },
  }),
  changed("margin", { name: "sets of one byte, pairs left out", sets: 1, exclude: true }),
  changed("margin", {
    name: "semihard ones of sets, pairs left out",
    ...{ sets: 2, exclude: true, miner: triplet(0.2, "semihard") },
  }),
  changed("boosting", { name: "pairs left out", exclude: true, params: { mode: "base", beta: 2 } }),
  changed("boosting", { name: "absolute, pairs left out", exclude: true, params: { mode: "absolute", gamma: 0.3 } }),
  changed("warp", { name: "pairs left out", exclude: true }),
];
