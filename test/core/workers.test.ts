import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { places } from "../support/places.js";

/** The code of a worker, which computes forever; told to, it stops after a number of rounds and reports a sum. */
const WORKER = fileURLToPath(new URL("workers/worker.mjs", import.meta.url));
/** The main thread of a process of its own, as its end is what is looked at. */
const run = (script: string, device = "cpu") =>
  spawnSync(
    process.execPath,
    ["--import", "tsx", fileURLToPath(new URL(`workers/${script}.ts`, import.meta.url)), WORKER],
    {
      encoding: "utf8",
      timeout: 50_000,
      env: { ...process.env, WORK_DEVICE: device },
    },
  );

/** Workers share a GPU as they share the processor. */
const devices = ["cpu", ...places().filter((place) => place === "cuda")];

test.each(devices)("several workers at once agree with the main thread, on %s", (device) => {
  const { status, stdout, stderr } = run("several", device);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const sums = stdout.trim().split("\n");
  expect(sums).toHaveLength(5);
  expect(new Set(sums).size).toBe(1);
});

test.each(devices)(
  "workers that are terminated in the middle of their work leave the process alive, on %s",
  (device) => {
    const { status, signal, stdout, stderr } = run("terminated", device);
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
    expect(stdout.trim()).toBe("6 terminated in the middle, the main thread computes on: 1000");
  },
);

test("a process that exits in the middle of its work exits", () => {
  const { status, signal, stderr } = run("leaving");
  expect({ status, signal, stderr }).toEqual({ status: 7, signal: null, stderr: "" });
});
