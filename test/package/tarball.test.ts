// What is in the tarball, and whether tools that judge packages agree with it.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { root } from "../layout/read.js";
import { type Prebuilt, prebuilt } from "./prebuilt.js";

const MINUTES = 60_000;
const LARGEST = 5 << 20; // bytes
const ENTRIES = [".", "./attention", "./distance", "./loss", "./evaluate", "./optim", "./testing", "./package.json"];

let made: Prebuilt;
let files: string[];
beforeAll(() => {
  made = prebuilt();
  files = run("tar", ["-tzf", made.tarball])
    .stdout.trim()
    .split("\n")
    .map((name) => name.replace(/^package\//, ""));
}, 9 * MINUTES);

const tool = (name: string) => join(root, "node_modules", ".bin", name);
const run = (command: string, args: string[]) => spawnSync(command, args, { encoding: "utf8", cwd: made.folder });

test("the prebuild ran with an empty npm config and no network", () => {
  console.log(`prebuild without downloads: ${made.isolation}`);
  expect(readdirSync(join(made.folder, "prebuilds"))).toEqual([`${process.platform}-${process.arch}`]);
  expect(made.addon).toMatch(process.platform === "linux" ? /warpweft\.(glibc|musl)\.node$/ : /warpweft\.node$/);
  expect(existsSync(join(made.folder, "build/Release/warpweft.node"))).toBe(false); // moved, so that prebuilds alone are tested
});

test("the tarball holds what is needed and nothing else", () => {
  const wanted =
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/.+\.(js|d\.ts)|prebuilds\/[a-z]+-\w+\/warpweft\.\w+\.node)$/;
  expect(files.filter((name) => !wanted.test(name))).toEqual([]);
  for (const name of ["README.md", "LICENSE", "CHANGELOG.md", "dist/index.js", "dist/index.d.ts"])
    expect(files).toContain(name);
  expect(files).toContain(made.addon.slice(made.folder.length + 1));
  expect(statSync(made.tarball).size).toBeLessThan(LARGEST);
});

test("nothing runs or builds at installation", () => {
  const manifest = JSON.parse(run("tar", ["-xzOf", made.tarball, "package/package.json"]).stdout);
  const hooks = ["preinstall", "install", "postinstall", "prepare", "prepublish"];
  expect(hooks.filter((name) => name in manifest.scripts)).toEqual([]);
  expect(manifest.gypfile).toBe(false);
  expect(files).not.toContain("binding.gyp");
  expect(Object.keys(manifest.dependencies)).toEqual(["ml-kmeans", "ml-matrix", "node-gyp-build"]);
  expect(manifest.optionalDependencies ?? {}).toEqual({});
});

test("every entry of exports is there, with its types", () => {
  const { exports } = JSON.parse(readFileSync(join(made.folder, "package.json"), "utf8")) as {
    exports: Record<string, string | Record<string, string>>;
  };
  const targets = Object.values(exports).flatMap((target) =>
    typeof target === "string" ? [target] : Object.values(target),
  );
  expect(Object.keys(exports)).toEqual([
    ".",
    "./attention",
    "./distance",
    "./loss",
    "./evaluate",
    "./optim",
    "./testing",
    "./package.json",
  ]);
  expect(targets.filter((target) => !files.includes(target.replace("./", "")))).toEqual([]);
});

test("publint finds nothing", () => {
  const { status, stdout, stderr } = run(tool("publint"), ["run", made.tarball, "--strict"]);
  expect(`${stdout}${stderr}`).toMatch(/All good/i);
  expect(status).toBe(0);
});

test("types resolve for every consumer of ES modules", () => {
  const { status, stdout, stderr } = run(tool("attw"), [
    made.tarball,
    "--profile",
    "esm-only",
    "--format",
    "ascii",
    "--no-emoji",
  ]);
  expect(status, `${stdout}${stderr}`).toBe(0);
  const resolved = [...stdout.matchAll(/^(node16 \(from ESM\)|bundler): (\S+)/gm)].map(([, , word]) => word);
  expect(resolved).toEqual(new Array(2 * ENTRIES.length).fill("OK"));
});

test("npm run build does not start the script named prebuild", () => {
  expect(readFileSync(join(root, ".npmrc"), "utf8")).toMatch(/^ignore-scripts=true$/m);
});
