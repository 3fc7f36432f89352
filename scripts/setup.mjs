// Everything a fresh clone needs before it can run: system packages, npm ci, the native build, the TypeScript build.
// Each step is skipped when its result is there and belongs to the present sources.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { filesUnder, nativeInputs } from "./native-inputs.mjs";
import { at, hashOf, isMain, must, stamp, stampIs, stop } from "./run.mjs";
import { systemPackages } from "./system.mjs";

const WANTED_NODE = [20, 19];

export function setup({ forTests = false } = {}) {
  checkNode();
  systemPackages(forTests);
  installPackages();
  buildNative();
  buildTypeScript();
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > WANTED_NODE[0] || (major === WANTED_NODE[0] && minor >= WANTED_NODE[1])) return;
  stop(`Node ${WANTED_NODE.join(".")} or newer is needed; this is ${process.versions.node}.`);
}

function installPackages() {
  if (installedAsLocked()) return;
  console.log("Installing npm packages");
  must("Installing npm packages", "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    shell: process.platform === "win32",
  });
}

/** Compares package-lock.json with what npm noted of its last installation. Optional packages may be absent. */
function installedAsLocked() {
  const packages = (file) => JSON.parse(readFileSync(at(file), "utf8")).packages;
  if (!existsSync(at("node_modules/.package-lock.json"))) return false;
  const installed = packages("node_modules/.package-lock.json");
  return Object.entries(packages("package-lock.json")).every(([path, wanted]) => {
    if (path === "") return true;
    const found = installed[path];
    return found ? found.version === wanted.version && existsSync(at(path)) : wanted.optional === true;
  });
}

function buildNative() {
  const hash = hashOf(nativeInputs());
  if (stampIs("native", hash) && existsSync(at("build/Release/warpweft.node"))) return;
  console.log("Building the native addon");
  must("The native build", process.execPath, [at("node_modules/cmake-js/bin/cmake-js"), "build"]);
  stamp("native", hash);
}

export function buildTypeScript() {
  const hash = hashOf(["tsconfig.json", "tsconfig.build.json", ...filesUnder("lib")]);
  if (stampIs("typescript", hash) && existsSync(at("dist/index.js"))) return;
  console.log("Compiling TypeScript");
  rmSync(at("dist"), { recursive: true, force: true });
  must("Compiling TypeScript", at("node_modules/.bin/tsc"), ["-p", "tsconfig.build.json"]);
  stamp("typescript", hash);
}

/** Plain JavaScript: a loader that rewrites modules as they are imported would slow down what the examples time. */
export function buildExamples() {
  const hash = hashOf(["tsconfig.json", "tsconfig.examples.json", ...filesUnder("lib"), ...filesUnder("examples")]);
  if (stampIs("examples", hash) && existsSync(at("build/examples/attention.js"))) return;
  console.log("Compiling the examples");
  must("Compiling the examples", at("node_modules/.bin/tsc"), ["-p", "tsconfig.examples.json"]);
  stamp("examples", hash);
}

if (isMain(import.meta.url)) setup({ forTests: process.argv.includes("--for-tests") });
