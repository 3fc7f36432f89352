import type { DistanceParam, DistanceSpec, TensorParam } from "../../lib/distance/table.js";
import type { LossSpec, MinerSpec, ParamSpec, ParamSpecs } from "../../lib/loss/table.js";
import { isScalar } from "../../lib/loss/params.js";
import { WHOLE_METRICS } from "../../lib/loss/table.js";
import { snake } from "./names.js";

type Table<S> = Readonly<Record<string, S>>;

/** The C++ list of the distances: ids, an X-macro, and which way is closer. */
export function distanceHeader(
  distances: Table<DistanceSpec>,
  reductions: Table<unknown>,
  choices: Table<unknown>,
): string {
  return file("distance", [
    enumeration("metric_id", Object.keys(distances)),
    enumeration("row_reduction_id", Object.keys(reductions)),
    enumeration("label_choice_id", Object.keys(choices)),
    [
      "/** Numbers that a metric may take; further places are 0. */",
      `constexpr int most_metric_scalars = ${METRIC_SCALARS};`,
    ],
    ...Object.entries(distances)
      .filter(([, spec]) => numbersOf(spec).length > 0)
      .map(([name, spec]) => metricParameters(snake(name), spec)),
    [
      "/** Similarities: larger values mean closer. */",
      ...metricsThat("larger_is_closer", (spec) => spec.closer === "larger", distances),
    ],
    ["/** Those of a base of int8 codes. */", ...metricsThat("takes_codes", (spec) => spec.codes === true, distances)],
    list("WARPWEFT_DISTANCE_LIST", Object.keys(distances)),
  ]);
}

function metricsThat(word: string, holds: (spec: DistanceSpec) => boolean, distances: Table<DistanceSpec>): string[] {
  const names = Object.keys(distances).filter((name) => holds(distances[name] as DistanceSpec));
  return [
    `constexpr bool ${word}(metric_id id) {`,
    `  return ${names.map((name) => `id == metric_id::${snake(name)}`).join(" || ") || "false"};`,
    "}",
  ];
}

/** How many numbers each native call takes for its metric. */
const METRIC_SCALARS = 2;

function numbersOf({ params }: DistanceSpec): [string, Exclude<DistanceParam, TensorParam>][] {
  const numbers = Object.entries(params).filter(
    (entry): entry is [string, Exclude<DistanceParam, TensorParam>] => entry[1].kind !== "tensor",
  );
  if (numbers.length > METRIC_SCALARS) throw new Error(`a metric takes at most ${METRIC_SCALARS} numbers`);
  return numbers;
}

const metricType = (param: DistanceParam): string => (param.kind === "boolean" ? "bool" : "double");

function metricParameters(name: string, spec: DistanceSpec): string[] {
  return [
    `// ${spec.formula}`,
    `struct ${name}_params {`,
    ...numbersOf(spec).map(([field, param]) => `  ${metricType(param)} ${snake(field)};  // ${param.doc}`),
    "};",
  ];
}

/** The functors of the distances, and how each is made of a call's numbers. */
export function distanceOpsHeader(distances: Table<DistanceSpec>): string {
  const made = Object.entries(distances).map(([name, spec]) => {
    const read = numbersOf(spec).map(([, param], at) => (param.kind === "boolean" ? `s[${at}] != 0` : `s[${at}]`));
    const value = read.length === 0 ? "{}" : `{{}, {${read.join(", ")}}}`;
    return `template <>\nWARPWEFT_HD ${snake(name)} make_op<${snake(name)}>(const double*${read.length === 0 ? "" : " s"}) {\n  return ${value};\n}\n`;
  });
  return `${opsHeader("distance", Object.keys(distances))}
namespace warpweft::distance::WARPWEFT_ISA {

// From positional values, in the order of the fields.
template <class Op>
WARPWEFT_HD Op make_op(const double* s);
${made.join("")}
}  // namespace warpweft::distance::WARPWEFT_ISA
`;
}

/** The C++ lists of losses and miners: ids, a struct of parameters per entry and its reader, X-macros. */
export function lossHeader(losses: Table<LossSpec>, miners: Table<MinerSpec>, reductions: Table<unknown>): string {
  return file("loss", [
    enumeration("loss_id", Object.keys(losses)),
    enumeration("miner_id", Object.keys(miners)),
    enumeration("reduction_id", Object.keys(reductions)),
    ...rowEntries(losses).map((name) => parameters(snake(name), losses[name] as LossSpec)),
    ...rowEntries(miners).map((name) => parameters(`${snake(name)}_miner`, miners[name] as MinerSpec)),
    list("WARPWEFT_LOSS_LIST", rowEntries(losses)),
    list("WARPWEFT_MINER_LIST", rowEntries(miners)),
    [
      "/** Metrics of the scores that row losses and their miners take. */",
      ...list("WARPWEFT_SCORE_LIST", scoresOf(losses, miners)),
    ],
    [
      "/** Which loss takes which miner. */",
      ...macro(
        "WARPWEFT_MINED_LIST",
        Object.entries(losses).flatMap(([name, spec]) =>
          spec.miners
            .filter((miner) => !spec.whole && !miners[miner]?.whole)
            .map((miner) => `X(${snake(name)}, ${snake(miner)})`),
        ),
      ),
    ],
  ]);
}

function scoresOf(losses: Table<LossSpec>, miners: Table<MinerSpec>): string[] {
  const all = [losses, miners].flatMap((table) => rowEntries(table).flatMap((name) => table[name]?.metrics ?? []));
  return [...new Set(all)].filter((metric) => !WHOLE_METRICS.includes(metric));
}

/** Entries that are functors of rows of pairs. */
export const rowEntries = (table: Table<LossSpec | MinerSpec>): string[] =>
  Object.keys(table).filter((name) => !table[name]?.whole);

/** The C++ list of how scores become weights. */
export function attentionHeader(normalizers: Table<unknown>): string {
  const names = Object.keys(normalizers);
  return file("attention", [enumeration("normalizer_id", names), list("WARPWEFT_NORMALIZER_LIST", names)]);
}

/** The includes of a family's functors: one file an entry, named as the entry is. */
export function opsHeader(family: string, entries: readonly string[]): string {
  return `${firstLine(family)}
#pragma once

${entries.map((entry) => `#include "${family}/ops/${snake(entry)}.h"\n`).join("")}`;
}

const firstLine = (family: string) => `// Generated from lib/${family}/table.ts by \`npm run generate\`; do not edit.`;

function file(family: string, blocks: readonly (readonly string[])[]): string {
  const inside = blocks.map((lines) => lines.join("\n")).join("\n\n");
  return `${firstLine(family)}
#pragma once

#include <cstdint>

// clang-format off
namespace warpweft::${family} {

${inside}

}  // namespace warpweft::${family}
// clang-format on
`;
}

function enumeration(type: string, names: readonly string[]): string[] {
  const members = names.map((name, id) => `  ${snake(name)} = ${id},`);
  return [`enum class ${type} : int32_t {`, ...members, `  count = ${names.length},`, "};"];
}

function list(name: string, entries: readonly string[]): string[] {
  return macro(
    name,
    entries.map((entry) => `X(${snake(entry)})`),
  );
}

const macro = (name: string, uses: readonly string[]): string[] => [`#define ${name}(X) \\`, `  ${uses.join(" ")}`];

function parameters(
  name: string,
  spec: { readonly params: ParamSpecs; readonly formula: readonly string[] },
): string[] {
  const scalars = Object.entries(spec.params).filter(([, param]) => isScalar(param));
  return [
    ...spec.formula.map((line) => `// ${line}`),
    `struct ${name}_params {`,
    ...scalars.map(([field, param]) => `  ${cppType(param)} ${snake(field)};  // ${comment(param)}`),
    "};",
    `constexpr int ${name}_scalars = ${scalars.length};`,
    "/** From positional values, in the order of the fields. */",
    `inline ${name}_params ${name}_from(const double* s) {`,
    `  ${scalars.length === 0 ? "(void)s; " : ""}return {${scalars.map(([, param], at) => read(param, at)).join(", ")}};`,
    "}",
  ];
}

function cppType(param: ParamSpec): string {
  if (param.kind === "boolean") return "bool";
  if (param.kind === "enum" || (param.kind === "number" && param.integer)) return "int32_t";
  return "float";
}

function read(param: ParamSpec, at: number): string {
  const type = cppType(param);
  return type === "bool" ? `s[${at}] != 0` : `static_cast<${type}>(s[${at}])`;
}

function comment(param: ParamSpec): string {
  const values = param.kind === "enum" ? `${param.values.map((value, id) => `${id} ${value}`).join(", ")}; ` : "";
  return `${values}${param.doc}`;
}
