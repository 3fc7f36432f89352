// Finding the addon, with package roots made for the purpose.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadAddon } from "../../lib/native-load.js";
import { root as repository } from "../layout/read.js";

const tuple = `${process.platform}-${process.arch}`;
const built = join(repository, "build/Release/warpweft.node");
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "warpweft-root-"));
  writeFileSync(join(root, "package.json"), '{ "name": "warpweft" }');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function put(path: string, content: Uint8Array | string = ""): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function message(): string {
  try {
    loadAddon(root);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).cause).toBeInstanceOf(Error);
    return (error as Error).message;
  }
  throw new Error("the addon was loaded");
}

test("what was built in a checkout is loaded", () => {
  mkdirSync(join(root, "build/Release"), { recursive: true });
  copyFileSync(built, join(root, "build/Release/warpweft.node"));
  expect(loadAddon(root)).toHaveProperty("instructionSets");
});

test("an instruction set that is not there is refused by its variable's name", () => {
  put("build/Release/warpweft.node");
  copyFileSync(built, join(root, "build/Release/warpweft.node"));
  vi.stubEnv("WARPWEFT_ISA", "sse9");
  const known = "scalar(, \\w+)*";
  expect(message()).toMatch(
    new RegExp(`^warpweft: WARPWEFT_ISA: instruction set must be one that this machine runs \\(${known}\\), got sse9$`),
  );
});

test("a prebuilt file for this machine is loaded", () => {
  const file = put(`prebuilds/${tuple}/warpweft.node`);
  copyFileSync(built, file);
  expect(loadAddon(root)).toHaveProperty("instructionSets");
});

test("with no file at all, the message names the machine, the places and the ways out", () => {
  const said = message();
  const libc = process.platform === "linux" ? "(, glibc \\d+\\.\\d+|, musl libc)" : "";
  expect(said).toMatch(
    new RegExp(`^warpweft: the native addon could not be loaded on ${tuple}${libc}, Node ${process.versions.node}\\.`),
  );
  expect(said).toContain(join(root, "build", "Release"));
  expect(said).toContain(join(root, "prebuilds", tuple));
  expect(said).toContain("Prebuilt files there: none.");
  expect(said).toMatch(/bundler.*external/);
  expect(said).toMatch(/npm install warpweft/);
  expect(said).toMatch(/build it yourself/);
});

test("in a checkout that was never built, the message says how to build it", () => {
  put("CMakeLists.txt");
  expect(message()).toMatch(/What to do:\n {2}- this is a checkout: run npm run build$/);
});

test("files for other machines are listed", () => {
  put("prebuilds/plan9-vax/warpweft.node");
  const said = message();
  expect(said).toContain("Prebuilt files there: plan9-vax/warpweft.node.");
  expect(said).toContain("brings no file for this machine");
});

test("a file that does not load is named, with the system's own words", () => {
  const file = put("build/Release/warpweft.node", "not a library");
  const said = message();
  expect(said).toContain(`The file was found but does not load: ${file}`);
  expect(said).toMatch(/file too short|invalid ELF header|not a mach-o|not a valid Win32/i);
  expect(said).toContain("reinstall the package");
});

test.runIf(process.platform === "linux" && process.report)("a C library that is too old is named", () => {
  const binary = readFileSync(built).toString("latin1");
  expect(binary).toContain("GLIBC_2.");
  put("build/Release/warpweft.node", Buffer.from(binary.replaceAll("GLIBC_2.", "GLIBC_9."), "latin1"));
  expect(message()).toMatch(/C library is older than the file wants \(GLIBC_9\.[\d.]+\): use a newer system image/);
});

test("WARPWEFT_PREBUILD names another folder", () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "warpweft-elsewhere-"));
  vi.stubEnv("WARPWEFT_PREBUILD", elsewhere);
  expect(message()).toContain(join(elsewhere, "prebuilds", tuple));
  rmSync(elsewhere, { recursive: true });
});
