#!/usr/bin/env node
// prebuildify starts this in place of node-gyp, with `rebuild --target=… --arch=… --release`. Node-API needs no headers of
// that target, so the arguments that name it are dropped and CMake builds what it always builds.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

const arch = process.argv.find((argument) => argument.startsWith("--arch="))?.slice("--arch=".length);
if (arch !== process.arch) {
  console.error(`node-gyp-shim: a build for ${arch} must run on ${arch}; this is ${process.arch}`);
  process.exit(1);
}
const cmakeJs = createRequire(import.meta.url).resolve("cmake-js/bin/cmake-js");
process.exit(spawnSync(process.execPath, [cmakeJs, "build"], { stdio: "inherit" }).status ?? 1);
