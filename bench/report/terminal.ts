import { bars } from "./bars.js";
import type { Results } from "./results.js";
import { columns, percent, threadCount } from "./words.js";

const HEAD = ["contender", "threads", "time (10–90 %)", "GFLOP/s", "of ceiling", "extra memory", "error", "quiet"];

function table(lines: readonly string[][]): string {
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map(
      (line) =>
        `  ${line.map((text, c) => (c === 0 ? text.padEnd(widths[c]!) : text.padStart(widths[c]!))).join("  ")}`,
    )
    .join("\n");
}

export function terminalReport(results: Results): string {
  const { machine, ceilings, gate } = results;
  const walls = ceilings.map((c) => {
    const state = c.valid ? "" : ", VOID: below 0.75 of the FMA peak, shares mean nothing";
    return `ceiling, ${threadCount(c.threads)}: ${c.gflops.toFixed(0)} GFLOP/s (${c.core}), ${percent(c.ofPeak)} of the FMA peak${state}; bfloat16 ${c.bfloat16?.toFixed(0) ?? "—"}; reads ${c.readGBs.toFixed(1)} GB/s; |x − y| ${c.differences?.toFixed(1) ?? "—"} G/s, scalar ${c.scalarDifferences?.toFixed(1) ?? "—"}`;
  });
  const sections = results.problems.map(({ id, title }) => {
    const rows = results.rows.filter((row) => row.problem === id);
    return rows.length > 0 ? `\n${title}\n${table([HEAD, ...rows.map(columns)])}` : "";
  });
  const judged = bars(results).map(
    ({ title, value, reached }) =>
      `  ${reached === null ? "–" : reached ? "reached" : "MISSED "}  ${value.padStart(12)}  ${title}`,
  );
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.isa}, ${machine.node}, commit ${results.commit}`,
    ...walls,
    ...sections.filter(Boolean),
    "",
    judged.length > 0
      ? `targets\n${judged.join("\n")}`
      : "targets are judged by whole runs on a machine whose ceiling is valid",
    `\n${gate.kept} of ${gate.taken} samples were quiet; ${results.seconds.toFixed(0)} s in all`,
  ].join("\n");
}
