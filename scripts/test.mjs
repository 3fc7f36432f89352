// npm test: sets up what is missing, runs every test and ends with a summary. The numbers also go to build/report/summary.json.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { nativeTests, neonTests, virtualGpuTests } from "./native-tests.mjs";
import { at } from "./run.mjs";
import { setup } from "./setup.mjs";
import { packageTests, unitTests } from "./vitest.mjs";

/** Name → what runs it, in order of what fails fastest. Package tests come last and alone: one of them times a clean build. */
const STAGES = {
  "native tests": nativeTests,
  "native tests, NEON under qemu": neonTests,
  "virtual GPU": virtualGpuTests,
  "unit tests": unitTests,
  "package tests": packageTests,
};

setup({ forTests: true });
rmSync(at("build/report"), { recursive: true, force: true });
mkdirSync(at("build/report"), { recursive: true });

const total = { passed: 0, failed: 0, skipped: 0 };
const rows = [];
for (const [name, stage] of Object.entries(STAGES)) {
  console.log(`\n── ${name} ${"─".repeat(Math.max(3, 96 - name.length))}`);
  const start = performance.now();
  const counts = await stage();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  for (const key of Object.keys(total)) total[key] += counts[key];
  rows.push([name, counts, seconds]);
}
writeFileSync(at("build/report/summary.json"), JSON.stringify(total));

console.log("");
for (const [name, { passed, failed, skipped }, seconds] of rows) {
  console.log(`${name.padEnd(32)} ${passed} passed, ${failed} failed, ${skipped} skipped  (${seconds} s)`);
}
console.log(`${"all".padEnd(32)} ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
