import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a TypeScript file as a user's program would: "warpweft" is the built package, not the sources beside it. */
export function run(file: string, args: readonly string[] = []) {
  if (!existsSync(new URL("../../dist/index.js", import.meta.url)))
    throw new Error("dist/ is missing: `npm run build` makes it");
  const env = { ...process.env, TSX_TSCONFIG_PATH: `${ROOT}tsconfig.build.json` };
  const options = { cwd: ROOT, env, encoding: "utf8", timeout: 120_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", file, ...args], options);
  return { status, stdout, stderr };
}
