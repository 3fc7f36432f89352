import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const here = dirname(fileURLToPath(import.meta.url));
const read = (name: string): string => readFileSync(join(here, name), "utf8");

/** Exports of the contract that this release does not have, by entry point. Whoever adds one takes it off here. */
const TO_COME: Readonly<Record<string, readonly string[]>> = {
  "warpweft/loss": ["GlobalContrastiveState"],
  "warpweft/attention": ["convertGroupedQuery"],
};
/** Entry points that come whole. */
const LATER = ["warpweft/distributed"];

interface Section {
  readonly values: readonly string[];
  readonly types: readonly string[];
}

/** What api.d.ts exports under each heading; the last one is shared by two entry points. */
function sections(): Readonly<Record<string, Section>> {
  const [, ...parts] = read("api.d.ts").split(/^\/\/ ─+ (?="warpweft)/m);
  return Object.fromEntries(
    parts.map((part) => {
      const heading = part.slice(0, part.indexOf("\n"));
      const found = [...part.matchAll(/\bexport (?:declare )?(function|const|class|interface|type) (\w+)/g)];
      const of = (...kinds: string[]) =>
        found.filter(([, kind]) => kinds.includes(kind as string)).map(([, , name]) => name as string);
      const entry = [...heading.matchAll(/"([^"]+)"/g)].map(([, name]) => name).join(" and ");
      return [entry, { values: of("function", "const", "class"), types: of("interface", "type") }];
    }),
  );
}

const MODULES = {
  warpweft: () => import("../../lib/index.js"),
  "warpweft/distance": () => import("../../lib/distance/index.js"),
  "warpweft/attention": () => import("../../lib/attention/index.js"),
  "warpweft/loss": () => import("../../lib/loss/index.js"),
  "warpweft/evaluate": () => import("../../lib/evaluate/index.js"),
  "warpweft/testing and warpweft/optim": async () => ({
    ...(await import("../../lib/testing.js")),
    ...(await import("../../lib/optim.js")),
  }),
} as const;

test("the contract has the entry points that are known here", () => {
  expect(Object.keys(sections()).sort()).toEqual([...Object.keys(MODULES), ...LATER].sort());
});

describe.each(Object.entries(MODULES))("%s", (entry, load) => {
  const section = sections()[entry] as Section;
  const toCome = TO_COME[entry] ?? [];

  test("every value of the contract is there, or listed as to come", async () => {
    const ours = Object.keys(await load());
    const wanted = section.values;
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.filter((name) => !ours.includes(name))).toEqual(wanted.filter((name) => toCome.includes(name)));
  });

  test("every type of the contract is held to it in types.ts, or listed as to come", () => {
    const held = new Set([...read("types.ts").matchAll(/\bContract\.(\w+)/g)].map(([, name]) => name));
    const wanted = section.types;
    expect(wanted.filter((name) => !held.has(name))).toEqual(wanted.filter((name) => toCome.includes(name)));
  });

  test("nothing is listed as to come that the contract does not have", () => {
    expect(toCome.filter((name) => ![...section.values, ...section.types].includes(name))).toEqual([]);
  });
});

test("the uses of the contract are compiled against the package, except those of names to come", () => {
  const statements = (text: string) => text.split(/[;\n]/).map((line) => line.trim());
  const ours = new Set(statements(read("use.ts")));
  const future = /\b(attention|attentionAsync|loss\.(arcFace|crossEntropy|balancedSoftmax|mixup))\(/;
  const uses = statements(read("api.use.ts")).filter((line) => line !== "" && !/^(\/\/|import)/.test(line));
  expect(uses.length).toBeGreaterThan(10);
  expect(uses.filter((line) => !future.test(line) && !ours.has(line))).toEqual([]);
});

test("contract, types and uses compile", () => {
  const compiler = join(here, "../../node_modules/typescript/bin/tsc");
  const compile = () => execFileSync(process.execPath, [compiler, "-p", here], { encoding: "utf8" });
  let output = "";
  try {
    compile();
  } catch (error) {
    output = (error as { stdout: string }).stdout;
  }
  expect(output).toBe("");
}, 120_000);
