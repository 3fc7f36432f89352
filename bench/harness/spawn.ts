import { spawn } from "node:child_process";
import { BENCH } from "./programs.js";
import type { TrialRequest, TrialResult } from "./trial.js";

/** The environment without what would choose another kernel or thread count behind the benchmark's back. */
export function cleanEnvironment(extra: Record<string, string>): NodeJS.ProcessEnv {
  const hidden = /^(OPENBLAS|GOTO|OMP|MKL|KMP|DNNL|ONEDNN|BLIS|WARPWEFT)_/;
  const inherited = Object.entries(process.env).filter(([name]) => !hidden.test(name));
  return { ...Object.fromEntries(inherited), ...extra };
}

/** Runs one trial in a fresh process. */
export function runTrial(request: TrialRequest): Promise<TrialResult> {
  const threads = String(request.threads);
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ["--expose-gc", "--import", "tsx", `${BENCH}harness/trial.ts`, JSON.stringify(request)],
      {
        cwd: BENCH,
        stdio: ["ignore", "ignore", "pipe", "pipe"],
        // Without the root's path mapping "warpweft" is the built package, as its users have it.
        env: cleanEnvironment({
          TSX_TSCONFIG_PATH: `${BENCH}tsconfig.json`,
          OMP_NUM_THREADS: threads,
          WARPWEFT_THREADS: threads,
        }),
      },
    );
    let answer = "";
    let complaint = "";
    child.stdio[3]!.on("data", (part: Buffer) => {
      answer += part;
    });
    child.stderr!.on("data", (part: Buffer) => {
      complaint = `${complaint}${part}`.slice(-2000);
    });
    child.on("close", (code, signal) => {
      if (answer) resolve(JSON.parse(answer) as TrialResult);
      else
        resolve({
          status: "failed",
          reason: `ended with ${signal ?? code}: ${complaint.trim().split("\n").at(-1) ?? ""}`,
        });
    });
  });
}
