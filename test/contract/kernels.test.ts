import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { CHIPS } from "../../scripts/kernels/occupancy.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** What `npm run kernels -- --check` says, and how it ends, of the images in a folder. */
function check(images?: string): { status: number; words: string } {
  const command = [join(root, "node_modules/tsx/dist/cli.mjs"), join(root, "scripts/kernels.ts"), "--check"];
  const env = images === undefined ? process.env : { ...process.env, WARPWEFT_KERNELS_FROM: images };
  try {
    return { status: 0, words: execFileSync(process.execPath, command, { encoding: "utf8", stdio: "pipe", env }) };
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: string };
    return { status, words: stderr };
  }
}

/** More live values than a thread has registers: ptxas must spill. */
function crowded(): string {
  const values = Array.from({ length: 300 }, (_, i) => i);
  return [
    ".version 9.0",
    ".target sm_80",
    ".address_size 64",
    ".visible .entry crowded(.param .u64 p)",
    ".maxntid 128",
    "{",
    `.reg .b64 %a; .reg .f32 %f<${values.length + 1}>; .reg .pred %c; .reg .b32 %n;`,
    "ld.param.u64 %a, [p];",
    ...values.map((i) => `ld.volatile.global.f32 %f${i}, [%a+${4 * i}];`),
    ...values.map((i) => `st.volatile.global.f32 [%a+${4 * i}], %f${values.length - 1 - i};`),
    "ret;",
    "}",
  ].join("\n");
}

/** What ptxas would say of it if it needed less. */
const told = (chip: string): string =>
  [
    `ptxas info    : Compiling entry function 'crowded' for 'sm_${chip}'`,
    "ptxas info    : Function properties for crowded",
    "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads",
    "ptxas info    : Used 8 registers, used 0 barriers",
    "",
  ].join("\n");

const images = join(root, "build/cuda");
describe.skipIf(!existsSync(join(images, "distance.ptx")))("kernels that the addon carries", () => {
  test("none spills registers, and docs/kernels.md says what ptxas says", () => {
    for (const chip of Object.keys(CHIPS)) expect(existsSync(join(images, `distance.sm_${chip}.log`))).toBe(true);
    expect(check()).toEqual({ status: 0, words: "" });
  }, 600_000);

  test("one that spills is named, by what the build was told unless the PTX is newer", () => {
    const folder = mkdtempSync(join(tmpdir(), "warpweft-kernels-"));
    const ptx = join(folder, "other.ptx");
    try {
      writeFileSync(ptx, crowded());
      const { status, words } = check(folder);
      expect(status).toBe(1);
      expect(words).toMatch(/crowded spills \d+ bytes on sm_80/);
      expect(words).toContain("docs/kernels.md does not say what ptxas says");
      for (const chip of Object.keys(CHIPS)) writeFileSync(join(folder, `other.sm_${chip}.log`), told(chip));
      expect(check(folder).words).not.toContain("spills");
      utimesSync(ptx, Date.now() / 1000 + 60, Date.now() / 1000 + 60);
      expect(check(folder).words).toMatch(/crowded spills \d+ bytes on sm_80/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 60_000);
});
