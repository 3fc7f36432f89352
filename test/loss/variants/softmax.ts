import { asTheyAre, changed, type Variant } from "./shared.js";

export const SOFTMAX: readonly Variant[] = [
  changed("infoNCE", { name: "both directions", params: { symmetric: true } }),
  changed("infoNCE", { name: "inner products", params: { temperature: 2 }, ...asTheyAre }),
  changed("infoNCE", { name: "candidates of a later rank", params: { targetOffset: 4 } }),
  changed("infoNCE", { name: "focal", params: { focal: 2 } }),
  changed("infoNCE", { name: "attached focal", params: { focal: 0.5, focalGradient: "attached" } }),
  changed("infoNCE", { name: "weighted candidates", params: { temperature: 0.5, logWeights: true } }),
  changed("infoNCE", { name: "both directions of a later rank", params: { symmetric: true, targetOffset: 4 } }),
];
