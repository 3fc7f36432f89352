// The walls of the machine, measured in the same run as everything that is compared with them.
import { spawnSync } from "node:child_process";
import { isBuilt, program } from "./programs.js";
import { cleanEnvironment } from "./spawn.js";
import { type Sample, type Summary, summarize } from "./statistics.js";

/** Debian's OpenBLAS takes new chips for old ones: the fastest of these counts. */
const CORE_TYPES = [null, "SkylakeX", "Cooperlake"] as const;
export const CEILING_SHAPE = [4096, 4096, 4096] as const;
export const VOID_BELOW = 0.75; // of the FMA peak

export interface Peaks {
  readonly cores: number;
  readonly isa: string;
  readonly peaks: readonly {
    readonly threads: number;
    readonly float32PerCore: number;
    readonly bfloat16PerCore: number;
    readonly readGBs: number;
    readonly differencesPerCore: number;
    readonly scalarDifferencesPerCore: number;
  }[];
}

export interface Gemm {
  readonly library: string;
  readonly core: string;
  readonly samples: readonly Sample[];
}

export interface Effort {
  readonly seconds: number;
  readonly samples: number;
}

export function measurePeaks(): Peaks {
  const { stdout, status } = spawnSync(program("machine"), ["peaks", "500"], { encoding: "utf8" });
  if (status !== 0) throw new Error("bench/build/machine does not run: npm run bench:setup builds it");
  return JSON.parse(stdout) as Peaks;
}

/** GB/s of memory reads just now. */
function measureReads(threads: number): number {
  const { stdout, status } = spawnSync(program("machine"), ["reads", String(threads)], { encoding: "utf8" });
  return status === 0 ? Number(stdout) : 0;
}

function gemm(
  name: "openblas" | "onednn",
  shape: readonly number[],
  threads: number,
  effort: Effort,
  extra: Record<string, string>,
): Gemm | null {
  if (!isBuilt(name)) return null;
  const args = [...shape, threads, effort.seconds, effort.samples].map(String);
  const threadCount = { OPENBLAS_NUM_THREADS: String(threads), OMP_NUM_THREADS: String(threads) };
  const { stdout, status } = spawnSync(program(name), args, {
    encoding: "utf8",
    env: cleanEnvironment({ ...threadCount, ...extra }),
  });
  return status === 0 ? (JSON.parse(stdout) as Gemm) : null; // a kernel that this chip cannot run ends with a signal
}

export const sgemm = (
  shape: readonly number[],
  threads: number,
  effort: Effort,
  coreType: string | null,
): Gemm | null => gemm("openblas", shape, threads, effort, coreType ? { OPENBLAS_CORETYPE: coreType } : {});

export const bfloat16Gemm = (shape: readonly number[], threads: number, effort: Effort): Gemm | null =>
  gemm("onednn", shape, threads, effort, {});

/** What each core type reaches; samples of later rounds are added to the fastest. */
export class Ceiling {
  readonly threads: number;
  readonly #runs = new Map<string | null, { core: string; samples: Sample[] }>();
  readonly #bfloat16: Sample[] = [];
  bfloat16Library: string | null = null;
  /** the best of all rounds: what else runs only takes from it */
  readGBs = 0;

  constructor(threads: number) {
    this.threads = threads;
  }

  measure(effort: Effort, peak: number): void {
    const candidates = this.#runs.size === 0 ? CORE_TYPES : [this.best(peak)?.coreType ?? null];
    for (const coreType of candidates) {
      const run = sgemm(CEILING_SHAPE, this.threads, effort, coreType);
      if (!run) continue;
      const earlier = this.#runs.get(coreType)?.samples ?? [];
      const { library, core, samples } = run;
      this.#runs.set(coreType, { core: `${library} as ${core}`, samples: [...earlier, ...samples] });
    }
    this.readGBs = Math.max(this.readGBs, measureReads(this.threads));
    const product = bfloat16Gemm(CEILING_SHAPE, this.threads, effort);
    if (!product) return;
    const { library, core, samples } = product;
    this.#bfloat16.push(...samples);
    this.bfloat16Library = `${library}, ${core}`;
  }

  spins(): number[] {
    return [...this.#runs.values()].flatMap(({ samples }) => samples.map(({ spin }) => spin));
  }

  byCoreType(peak: number): { coreType: string | null; core: string; gflops: number; summary: Summary }[] {
    return [...this.#runs].map(([coreType, { core, samples }]) => {
      const summary = summarize(samples, peak);
      return { coreType, core, gflops: gigaflops(productFlops(CEILING_SHAPE), summary.median), summary };
    });
  }

  best(peak: number) {
    return this.byCoreType(peak).sort((a, b) => b.gflops - a.gflops)[0] ?? null;
  }

  bfloat16(peak: number): number | null {
    return this.#bfloat16.length > 0
      ? gigaflops(productFlops(CEILING_SHAPE), summarize(this.#bfloat16, peak).median)
      : null;
  }
}

/** GFLOP/s of `flops` done in `ms`. */
export const gigaflops = (flops: number, ms: number): number => flops / ms / 1e6;

export const productFlops = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 2);
