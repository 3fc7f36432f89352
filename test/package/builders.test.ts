// CMake, cmake-js, node-gyp and prebuildify end in the same build. Tried on a small tree with the repository's build files.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { root } from "../layout/read.js";
import { smallTree } from "./tree.js";

const MINUTES = 60_000;
const require = createRequire(import.meta.url);
let tree: string;
afterEach(() => rmSync(tree, { recursive: true }));

const run = (command: string, args: string[], env = {}) => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: tree,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return { status, said: `${stdout}${stderr}` };
};
const tool = (name: string) => join(root, "node_modules", ".bin", name);
const answerOf = (file: string) => (require(join(tree, file)) as { answer: number }).answer;

/** Where this machine keeps Node's headers, which node-gyp wants to see though nothing reads them. */
const nodedir = [join(dirname(process.execPath), ".."), "/usr", "/usr/local"].find((folder) =>
  existsSync(join(folder, "include/node/common.gypi")),
);

test("cmake-js builds the addon, one .node in build/Release", { timeout: 2 * MINUTES }, () => {
  tree = smallTree();
  const { status, said } = run(tool("cmake-js"), ["build"]);
  expect(status, said).toBe(0);
  expect(answerOf("build/Release/warpweft.node")).toBe(42);
});

test("node-gyp builds the same through binding.gyp", { timeout: 2 * MINUTES }, (context) => {
  if (!nodedir) return context.skip("this machine has no Node headers, and node-gyp would download them");
  tree = smallTree();
  const { status, said } = run(tool("node-gyp"), ["rebuild", `--nodedir=${nodedir}`]);
  expect(status, said).toBe(0);
  expect(said).toContain("Linking CXX shared library");
  expect(answerOf("build/Release/warpweft.node")).toBe(42);
});

test("the shim refuses to build for another architecture", () => {
  tree = smallTree();
  const { status, said } = run(join(tree, "scripts/node-gyp-shim.mjs"), [
    "rebuild",
    "--target=26.0.0",
    "--arch=vax",
    "--release",
  ]);
  expect(status).toBe(1);
  expect(said).toContain(`a build for vax must run on vax; this is ${process.arch}`);
});

test.each([
  ["src/addon.cc : sse", "src/addon.cc names the unknown instruction set 'sse'"],
  ["src/addon.cc avx2", "cannot read the line 'src/addon.cc avx2'"],
])("a source list with the line '%s' stops the build in words", (line, words) => {
  tree = smallTree({ "src/sources.txt": line });
  const { status, said } = run("cmake", ["-S", ".", "-B", "build"]);
  expect(status).not.toBe(0);
  expect(said.replace(/\s+/g, " ")).toContain(words);
});
