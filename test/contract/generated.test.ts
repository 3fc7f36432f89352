import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { snake } from "../../scripts/generate/names.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
mkdirSync(join(root, "build"), { recursive: true });
const copy = mkdtempSync(join(root, "build/generated-"));
afterAll(() => rmSync(copy, { recursive: true }));

/** What `npm run generate` says in a folder, and how it ends. */
function generate(folder: string, ...flags: string[]): { status: number; words: string } {
  const command = [join(root, "node_modules/tsx/dist/cli.mjs"), join(folder, "scripts/generate.ts"), ...flags];
  try {
    const words = execFileSync(process.execPath, command, { encoding: "utf8", stdio: "pipe" });
    return { status: 0, words };
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: string };
    return { status, words: stderr };
  }
}

test("names go from camelCase to snake_case by one rule", () => {
  const names = ["inner", "cosineSimilarity", "multiSimilarity", "infoNCE", "proxyNCALoss", "meanNonZero", "expMap0"];
  expect(names.map(snake)).toEqual([
    "inner",
    "cosine_similarity",
    "multi_similarity",
    "info_nce",
    "proxy_nca_loss",
    "mean_non_zero",
    "exp_map0",
  ]);
});

test("what is generated follows the tables", () => {
  expect(generate(root, "--check")).toEqual({ status: 0, words: "" });
});

test("what drifts is named, not touched by the check, and put right by the generator", () => {
  for (const folder of ["scripts", "lib", "src/attention", "src/distance", "src/loss", "docs/reference"]) {
    cpSync(join(root, folder), join(copy, folder), { recursive: true });
  }
  copyFileSync(join(root, "package.json"), join(copy, "package.json"));
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const header = join(copy, "src/loss/table.gen.h");
  const wanted = readFileSync(header, "utf8");
  writeFileSync(header, "// mine\n");
  rmSync(join(copy, "docs/reference/loss.md"));
  const { status, words } = generate(copy, "--check");
  expect(status).toBe(1);
  expect(words.trim().split("\n")).toEqual([
    "src/loss/table.gen.h does not follow its table: run `npm run generate`",
    "docs/reference/loss.md does not follow its table: run `npm run generate`",
  ]);
  expect(readFileSync(header, "utf8")).toBe("// mine\n");
  expect(generate(copy).words).toBe("wrote src/loss/table.gen.h\nwrote docs/reference/loss.md\n");
  expect(readFileSync(header, "utf8")).toBe(wanted);
});
