import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../layout/read.js";
import { fatbinsIn, textOf } from "./fatbin.js";

const CHIPS = [80, 86, 89, 90, 100, 120];
/** Compressed, a family. */
const BUDGET = 5 * 2 ** 20;

const images = join(root, "build/cuda");
const families = readdirSync(join(root, "cuda"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(root, "cuda", entry.name, "family.cu")))
  .map(({ name }) => name)
  .sort();
const addon = readFileSync(join(root, "build/Release/warpweft.node"));
const embedded = fatbinsIn(addon);

test("the addon carries one fatbin per family", () => {
  expect(families.length).toBeGreaterThanOrEqual(3);
  expect(embedded.length).toBe(families.length);
});

test.each(families)("%s: the PTX inside is, byte for byte, what the virtual GPU is given", (family) => {
  const text = readFileSync(join(images, `${family}.ptx`));
  const same = embedded.filter((entries) =>
    entries.some((entry) => entry.kind === "ptx" && textOf(entry).equals(text)),
  );
  expect(same).toHaveLength(1);
});

test("each has that one PTX, for compute_80, and SASS for every chip, and is small", () => {
  for (const entries of embedded) {
    const of = (kind: string) => entries.filter((entry) => entry.kind === kind).map(({ capability }) => capability);
    expect(of("ptx")).toEqual([80]);
    expect(of("elf").sort((a, b) => a - b)).toEqual(CHIPS);
    expect(entries.reduce((sum, { stored }) => sum + stored.length, 0)).toBeLessThan(BUDGET);
  }
});

test.each(families)("%s: every chip's code is assembled from that PTX by the tool that comes with it", (family) => {
  for (const chip of CHIPS) expect(existsSync(join(images, `${family}.sm_${chip}.cubin`)), `sm_${chip}`).toBe(true);
});
