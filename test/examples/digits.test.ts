import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { places } from "../support/places.js";
import { run } from "./run.js";

const folder = mkdtempSync(join(tmpdir(), "warpweft-digits-"));
afterAll(() => rmSync(folder, { recursive: true }));

function demo(name: string, ...options: string[]) {
  const out = join(folder, `${name}.html`);
  const { status, stdout, stderr } = run("examples/digits.ts", ["--out", out, ...options]);
  expect(stderr.replace(/^digits 0–\d {2}\d+\/\d+ .*\n/gm, "")).toBe("");
  expect(status).toBe(0);
  return { stdout, stderr, html: readFileSync(out, "utf8") };
}

/** The two tables of the output as [recallAt1, mapAtR, rPrecision] by row name. */
function tables(stdout: string) {
  return stdout
    .split("\n\n")
    .filter((part) => part.includes("Recall@1"))
    .map((part) => {
      const rows = [...part.matchAll(/^ {2}([a-z ]+?) +(\d\.\d{3}) +(\d\.\d{3}) +(\d\.\d{3})$/gm)];
      return Object.fromEntries(rows.map(([, name, ...values]) => [name!, values.map(Number)]));
    });
}

describe("a short training", () => {
  let output: ReturnType<typeof demo>;
  beforeAll(() => {
    output = demo("short", "--steps", "120");
  }, 120_000);

  test("beats raw pixels and the untrained head on held-out digits", () => {
    const [known] = tables(output.stdout);
    const [recall, map, precision] = known!["trained head"]!;
    for (const rival of ["raw pixels", "untrained head"]) {
      expect(recall).toBeGreaterThan(known![rival]![0]!);
      expect(map).toBeGreaterThan(2 * known![rival]![1]!);
      expect(precision).toBeGreaterThan(known![rival]![2]!);
    }
  });

  test("shows that kinds left out of training are found worse than on raw pixels", () => {
    const [, unseen] = tables(output.stdout);
    expect(Object.keys(unseen!)).toEqual(["raw pixels", "untrained head", "trained head"]);
    expect(unseen!["trained head"]![0]!).toBeLessThan(unseen!["raw pixels"]![0]!);
    expect(output.html).toContain(`Recall@1 is ${unseen!["trained head"]![0]!.toFixed(3)} after training`);
  });

  test("tells time, memory and progress", () => {
    expect(output.stdout).toMatch(/on one thread: median \d+\.\d\d ms, 90 % within \d+\.\d\d ms\n/);
    expect(output.stdout).toMatch(/Peak memory of the process: \d+ MB\n/);
    expect(output.stderr.match(/^digits 0–9 {2}\d+\/120 {2}loss \d\.\d{3}$/gm)).toHaveLength(4);
    expect(output.stderr.match(/^digits 0–6 {2}\d+\/120 {2}loss \d\.\d{3}$/gm)).toHaveLength(4);
  });

  test("draws twenty queries with five neighbours before and after", () => {
    const cards = [...output.html.matchAll(/<article class="query">(.*?)<\/article>/gs)].map(([, card]) => card!);
    expect(cards).toHaveLength(20);
    const asked = cards.map((card) => /<div class="asked"><img [^>]*>(\d)<\/div>/.exec(card)![1]!);
    expect(asked.join("")).toBe("00112233445566778899");
    for (const [i, card] of cards.entries()) {
      const lists = [...card.matchAll(/<ol>(.*?)<\/ol>/gs)].map(([, list]) => [...list!.matchAll(/<li.*?<\/li>/gs)]);
      expect(lists.map((items) => items.length)).toEqual([5, 5]);
      for (const [item] of lists.flat()) {
        const label = /(\d)<\/li>$/.exec(item)![1];
        expect(item.includes('class="wrong"'), item).toBe(label !== asked[i]);
        expect(item.includes("✗"), item).toBe(label !== asked[i]);
        expect(item).toContain(`alt="a handwritten ${label}"`);
      }
    }
  });

  test("the page carries the tables and the loss curve and asks for no other file", () => {
    for (const row of tables(output.stdout).flatMap((table) => Object.values(table)))
      for (const value of row) expect(output.html).toContain(`>${value.toFixed(3)}</td>`);
    const loss = /Loss of each batch.*?class="curve each" d="([^"]+)"/s.exec(output.html.replace(/<ul.*?<\/ul>/gs, ""));
    expect(loss![1]!.split("L")).toHaveLength(120);
    for (const [, url] of output.html.matchAll(/(?:src|href)="([^"]*)"/g))
      expect(url).toMatch(/^data:image\/png;base64,/);
    expect(output.html).not.toMatch(/https?:|url\(|<script|<link|@import/);
  });
});

test("the same seed gives the same table and the same curve, whatever the threads", () => {
  const runs = [1, 2].map((threads) =>
    demo(`threads-${threads}`, "--steps", "12", "--quiet", "--threads", `${threads}`),
  );
  expect(runs[0]!.stderr).toBe("");
  expect(runs[0]!.html).toContain("on one thread");
  expect(runs[1]!.html).toContain("on 2 threads");
  const [one, two] = runs.map(({ html }) => html.replace(/<footer>.*<\/footer>/s, ""));
  expect(one).toBe(two);
  const other = demo("seed", "--steps", "12", "--quiet", "--seed", "2");
  expect(tables(other.stdout)).not.toEqual(tables(runs[0]!.stdout));
}, 120_000);

describe.skipIf(!places().includes("cuda"))("on a GPU", () => {
  /** Losses of the first steps, all of their digits. */
  function losses(device: string): number[] {
    const { status, stdout, stderr } = run("test/examples/losses.ts", [device, "3"]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    return JSON.parse(stdout);
  }

  test("the steps have the CPU's losses", () => {
    const [cpu, gpu] = [losses("cpu"), losses("cuda")];
    expect(cpu).toHaveLength(3);
    expect(new Set(cpu).size).toBe(3);
    const off = cpu.map((loss, i) => Math.abs(gpu[i]! - loss) / loss);
    expect(Math.max(...off)).toBeLessThan(1e-4);
  }, 120_000);

  test("the page is that of the CPU but for the time", () => {
    const pages = ["cpu", "cuda"].map((device) => demo(device, "--device", device, "--steps", "2", "--quiet"));
    expect(pages[1]!.stdout).toMatch(/^A step of 256 digits on .+ \(cuda:0\): median /m);
    const [cpu, gpu] = pages.map(({ stdout }) => tables(stdout).map((table) => table["trained head"]));
    for (const [i, row] of cpu!.entries())
      for (const [k, value] of row!.entries()) expect(Math.abs(gpu![i]![k]! - value)).toBeLessThanOrEqual(0.002);
  }, 120_000);
});

test("a device that is not there is named, with the reason", () => {
  const { status, stderr } = run("examples/digits.ts", ["--device", "cuda:77", "--steps", "1"]);
  expect(stderr).toMatch(/^tensor: device "cuda:77" is not here: .+\n$/);
  expect(status).toBe(1);
});

test.each([
  [["--stpes", "3"], "Unknown option '--stpes'. `npm run demo -- --help` lists the options.\n"],
  [["fast"], "Unexpected argument 'fast'. `npm run demo -- --help` lists the options.\n"],
  [["--steps", "0"], '--steps must be a whole number of at least 1, got "0".\n'],
  [["--threads", "two"], '--threads must be a whole number of at least 1, got "two".\n'],
  [["--device", "tpu"], '--device must be cpu, cuda or cuda:<n>, got "tpu".\n'],
  [["--seed", ""], '--seed must be a whole number of at least 0, got "".\n'],
])("%j is refused in words", (options, message) => {
  expect(run("examples/digits.ts", options)).toEqual({ status: 2, stdout: "", stderr: message });
});

test("--help lists every option", () => {
  const { status, stdout } = run("examples/digits.ts", ["--help"]);
  expect(status).toBe(0);
  for (const option of ["steps", "device", "threads", "seed", "out", "quiet", "help"])
    expect(stdout).toContain(`--${option}`);
});
