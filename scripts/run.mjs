// Small helpers of the scripts in this folder. No dependencies: setup runs before npm ci.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** The path of a file of the repository. */
export const at = (...parts) => join(root, ...parts);

/** True when this module is the program that was started. */
export const isMain = (url) => process.argv[1] === fileURLToPath(url);

/** Ends the program with a sentence instead of a stack trace. */
export function stop(sentence) {
  console.error(`\n${sentence}`);
  process.exit(1);
}

/** Runs a program in the repository, its output shown; returns its exit status (1 when it could not start or was stopped). */
export function run(command, args, options = {}) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  return status ?? 1;
}

/** As run, for what must succeed. */
export function must(what, command, args, options) {
  const status = run(command, args, options);
  if (status !== 0) stop(`${what} failed: \`${[command, ...args].join(" ")}\` ended with ${status}.`);
}

/** Runs a program of node_modules/.bin. */
export const runTool = (name, args, options) => run(at("node_modules", ".bin", name), args, options);

export function onPath(program) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files)
    hash
      .update(file)
      .update("\0")
      .update(readFileSync(at(file)))
      .update("\0");
  return hash.digest("hex");
}

// Stamps lie in node_modules, so that removing it forgets them.
const stampFile = (name) => at("node_modules", ".cache", "warpweft", name);

export function stampIs(name, hash) {
  try {
    return readFileSync(stampFile(name), "utf8") === hash;
  } catch {
    return false;
  }
}

export function stamp(name, hash) {
  mkdirSync(dirname(stampFile(name)), { recursive: true });
  writeFileSync(stampFile(name), hash);
}
