import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ROOT, run } from "./run.js";

const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code!);

mkdirSync(join(ROOT, ".cache"), { recursive: true }); // inside the package, so that "warpweft" means this one
const folder = mkdtempSync(join(ROOT, ".cache", "readme-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("README.md", () => {
  test("shows code", () => expect(blocks.length).toBeGreaterThanOrEqual(3));

  test.each(blocks.map((code, i) => [i + 1, code] as const))("block %i prints what its comments say", (i, code) => {
    const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, output]) => `${output}\n`);
    expect(promised.length).toBeGreaterThan(0);
    const file = join(folder, `block-${i}.mts`);
    writeFileSync(file, code);
    expect(run(file)).toEqual({ status: 0, stdout: promised.join(""), stderr: "" });
  });

  test("names only scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };
    const named = [...readme.matchAll(/npm (?:run )?(demo|test|[a-z]+:[a-z]+|bench|build|prebuild|generate)\b/g)];
    expect(named.length).toBeGreaterThan(0);
    for (const [, script] of named) expect(Object.keys(scripts)).toContain(script);
  });

  test("links only to files that exist", () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!);
    expect(links.length).toBeGreaterThan(0);
    for (const target of links) expect(() => readFileSync(join(ROOT, target)), target).not.toThrow();
  });
});
