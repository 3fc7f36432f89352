import { LOSSES, type LossSpec } from "../../../lib/loss/table.js";
import type { Mining, Problem } from "../expected.js";
import type { Value } from "../oracle.js";

export interface Kink {
  readonly at: number;
  /** Of positives (1) or negatives (−1) only, or of both (0). */
  readonly kind: -1 | 0 | 1;
}

export interface Variant {
  readonly name: string;
  readonly loss: keyof typeof LOSSES;
  readonly params: Readonly<Record<string, Value>>;
  readonly miner?: Mining;
  /** pairs are left out */
  readonly exclude?: boolean;
  /** the loss is summed over prefixes */
  readonly matryoshka?: boolean;
  /** its miner asks a guide */
  readonly guided?: boolean;
  /** labels are sets of so many bytes */
  readonly sets?: number;
  readonly metric: Problem["metric"];
  readonly normalize: boolean;
  readonly reduction: Problem["reduction"];
  /** Thresholds on scores where the slope jumps. */
  readonly kinks: readonly Kink[];
}

/** An entry as its table has it: every loss is tested by being there. */
export function plain(loss: keyof typeof LOSSES): Variant {
  const spec: LossSpec = LOSSES[loss];
  const defaults = Object.entries(spec.params).flatMap(([name, param]) =>
    "default" in param ? [[name, param.default] as const] : param.kind === "counts" ? [[name, true] as const] : [],
  );
  return kinked({
    name: loss,
    loss,
    params: Object.fromEntries(defaults),
    metric: spec.metric as Problem["metric"],
    normalize: spec.normalize ?? true,
    reduction: spec.reduction,
  });
}

/** Hinges jump at their margins. */
function kinked(variant: Omit<Variant, "kinks">): Variant {
  const hinges = LOSSES[variant.loss].skeleton === "hinges and counts";
  if (!hinges) return { ...variant, kinks: [] };
  const margins = Object.entries(variant.params).filter(([name]) => name.endsWith("argin"));
  return { ...variant, kinks: margins.map(([name, at]) => ({ at: at as number, kind: kindOf(name) })) };
}

const kindOf = (name: string): Kink["kind"] => (name.startsWith("pos") ? 1 : name.startsWith("neg") ? -1 : 0);

type Change = Partial<Omit<Variant, "loss" | "kinks">> & { readonly name: string };

export function changed(loss: keyof typeof LOSSES, { params, ...rest }: Change): Variant {
  const from = plain(loss);
  return kinked({ ...from, ...rest, name: `${loss}, ${rest.name}`, params: { ...from.params, ...params } });
}

export const asTheyAre = { metric: "inner", normalize: false } as const;
