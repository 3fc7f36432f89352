// The whole run: rounds of ceiling and trials, so that what is compared was measured side by side.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Problem } from "../problems/types.js";
import type { Results } from "../report/results.js";
import { threadCount } from "../report/words.js";
import { Ceiling, type Effort, type Peaks } from "./ceiling.js";
import { type Cell, makeCells, type RunState, request } from "./cells.js";
import type { Options } from "./options.js";
import { ceilingResult, describe, samplesOf, toRow } from "./rows.js";
import { runTrial } from "./spawn.js";
import { GATE, summarize, sustained } from "./statistics.js";

const FULL: Effort = { seconds: 1, samples: 6 };
const QUICK: Effort = { seconds: 0.5, samples: 3 };
const FAR_BEHIND = 3; // times the fastest: one round is enough to say so

type Measured = Pick<Results, "ceilings" | "rows" | "gate">;

export async function measure(
  problems: readonly Problem[],
  options: Options,
  peaks: Peaks,
  log: (line: string) => void,
): Promise<Measured> {
  let peak = peaks.peaks.at(-1)!.float32PerCore;
  const ceilings = options.threads.map((threads) => new Ceiling(threads));
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const state: RunState = {
    options,
    effort: options.quick ? QUICK : FULL,
    peak: () => peak,
    reference: ({ id }) => join(folder, id),
    coreType: (threads) => ceilings.find((ceiling) => ceiling.threads === threads)?.best(peak)?.coreType ?? null,
  };
  const cells = makeCells(problems, state);
  try {
    for (let round = 1; round <= options.rounds; ++round) {
      for (const ceiling of ceilings) {
        ceiling.measure(state.effort, peak);
        peak = sustained(peak, ceiling.spins());
        log(
          `round ${round}: ceiling of ${threadCount(ceiling.threads)}: ${ceiling.best(peak)?.gflops.toFixed(0) ?? "unknown"} GFLOP/s`,
        );
      }
      for (const problem of problems)
        await measureProblem(problem, cells, state, (line) => log(`round ${round}: ${line}`));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }

  const samples = cells.flatMap(samplesOf);
  peak = sustained(
    peak,
    samples.map(({ spin }) => spin),
  );
  const measured = ceilings.flatMap((ceiling) => ceilingResult(ceiling, peaks, peak));
  const rows = cells.flatMap((cell) => toRow(cell, measured, peak));
  return {
    ceilings: measured,
    rows,
    gate: { kept: samples.filter(({ spin }) => spin >= GATE * peak).length, taken: samples.length },
  };
}

async function measureProblem(
  problem: Problem,
  cells: readonly Cell[],
  state: RunState,
  log: (line: string) => void,
): Promise<void> {
  const own = cells.filter((cell) => cell.problem === problem);
  const first = own.every(({ results }) => results.length === 0);
  if (first) await runTrial(request(problem, "reference", 1, state));
  for (const cell of own) {
    if (!worthMeasuring(cell, own, state.peak())) continue;
    const result = await cell.measure();
    cell.results.push(result);
    log(`${problem.title} · ${cell.contender} · ${threadCount(cell.threads)}: ${describe(result, state.peak())}`);
  }
}

/** What failed would fail again. */
function worthMeasuring(cell: Cell, all: readonly Cell[], peak: number): boolean {
  if (cell.results.length === 0) return true;
  if (!cell.results.every((result) => "samples" in result)) return false;
  const medians = all
    .map(samplesOf)
    .filter((samples) => samples.length > 0)
    .map((samples) => summarize(samples, peak).median);
  return summarize(samplesOf(cell), peak).median <= FAR_BEHIND * Math.min(...medians);
}
