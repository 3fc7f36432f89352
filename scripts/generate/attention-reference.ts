import type { CACHE_TYPES, NormalizerSpec, ScoreTerm } from "../../lib/attention/table.js";
import { bullets, code, page, sentence, table } from "./reference.js";

type Table<S> = Readonly<Record<string, S>>;

/** docs/reference/attention.md */
export function attentionReference(
  normalizers: Table<NormalizerSpec>,
  terms: Table<ScoreTerm>,
  caches: typeof CACHE_TYPES,
): string {
  return page("attention", "Attention", [
    "What `attention` of `warpweft/attention` computes, and how a `LatentCache` keeps its rows. q [B, Sq, H, Dk], k [B, Sk, Hk, Dk], v [B, Sk, Hv, Dv]; head h reads key head `keyHeads[h]` and value head `valueHeads[h]`. It runs where the three lie, on the CPU or a GPU; a cache lies on the device it is made for, and `latentDecode` runs there.",
    [
      "## Scores",
      "A score goes through these in order; i is the query's place, Sk − Sq + its number (of lengths, where they are given), and t the key's.",
      table(
        ["option", "score", "meaning", "source"],
        Object.values(terms).map((term) => [term.option, `\`${term.formula}\``, term.meaning, term.source]),
      ),
    ].join("\n\n"),
    ...Object.entries(normalizers).map(([name, spec]) =>
      [
        `## ${name}`,
        sentence(spec.meaning),
        code([spec.formula, spec.gradient]),
        bullets({ "Kept per row": spec.state, lse: spec.lse, "Without keys": spec.empty, Source: spec.source }),
      ].join("\n\n"),
    ),
    [
      "## Cache types",
      "`dtype` of a `LatentCache` with r latent and d rope columns. On a GPU rows take the next multiple of 32 bytes; they hold the same numbers.",
      table(
        ["dtype", "bytes a row", "rounding"],
        Object.entries(caches).map(([name, spec]) => [`\`${name}\``, spec.bytes, spec.rounding]),
      ),
    ].join("\n\n"),
  ]);
}
