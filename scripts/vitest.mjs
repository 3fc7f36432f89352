// Runs vitest and reads its counts from its JSON report.
import { readFileSync } from "node:fs";
import { at, runTool } from "./run.mjs";

const MINUTE = 60_000;
/** Tests that build, pack and install. They take minutes and want the machine for themselves. */
const PACKAGE_TESTS = ["test/build.test.ts", "test/package/"];

export const unitTests = () =>
  vitest(
    "unit",
    PACKAGE_TESTS.flatMap((path) => ["--exclude", path.endsWith("/") ? `${path}**` : path]),
    60 * MINUTE,
  );

export const packageTests = () => vitest("package", [...PACKAGE_TESTS, "--no-file-parallelism"], 25 * MINUTE);

function vitest(name, args, timeout) {
  const report = at("build/report", `vitest-${name}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const status = runTool("vitest", ["run", ...reporters, ...args], { timeout });
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, "utf8"));
    // A file that does not load fails the run without failing a test.
    const failed = status === 0 ? numFailedTests : Math.max(numFailedTests, 1);
    return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
  } catch {
    console.error(`vitest left no report: it ended with ${status}, or ran past its ${timeout / MINUTE} minutes.`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
