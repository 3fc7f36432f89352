/** What ptxas says of each kernel in a PTX file, for one chip. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { promisify } from "node:util";

const execute = promisify(execFile);

export interface Usage {
  readonly kernel: string;
  readonly registers: number;
  /** Of the block, beside what a launch asks for. */
  readonly staticShared: number;
  readonly spilled: number;
}

export function tool(name: string): string {
  const home = process.env.CUDA_HOME ?? "/usr/local/cuda";
  const installed = `${home}/bin/${name}`;
  return existsSync(installed) ? installed : name;
}

export async function version(): Promise<string> {
  const { stdout } = await execute(tool("ptxas"), ["--version"]);
  const found = /V(\d+\.\d+\.\d+)/.exec(stdout);
  if (!found) throw new Error(`ptxas does not say its version: ${stdout}`);
  return found[1] as string;
}

/** One record a kernel, in the file's order: by what the build was told, or by ptxas itself where the PTX is newer than that. */
export async function usageOf(ptx: string, chip: string): Promise<Usage[]> {
  const said = told(ptx, chip) ?? (await assembled(ptx, chip));
  return said
    .split(/(?=ptxas info\s*: Compiling entry function )/)
    .slice(1)
    .map(parse)
    .reverse();
}

/** The log beside the PTX, if it is not older. */
function told(ptx: string, chip: string): string | undefined {
  const log = ptx.replace(/\.ptx$/, `.sm_${chip}.log`);
  const current = existsSync(log) && statSync(log).mtimeMs >= statSync(ptx).mtimeMs;
  return current ? readFileSync(log, "utf8") : undefined;
}

async function assembled(ptx: string, chip: string): Promise<string> {
  const command = ["-v", `-arch=sm_${chip}`, ptx, "-o", "/dev/null"];
  return (await execute(tool("ptxas"), command, { maxBuffer: 1 << 26 })).stderr;
}

function parse(text: string): Usage {
  const kernel = /Compiling entry function '([^']+)'/.exec(text)?.[1];
  const registers = /Used (\d+) registers/.exec(text)?.[1];
  const spills = [...text.matchAll(/(\d+) bytes spill (?:stores|loads)/g)];
  if (kernel === undefined || registers === undefined || spills.length === 0) {
    throw new Error(`this is not what ptxas -v says of a kernel:\n${text}`);
  }
  return {
    kernel,
    registers: Number(registers),
    staticShared: Number(/(\d+) bytes smem/.exec(text)?.[1] ?? 0),
    spilled: spills.reduce((sum, [, bytes]) => sum + Number(bytes), 0),
  };
}
