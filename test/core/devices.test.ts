import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { devices, setThreads, threads } from "../../lib/index.js";
import { native } from "../../lib/native.js";

describe("devices", () => {
  test("the processor is there, and what it computes with", () => {
    const [cpu] = devices();
    expect(cpu).toMatchObject({ device: "cpu", available: true, instructionSet: native().instructionSet() });
    expect(native().instructionSets()).toContain(cpu.instructionSet);
    expect(cpu.name).not.toBe("");
    expect(cpu.memory).toBeGreaterThan(2 ** 28);
  });

  test("the GPU is not, and says why", () => {
    expect(devices()[1]).toEqual({
      device: "cuda",
      name: "CUDA",
      available: false,
      code: "BUILT_WITHOUT_KERNELS",
      reason: "this release of warpweft has no GPU kernels",
    });
  });
});

/** Runs a line of code against lib/ in a process of its own. */
function run(line: string, env: Record<string, string>): { out: string; err: string } {
  const index = fileURLToPath(new URL("../../lib/index.ts", import.meta.url));
  const code = `import(${JSON.stringify(index)}).then((w) => { ${line} })`;
  const { WARPWEFT_THREADS: _, ...rest } = process.env;
  const result = spawnSync(process.execPath, ["--import", "tsx", "-e", code], {
    env: { ...rest, ...env },
    encoding: "utf8",
  });
  return { out: result.stdout.trim(), err: result.stderr };
}

describe("threads", () => {
  test("what setThreads says", () => {
    const before = threads();
    setThreads(3);
    expect(threads()).toBe(3);
    setThreads(before);
    expect(threads()).toBe(before);
  });

  test("else WARPWEFT_THREADS, else the machine's; nothing is printed to stderr", () => {
    expect(run("console.log(w.threads())", { WARPWEFT_THREADS: "5" })).toEqual({ out: "5", err: "" });
    expect(run("console.log(w.threads())", {})).toEqual({ out: String(native().cores()), err: "" });
    expect(run("console.log(w.threads())", { WARPWEFT_THREADS: "" }).out).toBe(String(native().cores()));
  });

  test.each(["0", "many", "1.5", "2000"])("WARPWEFT_THREADS=%s is refused in words", (value) => {
    const line = "try { w.threads() } catch (e) { console.log(e.code, e.message) }";
    const words = `ERR_ARGUMENT threads: WARPWEFT_THREADS must be an integer from 1 to 1024, got "${value}"`;
    expect(run(line, { WARPWEFT_THREADS: value }).out).toBe(words);
  });
});
