// From samples to the rows of the report.
import type { Problem } from "../problems/types.js";
import type { CeilingResult, Row } from "../report/results.js";
import type { Cell } from "./cells.js";
import { type Ceiling, gigaflops, type Peaks, productFlops, VOID_BELOW } from "./ceiling.js";
import { median, type Sample, summarize } from "./statistics.js";
import type { TrialResult } from "./trial.js";

type Timed = Extract<TrialResult, { samples: unknown }>;

const isTimed = (result: TrialResult): result is Timed => "samples" in result;
export const samplesOf = (cell: Cell): Sample[] => cell.results.filter(isTimed).flatMap(({ samples }) => samples);

export function describe(result: TrialResult, peak: number): string {
  if (result.status === "wrong") return `wrong by ${result.error.toPrecision(2)}, not timed`;
  if (result.status === "failed") return `failed: ${result.reason}`;
  if (!isTimed(result)) return result.status;
  const { median: ms, kept, taken } = summarize(result.samples, peak);
  return `${ms.toPrecision(4)} ms (${kept} of ${taken} samples quiet)`;
}

/** None where OpenBLAS could not be measured. */
export function ceilingResult(ceiling: Ceiling, { peaks }: Peaks, peak: number): CeilingResult[] {
  const best = ceiling.best(peak);
  if (!best) return [];
  const wall = peaks.find(({ threads }) => threads === ceiling.threads) ?? peaks.at(-1)!;
  const fmaPeak = Math.max(wall.float32PerCore, peak) * ceiling.threads;
  const ofPeak = best.gflops / fmaPeak;
  return [
    {
      threads: ceiling.threads,
      gflops: best.gflops,
      core: best.core,
      fmaPeak,
      ofPeak,
      valid: ofPeak >= VOID_BELOW,
      bfloat16: ceiling.bfloat16(peak),
      bfloat16Library: ceiling.bfloat16Library,
      bfloat16Peak: wall.bfloat16PerCore * ceiling.threads,
      readGBs: Math.max(wall.readGBs, ceiling.readGBs),
      differences: wall.differencesPerCore * ceiling.threads,
      scalarDifferences: wall.scalarDifferencesPerCore * ceiling.threads,
      candidates: ceiling
        .byCoreType(peak)
        .map(({ coreType, gflops, summary: { kept, taken } }) => ({ coreType, gflops, kept, taken })),
    },
  ];
}

/** What `problem` is a share of, as the time that its work takes at that wall. */
function wallMs(
  { dtype, flops, shape: [n, m, depth], wall = "product", reads }: Problem,
  c: CeilingResult,
): number | null {
  if (wall === "reads") return reads! / c.readGBs / 1e6;
  if (wall === "differences") return c.differences ? (n * m * depth) / c.differences / 1e6 : null;
  const rate = dtype === "bfloat16" ? c.bfloat16 : c.gflops;
  return rate ? flops / rate / 1e6 : null;
}

export function toRow(cell: Cell, ceilings: readonly CeilingResult[], peak: number): Row[] {
  const { problem, contender, threads, results } = cell;
  const base = { problem: problem.id, contender, threads };
  const bad = results.find((result) => !isTimed(result));
  if (bad?.status === "wrong") return [{ ...base, status: "wrong", error: bad.error, limit: bad.limit }];
  if (bad?.status === "failed") return [{ ...base, status: "failed", reason: bad.reason }];
  const timed = results.filter(isTimed);
  if (timed.length === 0) return [];

  const time = summarize(samplesOf(cell), peak);
  const gflops = gigaflops(cell.product ? productFlops(problem.shape) : problem.flops, time.median);
  const wall = ceilings.find((ceiling) => ceiling.threads === threads);
  const atWall = wall
    ? wallMs(cell.product ? { ...problem, flops: productFlops(problem.shape) } : problem, wall)
    : null;
  const extra = timed.map(({ extraBytes }) => extraBytes).filter((bytes) => bytes !== null);
  return [
    {
      ...base,
      status: timed.some(({ status }) => status === "inexact") ? "inexact" : "ok",
      error: Math.max(...timed.map(({ error }) => error)),
      limit: Math.min(...timed.map(({ limit }) => limit)),
      share: timed[0]!.share,
      time,
      rounds: timed.map(({ samples }) => summarize(samples, peak).median),
      gflops,
      ...(atWall && { ofCeiling: atWall / time.median }),
      extraBytes: extra.length > 0 ? median(extra) : null,
    },
  ];
}
