import type { Mining } from "../expected.js";
import { asTheyAre, changed, type Variant } from "./shared.js";

const miner: Mining = { name: "multiSimilarity", params: { epsilon: 0.1 } };
const margins = (posMargin: number, negMargin: number) => ({ params: { posMargin, negMargin } });

export const PAIRS: readonly Variant[] = [
  changed("multiSimilarity", { name: "with its miner", miner }),
  changed("multiSimilarity", { name: "rows without a side skipped", params: { skipIfEitherEmpty: true } }),
  changed("multiSimilarity", { name: "as its authors run it", params: { beta: 40, skipIfEitherEmpty: true }, miner }),
  changed("multiSimilarity", { name: "inner products", params: { beta: 3 }, ...asTheyAre }),
  changed("contrastive", { name: "squares", metric: "sqeuclidean", ...margins(0.5, 2) }),
  changed("contrastive", { name: "rows as they are", normalize: false, ...margins(1, 4) }),
  changed("contrastive", { name: "cosine similarities", metric: "cosineSimilarity", ...margins(1, 0.5) }),
  changed("contrastive", { name: "cosines", metric: "cosine", ...margins(0.3, 0.9) }),
  changed("contrastive", { name: "signal to noise", metric: "snr", ...margins(0.4, 2) }),
  changed("contrastive", {
    name: "signal to noise, sets of two bytes, pairs left out",
    ...{ sets: 2, exclude: true, metric: "snr" as const, ...margins(0.4, 2) },
  }),
  changed("contrastive", {
    name: "beyond margins of its miner",
    miner: { name: "pairMargin", params: { posMargin: 0.3, negMargin: 0.9 } },
    ...margins(0.1, 1.1),
  }),
  changed("contrastive", { name: "inner products", ...asTheyAre, ...margins(1.5, 0.25) }),
];
