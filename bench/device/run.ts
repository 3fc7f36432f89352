// `npm run bench -- --device cuda`: on the virtual GPU, what every problem's kernels do, counted; on a real one, times.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "../contenders/import.js";
import type { Options } from "../harness/options.js";
import { BENCH } from "../harness/programs.js";
import { median } from "../harness/statistics.js";
import { loadApi } from "./api.js";
import { bars } from "./bars.js";
import { type DecodeShape, decodeProblems } from "./decode.js";
import { byKernel, inAll, readReport } from "./meter.js";
import { type Api, type DeviceProblem, deviceProblems, type DType, make, type Shape } from "./problems.js";
import { processor, speeds } from "./speed.js";
import { countedLines, type CountedProblem, countedPage, timedLine } from "./report.js";

const DTYPES: readonly DType[] = ["float32", "float16", "bfloat16"];
/** Ragged on purpose: tiles are 128 and 64 wide. */
const SMALL: Shape = { n: 384, m: 512, d: 256 };
const LARGE: Shape = { n: 4096, m: 4096, d: 768 };
const SMALL_DECODE: DecodeShape = { batch: 4, length: 1024 };
const LARGE_DECODE: DecodeShape = { batch: 32, length: 8192 };
const SAMPLES = 20;

interface Info {
  readonly device: string;
  readonly name: string;
  readonly available: boolean;
  readonly reason?: string;
}

/** The process that measures is one of many: each problem has a report of its own. */
function count(problem: DeviceProblem, folder: string): CountedProblem {
  const report = join(folder, `${problem.id}.json`);
  const request = JSON.stringify({ id: problem.id, shape: SMALL, decoded: SMALL_DECODE, dtype: problem.dtype });
  const trial = fileURLToPath(new URL("trial.ts", import.meta.url));
  execFileSync(process.execPath, ["--import", "tsx", trial, request], {
    env: { ...process.env, PTXVM_REPORT: report },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const launches = readReport(report).filter(({ kernel }) => kernel !== problem.before);
  return { problem, kernels: byKernel(launches), all: inAll(launches) };
}

async function time(api: Api, problem: DeviceProblem): Promise<number> {
  const made = make(api, problem, "cuda");
  const samples: number[] = [];
  for (let i = -3; i < SAMPLES; i++) {
    const start = performance.now();
    await problem.run(api, made);
    if (i >= 0) samples.push(performance.now() - start);
  }
  for (const operand of [made.x, made.y]) operand.dispose();
  return median(samples);
}

function countAll(options: Options, chosen: readonly DeviceProblem[], commit: string): void {
  const folder = mkdtempSync(join(tmpdir(), "warpweft-meter-"));
  try {
    const counted = chosen.map((problem) => {
      const one = count(problem, folder);
      console.log(countedLines(one).join("\n"));
      return one;
    });
    if (!options.write && options.only.length > 0) return;
    const judged = bars(counted, speeds());
    for (const { name, wanted, reached, held } of judged)
      console.log(`${held ? "  " : "! "}${name}: ${reached} (${wanted})`);
    const run = { commit, processor: processor(), bars: judged };
    writeFileSync(`${BENCH}../docs/benchmarks-gpu.md`, countedPage(counted, run));
    console.log("written: docs/benchmarks-gpu.md");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function measureDevice(options: Options, commit: string): Promise<void> {
  const { devices } = await load<{ devices(): Info[] }>("warpweft");
  const gpu = devices().find(({ device, available }) => device.startsWith("cuda") && available);
  if (!gpu) throw new Error(`no GPU: ${devices().find(({ device }) => device.startsWith("cuda"))?.reason}`);
  const virtual = /virtual/i.test(gpu.name);
  console.log(`${gpu.device}: ${gpu.name}`);
  const matching = ({ id }: DeviceProblem) =>
    options.only.length === 0 || options.only.some((part) => id.toLowerCase().includes(part));
  const [shape, decoded] = virtual ? [SMALL, SMALL_DECODE] : [LARGE, LARGE_DECODE];
  const chosen = [...deviceProblems(shape, DTYPES), ...decodeProblems(decoded, DTYPES)].filter(matching);
  if (virtual) return countAll(options, chosen, commit);
  const api = await loadApi();
  for (const problem of chosen) console.log(timedLine(problem, await time(api, problem), gpu.name, commit));
}
