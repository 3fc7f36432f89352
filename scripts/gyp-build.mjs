// The action of binding.gyp: the CMake build in a folder of its own, its product copied to where node-gyp wants it.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const product = resolve(process.argv[2]);
const out = join(root, "build", "gyp");
const cmakeJs = createRequire(import.meta.url).resolve("cmake-js/bin/cmake-js");
const { status } = spawnSync(process.execPath, [cmakeJs, "build", "--directory", root, "--out", out], {
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);
mkdirSync(product, { recursive: true });
copyFileSync(join(out, "Release", "warpweft.node"), join(product, "warpweft.node"));
