import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { lineChart, smooth } from "../../examples/digits/chart.js";
import { batches, loadDigits, only, PIXELS, split } from "../../examples/digits/data.js";
import { inkPng } from "../../examples/digits/png.js";
import { progress } from "../../examples/digits/progress.js";
import { seeded } from "../../examples/digits/random.js";
import { quantile } from "../../examples/digits/table.js";

describe("the digits", () => {
  const digits = loadDigits();
  const { train, test: heldOut } = split(digits, 2000, seeded(1));
  const keys = (set: typeof digits) =>
    Array.from({ length: set.count }, (_, i) => set.images.subarray(i * PIXELS, (i + 1) * PIXELS).join());

  test("are ten thousand pictures of ten kinds with ink between 0 and 1", () => {
    expect(digits.count).toBe(10_000);
    expect(digits.images).toHaveLength(10_000 * PIXELS);
    expect(new Set(digits.labels).size).toBe(10);
    expect(digits.images.every((ink) => ink >= 0 && ink <= 1)).toBe(true);
  });

  test("are split into sets that share no picture", () => {
    expect([train.count, heldOut.count]).toEqual([8000, 2000]);
    const trained = new Set(keys(train));
    expect(trained.size).toBe(8000);
    expect(keys(heldOut).filter((key) => trained.has(key))).toEqual([]);
  });

  test("are split the same way for the same seed only", () => {
    expect(split(digits, 2000, seeded(1)).test.labels).toEqual(heldOut.labels);
    expect(split(digits, 2000, seeded(2)).test.labels).not.toEqual(heldOut.labels);
  });

  test("keep picture and label together when kinds are picked", () => {
    const sevens = only(heldOut, 7, 7);
    const wanted = keys(heldOut).filter((_, i) => heldOut.labels[i] === 7);
    expect(keys(sevens)).toEqual(wanted);
  });
});

test("batches show every row once before any comes again", () => {
  const rows = batches(12, 4, seeded(3));
  const epoch = () => [0, 1, 2].flatMap(() => [...rows.next().value]);
  const all = Array.from({ length: 12 }, (_, i) => i);
  const [first, second] = [epoch(), epoch()];
  expect([...first].sort((a, b) => a - b)).toEqual(all);
  expect([...second].sort((a, b) => a - b)).toEqual(all);
  expect(first).not.toEqual(second);
});

test("seeded normals have mean 0 and deviation 1", () => {
  const random = seeded(5);
  const values = Array.from({ length: 40_000 }, () => random.normal());
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(values.length)); // four standard errors
  expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / values.length));
});

test("a picture survives as the opacity of black ink", () => {
  const file = Buffer.from(
    inkPng(Float32Array.of(0, 1, 0.2, 0.6), 2).replace(/^data:image\/png;base64,/, ""),
    "base64",
  );
  expect(file.subarray(1, 4).toString()).toBe("PNG");
  expect([file.readUInt32BE(16), file.readUInt32BE(20)]).toEqual([2, 2]);
  const start = file.indexOf("IDAT") + 4;
  const lines = inflateSync(file.subarray(start, start + file.readUInt32BE(start - 8)));
  expect([...lines]).toEqual([0, 0, 0, 0, 255, 0, 0, 51, 0, 153]);
});

test("a chart spans its box from the first value to the last", () => {
  const svg = lineChart({ title: "t", x: "n", top: 2, series: [{ name: "a", look: "raw", values: [2, 0, 1] }] });
  expect(svg).toContain('d="M42.0 10.0L217.0 192.0L392.0 101.0"');
  expect(svg).not.toContain("legend");
});

test("smoothing takes the mean around each value", () => expect(smooth([4, 0, 2, 6], 2)).toEqual([4, 2, 1, 4]));

test("quantiles are values that occur", () => {
  expect([0, 0.5, 0.9, 1].map((q) => quantile([3, 1, 2, 5, 4], q))).toEqual([1, 3, 5, 5]);
});

describe("the progress bar", () => {
  const CLEAR = "\u001b[K"; // the rest of the line

  function record(isTTY: boolean, columns = 80) {
    const written: string[] = [];
    const bar = progress("work", 100, { isTTY, columns, write: (text) => written.push(text) });
    for (let done = 1; done <= 100; done++) bar.update(done, `loss ${done}`);
    return written;
  }

  test("redraws one line of a terminal and ends it", () => {
    const written = record(true);
    expect(written.every((text) => text.startsWith("\rwork  "))).toBe(true);
    expect(written.filter((text) => text.includes("\n"))).toHaveLength(1);
    expect(written.at(-1)).toContain("━".repeat(30));
    expect(written.at(-1)).toContain(` 100/100  loss 100${CLEAR}\n`);
  });

  test("fits a narrow terminal", () => {
    const line = record(true, 40).at(-1)!.replace(CLEAR, "").trim();
    expect(line.length).toBeLessThan(40);
  });

  test("writes four plain lines into a log", () => {
    expect(record(false)).toEqual([25, 50, 75, 100].map((done) => `work  ${done}/100  loss ${done}\n`));
  });
});
