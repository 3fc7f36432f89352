import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { runLine } from "./child.js";

/** What the virtual GPU counted in one launch. */
export interface Launch {
  readonly kernel: string;
  readonly grid: readonly number[];
  readonly tensor_operations: number;
  readonly float_operations: number;
  readonly global_read_sectors: number;
  readonly global_written_sectors: number;
  readonly global_written_bytes: number;
  readonly shared_wavefronts: number;
  readonly shared_conflicts: number;
  readonly local_bytes: number;
}

/** Runs a line of code on the virtual GPU, in a process of its own; what it printed and its launches in order. */
export function metered(
  line: string,
  env: Readonly<Record<string, string>> = {},
): { out: string; err: string; launches: Launch[] } {
  const folder = mkdtempSync(join(tmpdir(), "warpweft-meter-"));
  try {
    const report = join(folder, "report.json");
    const printed = runLine(line, { ...env, PTXVM_REPORT: report });
    return { ...printed, launches: JSON.parse(readFileSync(report, "utf8")) as Launch[] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The launches of a line that prints "done" and nothing else. */
export function launchesOf(line: string): Launch[] {
  const { launches, ...printed } = metered(line);
  expect(printed).toEqual({ out: "done", err: "" });
  return launches;
}

/** The one launch of a kernel. */
export function only(all: readonly Launch[], name: string): Launch {
  const found = all.filter(({ kernel }) => kernel === name);
  expect(found.length, `launches of ${name} among ${all.map(({ kernel }) => kernel)}`).toBe(1);
  return found[0] as Launch;
}

/** The part of the arithmetic that tensor cores do. */
export const tensorShare = ({ tensor_operations, float_operations }: Launch): number =>
  tensor_operations / (tensor_operations + float_operations);
