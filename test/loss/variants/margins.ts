import { asTheyAre, changed, type Variant } from "./shared.js";

const margins = (posMargin: number, negMargin: number) => ({ params: { posMargin, negMargin } });

export const MARGINS: readonly Variant[] = [
  changed("circle", { name: "attached factors", params: { attached: true } }),
  changed("circle", { name: "gentle", params: { relaxation: 0.25, gamma: 2 } }),
  changed("generalizedLifted", { name: "squares", metric: "sqeuclidean", ...margins(0.5, 2) }),
  changed("generalizedLifted", { name: "rows as they are", normalize: false, ...margins(1, 4) }),
  changed("generalizedLifted", { name: "cosine similarities", metric: "cosineSimilarity", ...margins(1, 0.5) }),
  changed("generalizedLifted", { name: "cosines", metric: "cosine", ...margins(0.3, 0.9) }),
  changed("generalizedLifted", { name: "inner products", ...asTheyAre, ...margins(1.5, 0.25) }),
  changed("liftedStructure", { name: "squares", metric: "sqeuclidean", ...margins(0.5, 2) }),
  changed("liftedStructure", { name: "cosine similarities", metric: "cosineSimilarity", ...margins(1, 0.5) }),
  changed("thresholdConsistentMargin", { name: "weighed", params: { posWeight: 0.5, negWeight: 3 } }),
];
