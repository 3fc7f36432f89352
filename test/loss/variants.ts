import { LOSSES, type LossSpec } from "../../lib/loss/table.js";
import type { Data } from "./cases.js";
import type { Mining, Problem } from "./expected.js";

export interface Variant {
  readonly name: string;
  readonly loss: keyof typeof LOSSES;
  readonly params: Readonly<Record<string, number | boolean>>;
  readonly miner?: Mining;
  readonly metric: Problem["metric"];
  readonly normalize: boolean;
  readonly reduction: Problem["reduction"];
  /** Thresholds on scores where the slope jumps. */
  readonly kinks: readonly number[];
}

/** An entry as its table has it: every loss is tested by being there. */
function plain(loss: keyof typeof LOSSES): Variant {
  const spec: LossSpec = LOSSES[loss];
  const defaults = Object.entries(spec.params).map(([name, param]) => [name, "default" in param ? param.default : 0]);
  return kinked({
    name: loss,
    loss,
    params: Object.fromEntries(defaults),
    metric: spec.metric as Problem["metric"],
    normalize: true,
    reduction: spec.reduction,
  });
}

/** Hinges jump at their margins, and those are all their parameters. */
function kinked(variant: Omit<Variant, "kinks">): Variant {
  const hinges = LOSSES[variant.loss].skeleton === "hinges and counts";
  return { ...variant, kinks: hinges ? (Object.values(variant.params) as number[]) : [] };
}

type Change = Partial<Omit<Variant, "loss" | "kinks">> & { readonly name: string };

function changed(loss: keyof typeof LOSSES, { params, ...rest }: Change): Variant {
  const from = plain(loss);
  return kinked({ ...from, ...rest, name: `${loss}, ${rest.name}`, params: { ...from.params, ...params } });
}

const miner: Mining = { name: "multiSimilarity", params: { epsilon: 0.1 } };
const asTheyAre = { metric: "inner", normalize: false } as const;
const margins = (posMargin: number, negMargin: number) => ({ params: { posMargin, negMargin } });

export const VARIANTS: readonly Variant[] = [
  ...(Object.keys(LOSSES) as (keyof typeof LOSSES)[]).map(plain),
  changed("multiSimilarity", { name: "with its miner", miner }),
  changed("multiSimilarity", { name: "rows without a side skipped", params: { skipIfEitherEmpty: true } }),
  changed("multiSimilarity", { name: "as its authors run it", params: { beta: 40, skipIfEitherEmpty: true }, miner }),
  changed("multiSimilarity", { name: "inner products", params: { beta: 3 }, ...asTheyAre }),
  changed("contrastive", { name: "squares", metric: "sqeuclidean", ...margins(0.5, 2) }),
  changed("contrastive", { name: "rows as they are", normalize: false, ...margins(1, 4) }),
  changed("contrastive", { name: "cosine similarities", metric: "cosineSimilarity", ...margins(1, 0.5) }),
  changed("contrastive", { name: "cosines", metric: "cosine", ...margins(0.3, 0.9) }),
  changed("contrastive", { name: "inner products", ...asTheyAre, ...margins(1.5, 0.25) }),
  changed("infoNCE", { name: "both directions", params: { symmetric: true } }),
  changed("infoNCE", { name: "inner products", params: { temperature: 2 }, ...asTheyAre }),
  changed("infoNCE", { name: "candidates of a later rank", params: { targetOffset: 4 } }),
  changed("infoNCE", { name: "both directions of a later rank", params: { symmetric: true, targetOffset: 4 } }),
];

/** The variant on the data, or nothing where it does not apply: paired losses need a candidate for each anchor. */
export function problemOf(variant: Variant, data: Data, reduction = variant.reduction): Problem | undefined {
  const { loss, params, metric, normalize, miner: mining } = variant;
  const { x, d, labels, y, referenceLabels } = data;
  const common = { loss, x, d, params, metric, normalize, reduction, ...(mining ? { miner: mining } : {}) };
  if (LOSSES[loss].kind === "paired") {
    const candidates = y ?? [...x].reverse();
    const enough = x.length === 0 || candidates.length >= x.length + Number(params.targetOffset ?? 0);
    return enough ? { ...common, y: candidates } : undefined;
  }
  return y ? { ...common, labels, y, referenceLabels: referenceLabels as number[] } : { ...common, labels };
}
