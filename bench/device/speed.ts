// How fast the virtual GPU executes, by its own program: nothing of Node or of the driver's calls is in the times.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { BENCH } from "../harness/programs.js";
import { median } from "../harness/statistics.js";

export interface Speed {
  readonly kernel: string;
  readonly dialect: string;
  /** thousand million thread instructions a second, on one core */
  readonly unchecked: number;
  readonly checked: number;
}

const PROGRAM = `${BENCH}../build/ptxvm_speed`;
const KERNELS = `${BENCH}../build/ptxvm_kernels`;
const RUNS = 5;

/** kernel → [unchecked, checked] of one run. */
function once(dialect: string): Map<string, [number, number]> {
  const found = new Map<string, [number, number]>();
  const text = execFileSync(PROGRAM, [KERNELS, dialect], { encoding: "utf8" });
  for (const [, kernel, how, rate] of text.matchAll(/^(\w+) +checker (off|on) .* ([\d.]+) G\/s$/gm)) {
    const pair = found.get(kernel as string) ?? [0, 0];
    pair[how === "off" ? 0 : 1] = Number(rate);
    found.set(kernel as string, pair);
  }
  return found;
}

/** Medians of a few runs; nothing where the program is not built. */
export function speeds(): Speed[] {
  if (!existsSync(PROGRAM)) return [];
  return ["80", "100"].flatMap((dialect) => {
    const runs = Array.from({ length: RUNS }, () => once(dialect));
    return [...(runs[0]?.keys() ?? [])].map((kernel) => {
      const [unchecked, checked] = [0, 1].map((at) => median(runs.map((run) => run.get(kernel)?.[at] ?? 0))) as [
        number,
        number,
      ];
      return { kernel, dialect: `compute_${dialect}`, unchecked, checked };
    });
  });
}

export const processor = (): string => cpus()[0]?.model ?? "unknown";
