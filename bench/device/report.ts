// Words for what was counted or timed on a GPU.
import type { Bar } from "./bars.js";
import { CHIPS } from "./chips.js";
import { type Counted, tensorShare } from "./meter.js";
import { BYTES, type DeviceProblem } from "./problems.js";

export interface CountedProblem {
  readonly problem: DeviceProblem;
  readonly kernels: readonly Counted[];
  readonly all: Counted;
}

const SECTOR = 32;
const shapeOf = ({ shape: { n, m, d } }: DeviceProblem): string => `${n}×${m}×${d}`;
const millions = (count: number): string => `${(count / 1e6).toFixed(count < 1e7 ? 2 : 1)} M`;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Sectors of both operands once. */
const operands = ({ shape: { n, m, d }, dtype }: DeviceProblem): number => ((n + m) * d * BYTES[dtype]) / SECTOR;

/** Which of a chip's peaks the counted work would reach first, if nothing else stood in the way and the L2 cache kept what is read again. */
function boundOn(chip: (typeof CHIPS)[number], { problem, all }: CountedProblem): string {
  const bytes = (operands(problem) + all.written) * SECTOR;
  const seconds = {
    "tensor cores": all.tensor / chip.tensor[problem.dtype],
    "float32 units": all.float / chip.float,
    memory: bytes / chip.memory,
  };
  const [name] = Object.entries(seconds).reduce((most, entry) => (entry[1] > most[1] ? entry : most));
  return name;
}

export function countedLines(counted: CountedProblem): string[] {
  const { problem, kernels } = counted;
  const head = `${problem.title}, ${problem.dtype}, ${shapeOf(problem)}`;
  const line = (of: Counted): string =>
    [
      `  ${of.kernel.padEnd(44)}`,
      `${millions(of.instructions).padStart(9)} instructions`,
      `${percent(tensorShare(of)).padStart(7)} in tensor cores`,
      `${String(of.read).padStart(8)} sectors read`,
      `${String(of.written).padStart(7)} written`,
      `${of.conflicts} conflicts`,
    ].join("  ");
  return [head, ...kernels.map(line)];
}

export function timedLine(problem: DeviceProblem, ms: number, chip: string, commit: string): string {
  const rate = problem.flops / ms / 1e9;
  return `${problem.title}, ${problem.dtype}, ${shapeOf(problem)}: ${ms.toFixed(3)} ms, ${rate.toFixed(1)} TFLOP/s (${chip}, ${commit})`;
}

function rowOf(counted: CountedProblem): string {
  const { problem, all } = counted;
  const cells = [
    problem.title,
    problem.dtype,
    millions(all.instructions),
    percent(tensorShare(all)),
    (all.read / operands(problem)).toFixed(2),
    String(all.written),
    percent(all.conflicts / Math.max(1, all.wavefronts)),
    ...CHIPS.map((chip) => boundOn(chip, counted)),
  ];
  return `| ${cells.join(" | ")} |`;
}

export interface Run {
  readonly commit: string;
  readonly processor: string;
  readonly bars: readonly Bar[];
}

const barRow = ({ name, wanted, reached, held }: Bar): string =>
  `| ${name} | ${wanted} | ${held ? reached : `**${reached}, missed**`} |`;

export function countedPage(all: readonly CountedProblem[], { commit, processor, bars }: Run): string {
  const columns = [
    "problem",
    "dtype",
    "thread instructions",
    "arithmetic in tensor cores",
    "reads per operand",
    "sectors written",
    "bank conflicts",
    ...CHIPS.map(({ name }) => `bound, ${name}`),
  ];
  return [
    "# GPU kernels, counted",
    "",
    "Written by `npm run bench -- --device cuda` on the virtual GPU, which counts what kernels do and cannot say how long a chip takes.",
    `Shape of every problem whose title says no other: ${all[0] ? shapeOf(all[0].problem) : ""}. Commit ${commit}; the virtual GPU's own speed was measured on one core of an`,
    `${processor}, medians of five runs.`,
    "",
    "| bar | wanted | reached |",
    "| --- | ---: | ---: |",
    ...bars.map(barRow),
    "",
    "*Reads per operand*: 32-byte sectors that all launches ask for, over those of both operands read once; most of them are served by the",
    "L2 cache. *Bank conflicts*: passes through shared memory beyond the least possible, of all passes. *Bound*: the peak of a chip that the",
    "counted work would reach first, by published figures, if the L2 cache kept what is read again.",
    "",
    `| ${columns.join(" | ")} |`,
    `| ${columns.map((_, i) => (i < 2 ? "---" : i < 7 ? "---:" : "---")).join(" | ")} |`,
    ...all.map(rowOf),
    "",
  ].join("\n");
}
