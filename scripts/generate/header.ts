import type { DistanceSpec } from "../../lib/distance/table.js";
import type { LossSpec, MinerSpec, ParamSpec, ParamSpecs } from "../../lib/loss/table.js";
import { snake } from "./names.js";

type Table<S> = Readonly<Record<string, S>>;

/** The C++ list of the distances: ids, an X-macro, and which way is closer. */
export function distanceHeader(distances: Table<DistanceSpec>, reductions: Table<unknown>): string {
  const larger = Object.keys(distances).filter((name) => distances[name]?.closer === "larger");
  return file("distance", [
    enumeration("metric_id", Object.keys(distances)),
    enumeration("row_reduction_id", Object.keys(reductions)),
    [
      "/** Similarities: larger values mean closer. */",
      `constexpr bool larger_is_closer(metric_id id) {`,
      `  return ${larger.map((name) => `id == metric_id::${snake(name)}`).join(" || ") || "false"};`,
      "}",
    ],
    list("WARPWEFT_DISTANCE_LIST", Object.keys(distances)),
  ]);
}

/** The C++ lists of losses and miners: ids, a struct of parameters per entry and its reader, X-macros. */
export function lossHeader(losses: Table<LossSpec>, miners: Table<MinerSpec>, reductions: Table<unknown>): string {
  return file("loss", [
    enumeration("loss_id", Object.keys(losses)),
    enumeration("miner_id", Object.keys(miners)),
    enumeration("reduction_id", Object.keys(reductions)),
    ...Object.entries(losses).map(([name, spec]) => parameters(snake(name), spec)),
    ...Object.entries(miners).map(([name, spec]) => parameters(`${snake(name)}_miner`, spec)),
    list("WARPWEFT_LOSS_LIST", Object.keys(losses)),
    list("WARPWEFT_MINER_LIST", Object.keys(miners)),
  ]);
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

function list(macro: string, names: readonly string[]): string[] {
  return [`#define ${macro}(X) \\`, `  ${names.map((name) => `X(${snake(name)})`).join(" ")}`];
}

function parameters(
  name: string,
  spec: { readonly params: ParamSpecs; readonly formula: readonly string[] },
): string[] {
  const scalars = Object.entries(spec.params).filter(([, param]) => param.kind !== "indices");
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
