import type { DistanceParam, DistanceSpec } from "../../lib/distance/table.js";
import type { MeasureSpec } from "../../lib/evaluate/table.js";
import type { LossSpec, MinerSpec, ParamSpec, ParamSpecs } from "../../lib/loss/table.js";

type Table<S> = Readonly<Record<string, S>>;

/** docs/reference/distance.md */
export function distanceReference(
  distances: Table<DistanceSpec>,
  reductions: Table<{ readonly formula: string; readonly empty: string }>,
  choices: Table<{ readonly meaning: string; readonly formula: string }>,
): string {
  return page("distance", "Distances", [
    "Every `metric` of `warpweft/distance`. Rows x and y have D columns; w is the gradient that arrives at a pair. [The guide](../distance.md) says which to take and how precise they are.",
    table(
      ["metric", "closer is", "meaning"],
      Object.entries(distances).map(([name, spec]) => [
        `[\`${name}\`](#${name.toLowerCase()})`,
        spec.closer,
        spec.meaning,
      ]),
    ),
    ...Object.entries(distances).map(([name, spec]) =>
      [
        `## ${name}`,
        `${sentence(spec.meaning)} ${spec.closer === "larger" ? "A similarity: larger is closer." : "A distance: smaller is closer."}`,
        code([spec.formula, spec.gradient]),
        ...(Object.keys(spec.params).length === 0 ? [] : [metricParameters(spec.params)]),
        bullets({ "Where the formula is not defined": spec.edge, Error: `${spec.judged}`, Source: spec.source }),
      ].join("\n\n"),
    ),
    [
      "## Reductions of `reduceRows` and `rowStatistics`",
      table(
        ["reduce", "value", "without columns"],
        Object.entries(reductions).map(([name, spec]) => [`\`${name}\``, spec.formula, spec.empty]),
      ),
    ].join("\n\n"),
    [
      "## Choices of `labelStatistics`",
      "P are the rows of the same label, Q those of other labels, d a distance or a similarity turned round; ties go to the lower index. A NaN is never chosen.",
      table(
        ["choice", "meaning", "index"],
        Object.entries(choices).map(([name, spec]) => [`\`${name}\``, spec.meaning, spec.formula]),
      ),
    ].join("\n\n"),
  ]);
}

const PAIRS: Readonly<Record<LossSpec["kind"], string>> = {
  labeled: "labels",
  paired: "position",
  classed: "labels and classes",
  listed: "lists of items",
};

/** docs/reference/loss.md */
export function lossReference(losses: Table<LossSpec>, miners: Table<MinerSpec>, reductions: Table<string>): string {
  return page("loss", "Losses and miners", [
    "Every function of `loss` and `miner` in `warpweft/loss`. S is a similarity, d a distance, N the anchors, M the columns. Each loss `f` has a twin `fAsync`. [The guide](../loss.md) says which to take.",
    table(
      ["loss", "pairs from", "terms", "default reduction", "default metric"],
      Object.entries(losses).map(([name, spec]) => [
        `[\`${name}\`](#${name.toLowerCase()})`,
        PAIRS[spec.kind],
        spec.terms,
        `\`${spec.reduction}\``,
        `\`${spec.metric}\``,
      ]),
    ),
    [
      "## Reductions",
      table(
        ["reduction", "value"],
        Object.entries(reductions).map(([name, meaning]) => [`\`${name}\``, meaning]),
      ),
    ].join("\n\n"),
    ...Object.entries(losses).map(([name, spec]) =>
      [
        `## ${name}`,
        sentence(spec.meaning),
        code([...spec.formula, "", ...spec.gradient]),
        parameters(spec.params),
        bullets({
          Metrics: list(spec.metrics),
          Miners: spec.miners.length === 0 ? "none" : list(spec.miners.map((miner) => `miner.${miner}`)),
          "Kept per row": spec.skeleton,
          "Without pairs": spec.empty,
          Memory: spec.memory,
          Source: spec.source,
        }),
      ].join("\n\n"),
    ),
    ...Object.entries(miners).map(([name, spec]) =>
      [
        `## miner.${name}`,
        sentence(spec.meaning),
        code(spec.formula),
        parameters(spec.params),
        bullets({
          Metrics: list(spec.metrics),
          Result: spec.result,
          "Without pairs": spec.empty,
          Memory: spec.memory,
          Source: spec.source,
        }),
      ].join("\n\n"),
    ),
  ]);
}

/** docs/reference/evaluate.md */
export function evaluateReference(
  measures: Table<MeasureSpec>,
  single: Table<MeasureSpec & { readonly from: readonly string[] }>,
): string {
  return page("evaluate", "Evaluation", [
    "Every number that `warpweft/evaluate` returns. [The guide](../evaluate.md) says how to use them.",
    "## retrieval",
    "What `retrieval` returns. References are ranked for each query by (score, index), the query itself left out where it searches its own set. R is the number of references with the query's label; rankⱼ is the rank, from 1, of the j-th best of them. Each number is the mean over the queries with R > 0, NaN where there is none.",
    table(
      ["result", "name", "per query", "meaning", "source"],
      Object.entries(measures).map(([name, spec]) => [
        `\`${name}\``,
        spec.title,
        `\`${spec.formula}\``,
        spec.meaning,
        spec.source,
      ]),
    ),
    "Ranks are counted, not sorted: one pass over the N×M scores compares each with the query's relevant ones, so nothing of size N×M or N×k is stored and R has no limit. A NaN score ranks behind every number, and a relevant reference whose score is NaN is never found.",
    ...Object.entries(single).map(([name, spec]) =>
      [
        `## ${name}`,
        `${spec.title}: ${spec.meaning}.`,
        code([spec.formula]),
        bullets({ From: list(spec.from), Source: spec.source }),
      ].join("\n\n"),
    ),
  ]);
}

export function page(family: string, title: string, blocks: readonly string[]): string {
  return `<!-- Generated from lib/${family}/table.ts by \`npm run generate\`; do not edit. -->\n# ${title}\n\n${blocks.join("\n\n")}\n`;
}

function metricParameters(specs: DistanceSpec["params"]): string {
  return table(
    ["parameter", "default", "range", "meaning"],
    Object.entries(specs).map(([name, spec]) => [
      `\`${name}\``,
      "default" in spec && spec.default !== undefined ? `\`${spec.default}\`` : "",
      metricRange(spec),
      spec.doc,
    ]),
  );
}

function metricRange(spec: DistanceParam): string {
  if (spec.kind === "boolean") return "boolean";
  if (spec.kind === "tensor") return `tensor ${spec.shape}${spec.optional ? ", or none" : ""}`;
  return `number ${spec.above === undefined ? `≥ ${spec.min}` : `> ${spec.above}`}${spec.infinite ? ", or Infinity" : ""}`;
}

function parameters(specs: ParamSpecs): string {
  return table(
    ["parameter", "default", "range", "meaning"],
    Object.entries(specs).map(([name, spec]) => [
      `\`${name}\``,
      "default" in spec ? `\`${spec.default}\`` : "",
      range(spec),
      spec.doc,
    ]),
  );
}

function range(spec: ParamSpec): string {
  switch (spec.kind) {
    case "boolean":
      return "boolean";
    case "enum":
      return list(spec.values);
    case "indices":
      return "integers, one a row";
    case "counts":
      return "whole numbers, one a class";
    case "pairWeights":
      return "tensor [anchors, candidates], or none";
    case "clusters":
      return "lists of integers, one a candidate";
    case "rows":
      return spec.per === "candidate" ? "matrix [candidates, columns]" : "matrix [anchors, columns]";
    case "vector":
      return spec.per === "candidate" ? "tensor [candidates], or none" : "tensor [anchors], or none";
    case "tensor":
      return `number${spec.above === undefined ? "" : ` > ${spec.above}`}, or a tensor of one element`;
    case "number": {
      const bounds = [
        spec.above === undefined ? "" : `> ${spec.above}`,
        spec.min === undefined ? "" : `≥ ${spec.min}`,
        spec.max === undefined ? "" : `≤ ${spec.max}`,
      ].filter((bound) => bound !== "");
      return [spec.integer ? "integer" : "number", bounds.join(" and ")].filter((part) => part !== "").join(" ");
    }
  }
}

export const code = (lines: readonly string[]): string => ["```", ...lines, "```"].join("\n");
export const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");
export const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
export const bullets = (items: Readonly<Record<string, string>>): string =>
  Object.entries(items)
    .map(([name, text]) => `- ${name}: ${text}.`)
    .join("\n");

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
