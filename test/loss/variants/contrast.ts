import { asTheyAre, changed, type Variant } from "./shared.js";

export const CONTRAST: readonly Variant[] = [
  changed("supCon", { name: "as its authors run it", params: { temperature: 0.07 }, reduction: "mean" }),
  changed("supCon", { name: "inner products", params: { temperature: 2 }, ...asTheyAre }),
  changed("sigLip", { name: "warm", params: { scale: 2, bias: 0.5 } }),
  changed("sigLip", { name: "inner products", params: { scale: 0.5, bias: -1 }, ...asTheyAre }),
  changed("hardNegativeContrastive", { name: "debiased only", params: { temperature: 0.9, tauPlus: 0.4, beta: 0 } }),
  changed("hardNegativeContrastive", { name: "inner products", params: { temperature: 4, tauPlus: 0 }, ...asTheyAre }),
  changed("weightedNegatives", { name: "clusters", params: { temperature: 0.9, clusters: true } }),
  changed("weightedNegatives", { name: "weights", params: { weights: true } }),
  changed("weightedNegatives", { name: "inner products", params: { temperature: 2, clusters: true }, ...asTheyAre }),
  changed("nPairs", { name: "as they are", ...asTheyAre }),
];
