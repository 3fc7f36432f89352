import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plot } from "../../examples/attention/plot.js";
import { orderings } from "../../examples/attention/remarks.js";
import { batchAt, batchesOf, loadText, randomBatch, split } from "../../examples/attention/text.js";
import { seeded } from "../../examples/digits/random.js";
import type { Tensor } from "../../lib/index.js";
import { ROOT, run } from "./run.js";

const folder = mkdtempSync(join(tmpdir(), "warpweft-attention-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a short run", () => {
  let out: { stdout: string; stderr: string; html: string };
  beforeAll(() => {
    const file = join(folder, "page.html");
    const { status, stdout, stderr } = run("examples/attention.ts", ["--steps", "8", "--batches", "1", "--out", file]);
    expect(stderr.replace(/^(training|decoding) {2}\d+\/\d+ .*\n/gm, "")).toBe("");
    expect(status).toBe(0);
    out = { stdout, stderr, html: readFileSync(file, "utf8") };
  }, 180_000);

  const rows = () =>
    [...out.stdout.matchAll(/^ {2}(\S.*?) {2,}(\d+) +(\d+) +(\d+\.\d{4}) +([+−]\d+\.\d{4})$/gm)].map(
      ([, name, places, bytes, loss, penalty]) => ({
        name: name as string,
        places: Number(places),
        bytes: Number(bytes),
        loss: Number(loss),
        penalty: Number((penalty as string).replace("−", "-")),
      }),
    );
  const row = (name: string, places: number) => rows().find((one) => one.name === name && one.places === places)!;

  test("compares every way of keeping the cache", () => {
    expect(rows()).toHaveLength(22);
    expect(row("MLA", 1).penalty).toBe(0);
    expect(Math.abs(row("TPLA, Hadamard", 1).penalty)).toBeLessThanOrEqual(0.0001); // one slice is the layer
    for (const places of [2, 4]) {
      expect(Math.abs(row("DCP", places).penalty)).toBeLessThanOrEqual(0.0001); // shards of tokens are exact
      expect(row("GLA", places).penalty).toBeGreaterThan(row("TPLA, PCA", places).penalty);
    }
  });

  test("counts the bytes that one place keeps of a token", () => {
    expect([row("MLA", 1), row("MLA, bfloat16 cache", 1), row("MLA, fp8 cache", 1)].map(({ bytes }) => bytes)).toEqual([
      288, 144, 84,
    ]);
    expect([2, 4].map((places) => row("TPLA, PCA", places).bytes)).toEqual([160, 96]);
    expect([2, 4].map((places) => row("GLA", places).bytes)).toEqual([160, 96]);
    expect([2, 4].map((places) => row("DCP", places).bytes)).toEqual([144, 72]);
  });

  test("says what the theory expects, tells the time, and draws a page that asks for no other file", () => {
    expect(out.stdout).toMatch(/^As expected: .*TPLA with one slice is MLA in any basis.*\.$/m);
    expect(out.stdout).toMatch(/^Not as expected: .*\.$/m);
    expect(out.stdout).toMatch(/^A step of 16 × 128 bytes on 2 threads: median \d+ ms; training took \d+ s$/m);
    for (const { name } of rows()) expect(out.html).toContain(`<th scope="row">${name}</th>`);
    expect(out.html.match(/<path class="mark"/g)?.length).toBeGreaterThanOrEqual(22);
    expect(out.html).not.toMatch(/https?:|url\(|<script|<link|@import|NaN|Infinity|undefined/);
  });
});

test.each([
  [["--steps", "0"], '--steps must be a whole number of at least 1, got "0".\n'],
  [["--stpes", "3"], "Unknown option '--stpes'. `npm run demo:attention -- --help` lists the options.\n"],
])("%j is refused in words", (options, message) => {
  expect(run("examples/attention.ts", options)).toEqual({ status: 2, stdout: "", stderr: message });
});

test("--help lists every option", () => {
  const { status, stdout } = run("examples/attention.ts", ["--help"]);
  expect(status).toBe(0);
  for (const option of ["steps", "batches", "threads", "seed", "out", "quiet", "help"])
    expect(stdout).toContain(`--${option}`);
});

describe("the text", () => {
  test("is the repository's own, a tenth of it held out", () => {
    const { train, held } = loadText(ROOT);
    expect(train.length + held.length).toBeGreaterThan(100_000);
    expect(held.length / (train.length + held.length)).toBeCloseTo(0.1, 1);
    expect(Buffer.from(train).toString()).toContain("# warpweft");
  });

  test("is cut into pieces that are in one part or the other", () => {
    const bytes = Uint8Array.from({ length: 2048 * 21 }, (_, i) => Math.floor(i / 2048));
    const { train, held } = split(bytes);
    expect([...new Set(held)]).toEqual([9, 19]);
    expect(new Set(train).size).toBe(19);
  });

  test("gives sequences with the byte that follows each", () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
    const batch = batchAt(bytes, [3, 90], 4);
    expect([...batch.bytes]).toEqual([3, 4, 5, 6, 90, 91, 92, 93]);
    expect([...batch.next]).toEqual([4, 5, 6, 7, 91, 92, 93, 94]);
    const drawn = randomBatch(bytes, 50, 98, seeded(1));
    expect(Math.max(...drawn.next)).toBe(99); // the last one fits
    expect(batchesOf(bytes, 3, 10, 9).map(({ bytes: b }) => b[0])).toEqual([0, 30, 60]);
    expect(batchesOf(bytes, 3, 10, 2)).toHaveLength(2);
  });
});

/** Results of made-up penalties. */
function results(penalty: (name: string, places: number) => number) {
  const sliced = ["no transform", "Hadamard", "PCA"].flatMap((basis) => [
    `TPLA, ${basis}`,
    `TPLA, ${basis} + completion`,
  ]);
  const all: [string, number][] = [
    ["MLA", 1],
    ["TPLA, Hadamard", 1],
    ...[2, 4].flatMap((g) =>
      [...sliced, "TPLA, PCA + 16 shared columns", "GLA", "DCP"].map((name): [string, number] => [name, g]),
    ),
  ];
  return all.map(([name, places]) => ({
    method: { name, places, family: name, bytes: 288 / places, attend: () => (x: Tensor) => x },
    loss: 1 + penalty(name, places),
    penalty: penalty(name, places),
  }));
}

test("orderings are read off the numbers", () => {
  const PENALTIES: Readonly<Record<string, number>> = {
    "TPLA, no transform": 0.9,
    "TPLA, no transform + completion": 0.3,
    "TPLA, Hadamard": 1,
    "TPLA, Hadamard + completion": 0.1,
    "TPLA, PCA": 0.1,
    "TPLA, PCA + completion": 0.1,
    "TPLA, PCA + 16 shared columns": 0.05,
    GLA: 9,
  };
  const theory = (name: string, places: number) => (places === 1 ? 0 : places * (PENALTIES[name] ?? 0));
  expect(orderings(results(theory))[1]).toBe("Not as expected: nothing.");
  const turned = orderings(results((name, places) => (name === "TPLA, no transform" ? 2 : 1) * theory(name, places)));
  expect(turned[1]).toBe("Not as expected: no transform is a little better than Hadamard in 2 slices.");
  const nothing = orderings(results(() => 0));
  expect(nothing[0]).toBe(
    "As expected: TPLA with one slice is MLA in any basis; completion does nothing for PCA in 2 slices; DCP over 2 shards is exact; completion does nothing for PCA in 4 slices; DCP over 4 shards is exact.",
  );
});

test("the plot has a mark for each result, higher where the penalty is larger, at the floor where there is none", () => {
  const svg = plot(results((name, places) => (name === "GLA" ? places : name === "DCP" ? -1e-7 : 0.01)));
  const height = (title: string) =>
    Number(new RegExp(`translate\\(\\S+ (\\S+?)\\)" d="[^"]+"><title>${title}<`).exec(svg)?.[1]);
  expect(height("GLA, 4 places")).toBeLessThan(height("GLA, 2 places"));
  expect(height("GLA, 2 places")).toBeLessThan(height("TPLA, PCA, 2 places"));
  expect(height("TPLA, PCA, 2 places")).toBeLessThan(height("DCP, 2 places"));
  expect(height("DCP, 2 places")).toBe(356);
});
