import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Runs a line of code against lib/, which it knows as `w`, in a process of its own. */
export function runLine(line: string, env: Readonly<Record<string, string>>): { out: string; err: string } {
  const index = fileURLToPath(new URL("../../lib/index.ts", import.meta.url));
  const code = `import(${JSON.stringify(index)}).then((w) => { ${line} })`;
  const { WARPWEFT_THREADS: _, ...rest } = process.env;
  const result = spawnSync(process.execPath, ["--import", "tsx", "-e", code], {
    env: { ...rest, ...env },
    encoding: "utf8",
  });
  return { out: result.stdout.trim(), err: result.stderr };
}
