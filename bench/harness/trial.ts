// One problem, one contender, one thread count, in a process of its own: memory of the first call, check, then time.
//   trial.ts '{"problem":…}' writes one JSON line to file descriptor 3, because peers print to the other two.
import { readFileSync, writeFileSync, writeSync } from "node:fs";
import { CONTENDERS } from "../contenders/index.js";
import { problems } from "../problems/index.js";
import type { Kind, Problem, Solution, TaskOf } from "../problems/types.js";
import { openGate } from "./gate.js";
import { peakMemory, retainedMemory } from "./memory.js";
import { BENCH } from "./programs.js";
import { GATE, type Sample } from "./statistics.js";

export interface TrialRequest {
  readonly problem: string;
  readonly contender: string;
  readonly threads: number;
  readonly quick: boolean;
  /** file of float64 numbers: written when `contender` is "reference", else read */
  readonly reference: string;
  readonly seconds: number;
  readonly samples: number;
  /** GFLOP/s of one core, all of them busy */
  readonly peak: number;
}

export type TrialResult =
  | {
      readonly status: "ok" | "inexact";
      readonly error: number;
      readonly limit: number;
      readonly samples: readonly Sample[];
      readonly share: number;
      readonly extraBytes: number | null;
    }
  | { readonly status: "wrong"; readonly error: number; readonly limit: number }
  | { readonly status: "unsupported" }
  | { readonly status: "failed"; readonly reason: string };

const USABLE = 1e-2; // a result further off than this is not timed; between this and its limit it is timed and marked
const SHORTEST_SAMPLE_MS = 5;
const WARM_UP_CALLS = 20;
const WARM_UP_MS = 200; // of calls that are over in microseconds: until then V8 still compiles what they pass through

/** Small calls are timed in batches. */
async function time(call: () => void | Promise<void>, calls: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < calls; ++i) {
    const pending = call();
    if (pending) await pending;
  }
  return (performance.now() - start) / calls;
}

/** How many calls make one sample, by the time of the first; what is short is warmed up, for the sake of a JIT. */
async function callsPerSample(call: () => void | Promise<void>, firstMs: number): Promise<number> {
  if (firstMs > 10 * SHORTEST_SAMPLE_MS) return 1;
  let ms = await time(call, WARM_UP_CALLS);
  const enough = performance.now() + WARM_UP_MS;
  while (ms < SHORTEST_SAMPLE_MS / WARM_UP_CALLS && performance.now() < enough) ms = await time(call, WARM_UP_CALLS);
  return Math.max(1, Math.ceil(SHORTEST_SAMPLE_MS / (await time(call, WARM_UP_CALLS))));
}

async function timeAll(
  call: () => void | Promise<void>,
  calls: number,
  request: TrialRequest,
  scale: number,
): Promise<Sample[]> {
  const gate = openGate();
  const samples: Sample[] = [];
  const begin = performance.now();
  let quiet = 0;
  let before = await gate.spin();
  do {
    const ms = (await time(call, calls)) * scale;
    const after = await gate.spin();
    const spin = Math.min(before, after);
    samples.push({ ms, spin });
    if (spin >= GATE * request.peak) ++quiet;
    before = after;
  } while (quiet < request.samples && performance.now() - begin < request.seconds * 1000);
  gate.close();
  return samples;
}

async function solve<K extends Kind>(
  problem: Problem<K>,
  task: TaskOf<K>,
  request: TrialRequest,
): Promise<TrialResult> {
  const contender = CONTENDERS.find(({ name }) => name === request.contender)!;
  const prepare = (await contender.load())[problem.kind] as
    | ((t: TaskOf<K>, threads: number) => Promise<Solution<K> | null>)
    | undefined;
  const solution = await prepare?.(task, request.threads);
  if (!solution) return { status: "unsupported" };

  const { call, output, freshBytes = 0 } = solution;
  let firstMs = 0;
  const peak = await peakMemory(async () => {
    firstMs = await time(call, 1);
  });
  const rows = solution.rows ?? problem.shape[0];
  const numbers = readFileSync(request.reference);
  const expected = new Float64Array(numbers.buffer, numbers.byteOffset, numbers.byteLength / 8);
  const { error, limit } = problem.check(task, output(), expected, rows);
  if (!(error <= USABLE)) return { status: "wrong", error, limit };
  const kept = problem.repeats ? await retainedMemory(() => time(call, problem.repeats!)) : null;
  const samples = await timeAll(call, await callsPerSample(call, firstMs), request, problem.shape[0] / rows);
  return {
    status: error <= limit ? "ok" : "inexact",
    error,
    limit,
    samples,
    share: rows / problem.shape[0],
    extraBytes: kept ?? (peak === null ? null : Math.max(peak - freshBytes, 0)),
  };
}

async function main(): Promise<TrialResult> {
  const request = JSON.parse(process.argv[2]!) as TrialRequest;
  const problem = problems(request.quick).find(({ id }) => id === request.problem)!;
  const task = problem.task();
  if (request.contender !== "reference") return solve(problem, task, request);
  const numbers = problem.reference(task);
  writeFileSync(request.reference, new Uint8Array(numbers.buffer));
  return { status: "unsupported" };
}

const result = await main().catch(
  (reason: unknown): TrialResult => ({
    status: "failed",
    reason: (String(reason).split("\n")[0] ?? "").replaceAll(BENCH, "").slice(0, 160),
  }),
);
writeSync(3, `${JSON.stringify(result)}\n`);
process.exit(0);
