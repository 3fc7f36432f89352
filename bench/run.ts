// `npm run bench`: problem × contender on this machine, beside its ceiling.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { CONTENDERS } from "./contenders/index.js";
import { load, versionOf } from "./contenders/import.js";
import { measurePeaks } from "./harness/ceiling.js";
import { measureDevice } from "./device/run.js";
import { matches } from "./harness/cells.js";
import { measure } from "./harness/measure.js";
import { parseOptions, USAGE } from "./harness/options.js";
import { BENCH, isBuilt } from "./harness/programs.js";
import { groupOf, problems } from "./problems/index.js";
import { markdownReport } from "./report/markdown.js";
import type { Results } from "./report/results.js";
import { terminalReport } from "./report/terminal.js";

const options = parseOptions(process.argv.slice(2));
const chosen = problems(options.quick).filter(
  (problem) =>
    matches(problem.id, options.only) && (options.groups.length === 0 || options.groups.includes(groupOf(problem))),
);

function commit(): string {
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: BENCH, encoding: "utf8" }).trim();
  const changed =
    git("status", "--porcelain", "--untracked-files=no", "--", "../src", "../cuda", "../lib", "../CMakeLists.txt") !==
    "";
  return `${git("rev-parse", "--short=12", "HEAD")}${changed ? " with changes" : ""}`;
}

async function instructionSet(): Promise<string> {
  const { devices } = await load<{ devices(): { instructionSet?: string }[] }>("warpweft");
  return devices()[0]?.instructionSet ?? "unknown";
}

function installed(): Record<string, string> {
  const pairs = CONTENDERS.map(({ package: name }) => [name, versionOf(name)] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== null));
}

function keep(results: Results): void {
  const slug = results.machine.cpu.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const name = `results/${results.date.slice(0, 10)}-${slug}.json`;
  mkdirSync(`${BENCH}results`, { recursive: true });
  writeFileSync(`${BENCH}${name}`, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`\nwritten: bench/${name}`);
  publish(results);
}

function publish(results: Results): void {
  writeFileSync(`${BENCH}../docs/benchmarks.md`, markdownReport(results));
  console.log("written: docs/benchmarks.md");
}

async function main(): Promise<void> {
  const begin = performance.now();
  if (!isBuilt("machine")) throw new Error("the ceiling's programs are not built: npm run bench:setup");
  const versions = installed();
  const missing = CONTENDERS.filter(({ package: name }) => !(name in versions)).map(({ name }) => name);
  if (missing.length > 0)
    console.log(`left out, not installed: ${[...new Set(missing)].join(", ")} (npm run bench:setup)`);

  const peaks = measurePeaks();
  const measured = await measure(chosen, options, peaks, console.log);
  const results: Results = {
    date: new Date().toISOString(),
    commit: commit(),
    quick: options.quick,
    machine: {
      cpu: cpus()[0]?.model ?? "unknown",
      cores: peaks.cores,
      memoryGB: Math.round(totalmem() / 2 ** 30),
      platform: `${process.platform} ${process.arch}`,
      node: `Node ${process.versions.node}`,
      isa: await instructionSet().catch(() => "unknown"),
    },
    versions,
    problems: chosen.map((problem) => {
      const { id, title, flops, dtype, shape } = problem;
      return { id, title, group: groupOf(problem), flops, dtype, shape };
    }),
    ...measured,
    seconds: (performance.now() - begin) / 1000,
  };
  console.log(`\n${terminalReport(results)}`);
  const valid = results.ceilings.length > 0 && results.ceilings.every((ceiling) => ceiling.valid);
  if (options.write || (options.whole && valid)) keep(results);
  else if (options.whole)
    console.log("\nnot kept: the ceiling is void, something else was running (--write keeps it all the same)");
}

function reportAgain(file: string): void {
  const results = JSON.parse(readFileSync(file, "utf8")) as Results;
  console.log(terminalReport(results));
  publish(results);
}

if (options.help) console.log(USAGE);
else if (options.list) for (const { id, title } of chosen) console.log(`${id.padEnd(46)} ${title}`);
else if (options.device === "cuda") await measureDevice(options, commit());
else if (options.report !== undefined) reportAgain(options.report);
else await main();
