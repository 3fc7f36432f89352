// The rules of the folders, held by reading includes and imports. Arrows point down only.
import { describe, expect, test } from "vitest";
import { exists, filesOf, imports, includes, type Source, type Use } from "./layout/read.js";

const cxx = ["src", "cuda"].flatMap(filesOf).filter(({ path }) => /\.(h|cc|cu|cuh)$/.test(path));
const lib = filesOf("lib");
const tests = filesOf("test").filter(({ path }) => path.endsWith(".ts"));

/** The families of kernels, each with the families it may use. evaluate is device code alone: what launches it is distance's. */
const FAMILIES: Record<string, string[]> = { distance: [], loss: ["distance"], attention: [], evaluate: ["distance"] };
const BLOCKS = ["base", "cpu", "gpu", "napi", "comm", "ptxvm", "algebra"];
const has = (family: string) => exists(`src/${family}`);
const families = Object.keys(FAMILIES).filter(has);

type Rule = readonly [what: string, applies: RegExp, may: readonly RegExp[]];

/** The first rule that fits a file is its rule. `may` speaks of our own files; the C++ library is open to all. */
const INCLUDE_RULES: Rule[] = [
  ["src/base", /^src\/base\//, [/^src\/base\//]],
  ["src/cpu/isa", /^src\/cpu\/isa\//, [/^src\/base\//, /^src\/cpu\/isa\//, /^hwy\//]],
  ["src/cpu/binding", /^src\/cpu\/binding\.(cc|h)$/, [/^src\/(base|cpu|napi)\//, /^napi\.h$/]],
  ["src/cpu", /^src\/cpu\//, [/^src\/(base|cpu)\//, /^hwy\//]],
  ["src/gpu/binding", /^src\/gpu\/binding\.(cc|h)$/, [/^src\/(base|gpu|napi)\//, /^napi\.h$/]],
  ["src/gpu", /^src\/gpu\//, [/^src\/(base|gpu)\//]],
  ["src/comm", /^src\/comm\//, [/^src\/(base|gpu|comm)\//]],
  // "now or on a worker": the workers are the pool's
  ["src/napi", /^src\/napi\//, [/^src\/(base|gpu|napi)\/(?!binding)/, /^src\/cpu\/threads\.h$/, /^napi\.h$/]],
  ["src/ptxvm", /^src\/ptxvm\//, [/^src\/ptxvm\//]],
  ["src/addon.cc", /^src\/addon\.cc$/, [/^src\/(base|cpu|gpu|napi)\//, /^src\/[a-z]+\/binding\.h$/, /^napi\.h$/]],
  ["cuda/base", /^cuda\/base\//, [/^cuda\/base\//, /^src\/base\//, /^cuda_(bf16|fp16)\.h$/]],
  ...["algebra", ...Object.keys(FAMILIES)].flatMap(familyRules),
];

function familyRules(name: string): Rule[] {
  const maths = (of: string) =>
    new RegExp(`^src/${of}/(ops/|ops\\.gen\\.h$|params\\.h$|launch[a-z_]*\\.h$|table\\.gen\\.h$)`);
  const shared = [/^src\/base\//, maths(name)];
  const others = FAMILIES[name] ?? [];
  const device = others.flatMap((other) => [maths(other), new RegExp(`^cuda/${other}/`)]);
  const known = others.map((other) => new RegExp(`^src/${other}/(?!binding)`));
  const lists = new RegExp(`^src/(${[name, ...others].join("|")})/table\\.gen\\.h$`);
  const params = others.map((other) => new RegExp(`^src/${other}/params\\.h$`));
  const host = [/^src\/(base|cpu|gpu)\//, new RegExp(`^src/${name}/`), ...known];
  return [
    [`src/${name}/ops`, new RegExp(`^src/${name}/ops/`), shared],
    [`src/${name}/params.h`, new RegExp(`^src/${name}/params\\.h$`), [/^src\/base\/matrix\.h$/, lists, ...params]],
    [`src/${name}/launch.h`, new RegExp(`^src/${name}/launch[a-z_]*\\.h$`), [new RegExp(`^src/${name}/params\\.h$`)]],
    [`src/${name}/table.gen.h`, new RegExp(`^src/${name}/table\\.gen\\.h$`), []],
    [
      `src/${name}/binding`,
      new RegExp(`^src/${name}/binding[a-z_]*\\.(cc|h)$`),
      [...host, /^src\/napi\//, /^napi\.h$/],
    ],
    [`src/${name}`, new RegExp(`^src/${name}/`), host],
    [
      `cuda/${name}`,
      new RegExp(`^cuda/${name}/`),
      [/^cuda\/base\//, new RegExp(`^cuda/${name}/`), ...shared, ...device],
    ],
  ];
}

const guarded = /^(src|cuda)\/|^hwy\/|napi|^node_api|^cuda/;
const shown = ({ from, to }: Use) => `${from} → ${to}`;

/** Uses that a file's rule does not allow. A file without a rule is stray itself. */
function strayIncludes(files: Source[], rules: Rule[]): string[] {
  return files.flatMap((file) => {
    const rule = rules.find(([, applies]) => applies.test(file.path));
    if (!rule) return [`${file.path} lies where no rule is`];
    return includes(file)
      .filter(({ to }) => guarded.test(to) && !rule[2].some((may) => may.test(to)))
      .map(shown);
  });
}

const holding = (files: Source[], pattern: RegExp, allowed: RegExp) =>
  files.filter(({ path, text }) => !allowed.test(path) && pattern.test(text)).map(({ path }) => path);

describe("C++", () => {
  const ruleOf = ({ path }: Source) => INCLUDE_RULES.find(([, applies]) => applies.test(path))?.[0];

  test.each([...new Set(cxx.map(ruleOf))])("%s includes only what lies below it", (what) => {
    const mine = cxx.filter((file) => ruleOf(file) === what);
    expect(strayIncludes(mine, INCLUDE_RULES)).toEqual([]);
  });

  test("every file lies where a rule is, and a stray include is found", () => {
    expect(cxx.filter((file) => ruleOf(file) === undefined).map(({ path }) => path)).toEqual([]);
    const bad = { path: "src/base/span.h", text: '#include "cpu/threads.h"\n#include <vector>\n' };
    expect(strayIncludes([bad], INCLUDE_RULES)).toEqual(["src/base/span.h → src/cpu/threads.h"]);
    expect(strayIncludes([{ path: "src/other/x.h", text: "" }], INCLUDE_RULES)).toHaveLength(1);
  });

  test("nothing but the addon and itself includes a binding", () => {
    const users = cxx.flatMap(includes).filter(({ to }) => /\/binding\.h$/.test(to));
    expect(
      users.filter(({ from, to }) => from !== "src/addon.cc" && from !== to.replace(/h$/, "cc")).map(shown),
    ).toEqual([]);
  });

  test("Node's API stays in src/napi, src/addon.cc and the bindings", () => {
    expect(
      holding(cxx, /<napi\.h>|\bNapi::|\bnapi_/, /^src\/(napi\/|addon\.cc$|[a-z]+\/binding[a-z_]*\.(cc|h)$)/),
    ).toEqual([]);
  });

  test("intrinsics stay in src/cpu/isa, inline assembly in cuda/base/ptx.h", () => {
    const intrinsic =
      /\b_mm(256|512)?_\w+|\b__m(128|256|512)[a-z]*\b|<(immintrin|arm_neon|x86intrin)\.h>|\bfloat32x4_t\b/;
    expect(holding(cxx, intrinsic, /^src\/cpu\/isa\//)).toEqual([]);
    expect(holding(cxx, /\basm\b\s*(volatile\s*)?\(/, /^cuda\/base\/ptx\.h$/)).toEqual([]);
    expect(holding(cxx, /<cuda(_runtime)?\.h>/, /^cuda\//)).toEqual([]);
  });

  test("ops hold no loop over rows, no allocation, no thread", () => {
    const ops = cxx.filter(({ path }) => /^src\/[a-z]+\/ops\//.test(path));
    expect(ops.length).toBeGreaterThan(0);
    expect(
      holding(
        ops,
        /\bfor\s*\((?!.*< \d+;)|\bwhile\s*\(|\bnew\b\s+\w|\bmalloc\b|std::(vector|thread|atomic)|threadIdx/,
        /^$/,
      ),
    ).toEqual([]);
  });

  test("src/sources.txt lists every host source once, and the virtual GPU's list its own", () => {
    const listed = ["src/sources.txt", "src/ptxvm/sources.txt"].map((list) => {
      const { text } = filesOf("src").find(({ path }) => path === list)!;
      const lines = text.split("\n").map((line) => line.replace(/#.*/, "").split(":")[0]!.trim());
      return lines.filter(Boolean).sort();
    });
    const sources = cxx.map(({ path }) => path).filter((path) => path.startsWith("src/") && path.endsWith(".cc"));
    const ours = (path: string) => path.startsWith("src/ptxvm/");
    expect(listed).toEqual([sources.filter((path) => !ours(path)), sources.filter(ours)]);
  });
});

describe("TypeScript", () => {
  const libUses = lib.flatMap(imports);
  const stray = (applies: RegExp, may: (use: Use) => boolean) =>
    libUses.filter((use) => applies.test(use.from) && !may(use)).map(shown);
  /** evaluate ranks and counts by distances, and takes labels as losses do. */
  const USES: Record<string, string[]> = { ...FAMILIES, evaluate: ["distance", "loss"] };
  const family = (path: string) => Object.keys(USES).find((name) => path.startsWith(`lib/${name}/`));

  test("the library imports the library and Node, and each package in one place", () => {
    const packages: Record<string, string> = {
      "node-gyp-build": "lib/native-load.ts",
      "ml-kmeans": "lib/evaluate/clustering.ts",
      "ml-matrix": "lib/attention/basis/symmetric.ts",
    };
    expect(stray(/./, ({ to }) => /^(lib\/|node:)/.test(to) || to in packages)).toEqual([]);
    for (const [name, place] of Object.entries(packages))
      expect(libUses.filter(({ to }) => to === name).map(({ from }) => from)).toEqual([place]);
  });

  test("native.ts alone loads the addon", () => {
    expect(libUses.filter(({ to }) => to === "lib/native-load.ts").map(({ from }) => from)).toEqual(["lib/native.ts"]);
    expect(holding(lib, /createRequire|process\.dlopen|\.node"/, /^lib\/native-load\.ts$/)).toEqual([]);
  });

  test("tables import nothing but their own parts", () => {
    expect(lib.filter(({ path }) => path.endsWith("/table.ts")).length).toBeGreaterThanOrEqual(2);
    const ownPart = ({ from, to }: Use) => to.startsWith(`${from.replace(/table(\/[^/]+)?\.ts$/, "table")}/`);
    expect(stray(/\/table(\.ts$|\/)/, ownPart)).toEqual([]);
  });

  test("the core knows no family; families do not know each other, but for those named above", () => {
    const core = /^lib\/(?!index\.ts$)[^/]+\.ts$/;
    expect(stray(core, ({ to }) => family(to) === undefined)).toEqual([]);
    const mayKnow = ({ from, to }: Use) =>
      [family(from), undefined, ...(USES[family(from)!] ?? [])].includes(family(to));
    expect(stray(/^lib\/[a-z]+\//, mayKnow)).toEqual([]);
  });

  test("errors and checks stand below everything else", () => {
    expect(stray(/^lib\/(error|types)\.ts$/, ({ typeOnly }) => typeOnly)).toEqual([]);
    const below = /^lib\/((error|types|dtype|dense|device-array)\.ts$|check\/)/;
    expect(stray(/^lib\/check(\.ts$|\/)/, ({ to, typeOnly }) => typeOnly || below.test(to))).toEqual([]);
  });

  test("index.ts holds no code of its own", () => {
    const index = lib.filter(({ path }) => /^lib\/(index|[a-z]+\/index)\.ts$/.test(path));
    expect(index.map(({ path }) => path)).toContain("lib/index.ts");
    expect(
      holding(
        index.filter(({ path }) => path === "lib/index.ts"),
        /^\s*(async )?(function|class|const|let)\b/m,
        /^$/,
      ),
    ).toEqual([]);
  });

  test("oracles share nothing with the kernels", () => {
    const oracles = tests.filter(({ path }) => /\/oracles?(\.ts$|\/)/.test(path));
    expect(oracles.length).toBeGreaterThanOrEqual(2);
    const uses = oracles.flatMap(imports).filter(({ typeOnly, to }) => !typeOnly && to.startsWith("lib/"));
    expect(uses.filter(({ to }) => !to.endsWith("/table.ts")).map(shown)).toEqual([]);
  });
});

describe("all files", () => {
  const written = [
    ...cxx,
    ...lib,
    ...tests,
    ...filesOf("test/native"),
    ...filesOf("test/ptxvm"),
    ...filesOf("scripts"),
    ...filesOf("examples"),
    ...filesOf("bench"),
  ].filter(({ path }) => /\.(h|cc|cu|ts|mjs)$/.test(path) && !/\.(gen\.h|d\.ts)$/.test(path));

  test("a file is short enough to read: an op 120 lines, any other 300", () => {
    const limit = (path: string) => (/\/ops\//.test(path) ? 120 : 300);
    const lines = (text: string) => text.split("\n").length - 1;
    const long = written.filter(({ path, text }) => lines(text) > limit(path));
    expect(long.map(({ path, text }) => `${path}: ${lines(text)}`)).toEqual([]);
  });

  test("a generated file says so in its first line", () => {
    const generated = [...cxx.filter(({ path }) => path.endsWith(".gen.h")), ...filesOf("docs/reference")];
    expect(generated.length).toBeGreaterThanOrEqual(2 * families.length);
    expect(generated.filter(({ text }) => !/generated/i.test(text.split("\n")[0]!)).map(({ path }) => path)).toEqual(
      [],
    );
  });

  test("nothing is left for later", () => {
    const words = new RegExp(
      ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"].map((word) => `\\b${word}\\b`).join("|"),
    );
    expect(holding(written, words, /^$/)).toEqual([]);
  });

  test.each(families)("%s has every layer", (name) => {
    const layers = [`src/${name}/ops`, `src/${name}/params.h`, `src/${name}/table.gen.h`, `src/${name}/binding.cc`];
    layers.push(`lib/${name}/table.ts`, `lib/${name}/index.ts`, `test/${name}/oracle.ts`, `docs/reference/${name}.md`);
    expect(layers.filter((path) => !exists(path))).toEqual([]);
  });

  test("src holds building blocks and families, nothing else", () => {
    const folders = new Set(
      filesOf("src")
        .map(({ path }) => path.split("/"))
        .filter((parts) => parts.length > 2)
        .map((parts) => parts[1]!),
    );
    expect([...folders].filter((name) => !BLOCKS.includes(name) && !(name in FAMILIES))).toEqual([]);
  });
});
