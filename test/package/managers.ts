// Package managers for the installation tests, each at one version, from the registry into a folder of their own.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "../layout/read.js";

const FOLDER = join(root, "build", "managers");
const PACKAGES = ["pnpm@10.20.0", "yarn@1.22.22", "@yarnpkg/cli-dist@4.18.1", "bun@1.4.5"];

export interface Manager {
  readonly name: string;
  /** its file below node_modules, a script for Node unless it says `native`; npm comes with Node */
  readonly file?: string;
  readonly native?: boolean;
  readonly add: (tarball: string) => string[];
  /** files that the empty folder needs first */
  readonly files?: Readonly<Record<string, string>>;
}

const BUN = `@oven/bun-${process.platform}-${process.arch === "arm64" ? "aarch64" : process.arch}/bin/bun`;

export const MANAGERS: Manager[] = [
  { name: "npm", add: (tarball) => ["install", "--prefer-offline", tarball] },
  { name: "pnpm", file: "pnpm/bin/pnpm.cjs", add: (tarball) => ["add", `file:${tarball}`] },
  { name: "Yarn 1", file: "yarn/bin/yarn.js", add: (tarball) => ["add", "--non-interactive", `file:${tarball}`] },
  {
    name: "Yarn 4",
    file: "@yarnpkg/cli-dist/bin/yarn.js",
    add: (tarball) => ["add", `warpweft@file:${tarball}`],
    files: {
      ".yarnrc.yml": "nodeLinker: node-modules\nenableTelemetry: false\nenableGlobalCache: false\n",
      "yarn.lock": "",
    },
  },
  { name: "Bun", file: BUN, native: true, add: (tarball) => ["add", tarball] },
];

/** Fetches the managers once; returns a reason in words when the registry did not give them. */
export function fetchManagers(): string | undefined {
  const wanted = JSON.stringify(PACKAGES);
  if (
    existsSync(join(FOLDER, "package.json")) &&
    MANAGERS.every(({ file }) => !file || existsSync(join(FOLDER, "node_modules", file)))
  )
    return;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "package.json"), `{ "private": true, "description": ${JSON.stringify(wanted)} }`);
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", ...PACKAGES];
  const { status, stderr } = spawnSync("npm", args, { cwd: FOLDER, encoding: "utf8" });
  return status === 0 ? undefined : `npm could not fetch ${PACKAGES.join(", ")}: ${stderr.trim().split("\n").at(-1)}`;
}

/** A PATH with Node and a shell and no compiler, no make, no CMake, no Python. */
export function barePath(folder: string): string {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  symlinkSync(process.execPath, join(bin, "node"));
  for (const name of ["sh", "env", "uname"]) symlinkSync(found(name), join(bin, name));
  return bin;
}

export function found(name: string): string {
  const path = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name));
  const file = path.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!file) throw new Error(`${name} is not on the PATH`);
  return file;
}

export function managerCommand({ file, native }: Manager): string[] {
  if (!file) return [process.execPath, found("npm")];
  const path = join(FOLDER, "node_modules", file);
  return native ? [path] : [process.execPath, path];
}
