// The package as it would be published, made once from a copy of the sources: prebuild (which is a clean native build, and
// is timed), TypeScript, npm pack. The files of this folder and the build's own test share the result.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesOf, root } from "../layout/read.js";

const FOLDER = join(root, "build", "package");
const PARTS = [
  "CHANGELOG.md",
  "CMakeLists.txt",
  "LICENSE",
  "README.md",
  "binding.gyp",
  "lib",
  "package.json",
  "scripts",
  "src",
];
PARTS.push("tsconfig.build.json", "tsconfig.json");

export interface Prebuilt {
  /** the copy, with build/ and prebuilds/ */
  readonly folder: string;
  readonly tarball: string;
  readonly addon: string;
  /** how long the clean native build took, npm's start included */
  readonly seconds: number;
  /** how the network was kept away */
  readonly isolation: "no network" | "dead registry and proxy";
}

export function prebuilt(): Prebuilt {
  const note = join(FOLDER, "made.json");
  const hash = sourcesHash();
  if (existsSync(note)) {
    const made = JSON.parse(readFileSync(note, "utf8")) as { hash: string; result: Prebuilt };
    if (made.hash === hash) return made.result;
  }
  const result = make();
  writeFileSync(note, JSON.stringify({ hash, result }));
  return result;
}

function make(): Prebuilt {
  const folder = join(FOLDER, "copy");
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const part of PARTS)
    if (existsSync(join(root, part))) cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));

  const without = [
    ["unshare", "-rn"],
    ["unshare", "-n"],
  ].find(([command, ...args]) => spawnSync(command!, [...args, "true"]).status === 0);
  const start = performance.now();
  must(folder, [...(without ?? []), "npm", "run", "prebuild"]);
  const seconds = (performance.now() - start) / 1000;
  must(folder, [join(root, "node_modules/.bin/tsc"), "-p", "tsconfig.build.json"]);
  must(folder, ["npm", "pack", "--pack-destination", FOLDER]);
  return {
    folder,
    tarball: join(FOLDER, only(FOLDER, /\.tgz$/)),
    addon: join(folder, "prebuilds", `${process.platform}-${process.arch}`, only(prebuilds(folder), /\.node$/)),
    seconds,
    isolation: without ? "no network" : "dead registry and proxy",
  };
}

const prebuilds = (folder: string) => join(folder, "prebuilds", `${process.platform}-${process.arch}`);

function only(folder: string, pattern: RegExp): string {
  const found = readdirSync(folder).filter((name) => pattern.test(name));
  if (found.length !== 1)
    throw new Error(`wanted one file like ${pattern} in ${folder}, found ${found.join(", ") || "none"}`);
  return found[0]!;
}

/** An environment without npm's configuration of this machine, and with nowhere to download from. */
function emptyEnvironment(): NodeJS.ProcessEnv {
  const home = join(FOLDER, "home");
  mkdirSync(home, { recursive: true });
  for (const name of ["user", "global"]) writeFileSync(join(home, name), "");
  const nowhere = "http://127.0.0.1:9";
  return {
    PATH: process.env.PATH,
    HOME: home,
    npm_config_userconfig: join(home, "user"),
    npm_config_globalconfig: join(home, "global"),
    npm_config_registry: nowhere,
    http_proxy: nowhere,
    https_proxy: nowhere,
  };
}

function must(cwd: string, [command, ...args]: string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command!, args, {
    cwd,
    env: emptyEnvironment(),
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (status !== 0)
    throw new Error(`${[command, ...args].join(" ")} ended with ${status ?? error?.message}:\n${stdout}\n${stderr}`);
}

function sourcesHash(): string {
  const hash = createHash("sha256");
  const loose = PARTS.filter((part) => part.includes(".") && existsSync(join(root, part)));
  for (const path of loose) hash.update(path).update(readFileSync(join(root, path)));
  for (const { path, text } of ["lib", "scripts", "src"].flatMap(filesOf)) hash.update(path).update(text);
  return hash.digest("hex");
}
