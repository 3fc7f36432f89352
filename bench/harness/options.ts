import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { GROUPS, type Group } from "../problems/index.js";

export interface Options {
  /** empty means all */
  readonly groups: readonly Group[];
  /** parts of problem ids; empty means all */
  readonly only: readonly string[];
  readonly contenders: readonly string[];
  readonly threads: readonly number[];
  readonly quick: boolean;
  readonly rounds: number;
  /** nothing was left out, so that the result is worth keeping */
  readonly whole: boolean;
  /** keep it whatever it is */
  readonly write: boolean;
  /** where the problems run; on "cuda" they are others, and there are no peers */
  readonly device: "cpu" | "cuda";
  /** a result file to report again instead of measuring */
  readonly report: string | undefined;
}

export const USAGE = `npm run bench -- [${GROUPS.join(" ")}] [options]
  distance loss …         problems of these groups, with the targets of theirs
  --only topk,loss        problems whose id contains one of these
  --contender warpweft    contenders whose name contains one of these
  --threads 1,2           thread counts of the headline problems; the others use the largest
  --quick                 fewer and smaller problems, one short round; bars are not judged
  --rounds 3              fresh processes for each row
  --device cuda           the GPU's problems: counted on the virtual GPU, timed on a real one
  --write                 keep the result files even of a run that is partial or void
  --report file.json      no measuring: prints that result and writes docs/benchmarks.md from it
  --list                  the problems and their contenders`;

export function parseOptions(args: readonly string[]): Options & { list: boolean; help: boolean } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: "string", default: "" },
      contender: { type: "string", default: "" },
      threads: { type: "string" },
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      device: { type: "string", default: "cpu" },
      write: { type: "boolean", default: false },
      report: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const words = (text: string): string[] => text.toLowerCase().split(",").filter(Boolean);
  const threads = values.threads === undefined ? defaultThreads(values.quick) : words(values.threads).map(Number);
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  if ([...threads, rounds].some((count) => !Number.isInteger(count) || count < 1))
    throw new Error(`--threads and --rounds want whole numbers\n${USAGE}`);
  const { device } = values;
  if (device !== "cpu" && device !== "cuda") throw new Error(`--device wants cpu or cuda\n${USAGE}`);
  const only = words(values.only);
  const contenders = words(values.contender);
  const groups = positionals.map(groupNamed);
  const { quick, write, report, list, help } = values;
  const whole = only.length + contenders.length + groups.length === 0 && !quick;
  return { groups, only, contenders, threads, rounds, quick, whole, write, device, report, list, help };
}

function groupNamed(word: string): Group {
  const group = GROUPS.find((name) => name === word);
  if (!group) throw new Error(`"${word}" is no group of problems\n${USAGE}`);
  return group;
}

function defaultThreads(quick: boolean): number[] {
  const all = availableParallelism();
  return quick || all === 1 ? [all] : [1, all];
}
