import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
mkdirSync(join(root, "build"), { recursive: true });
const folder = mkdtempSync(join(root, "build/docs-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SOURCES: Readonly<Record<string, string>> = {
  warpweft: "lib/index.js",
  "warpweft/distance": "lib/distance/index.js",
  "warpweft/loss": "lib/loss/index.js",
  "warpweft/evaluate": "lib/evaluate/index.js",
};

/** The page's blocks of TypeScript as one module; `expression;  // value` becomes an entry of what it exports. */
function moduleOf(page: string): { code: string; promised: string[] } {
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block).join("\n");
  const promised: string[] = [];
  const code = blocks
    .replace(
      /from "([^"]+)"/g,
      (_, name: string) => `from ${JSON.stringify(relative(folder, join(root, SOURCES[name] as string)))}`,
    )
    .replace(
      /^(\S.*);\s+\/\/ (.+)$/gm,
      (_, expression: string, value: string) => `said.push(${expression}); // ${promised.push(value)}`,
    );
  return { code: `export const said: unknown[] = [];\n${code}`, promised };
}

test.each(["distance", "loss", "evaluate"])("docs/%s.md says what happens", async (name) => {
  const { code, promised } = moduleOf(readFileSync(join(root, `docs/${name}.md`), "utf8"));
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, code);
  const { said } = (await import(/* @vite-ignore */ file)) as { said: unknown[] };
  expect(promised.length).toBeGreaterThan(0);
  const short = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(short) : Math.round((value as number) * 100) / 100;
  const meant = promised.map((value) => JSON.parse(value.replaceAll("…", "")));
  expect(said.map(short)).toEqual(meant.map(short));
});
