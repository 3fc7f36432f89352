import { expect, test } from "vitest";
import { pairwiseAsync, topKAsync } from "../../lib/distance/index.js";
import { WarpweftError } from "../../lib/error.js";
import { tensor } from "../../lib/index.js";
import { fill, normal } from "../support/rows.js";

const rows = (n: number, d: number) => tensor(Float32Array.from(fill(n, d, normal(n)).flat()), [n, d]);

test("progress rises to its total, on the event loop, and the loop stays free", async () => {
  const [x, y] = [rows(1500, 64), rows(2500, 64)];
  const seen: [done: number, total: number][] = [];
  let turns = 0;
  const clock = setInterval(() => turns++, 1);
  await topKAsync(x, y, { k: 5, threads: 1, onProgress: (done, total) => seen.push([done, total]) });
  clearInterval(clock);
  expect(turns).toBeGreaterThan(0);
  const [done, total] = seen.at(-1) as [number, number];
  expect(done).toBe(total);
  const dones = seen.map(([at]) => at);
  expect(dones).toEqual([...dones].sort((a, b) => a - b));
});

const HEAVY = rows(4000, 256);
test.each([
  ["pairwiseAsync", (signal: AbortSignal) => pairwiseAsync(HEAVY, undefined, { signal, threads: 1 })],
  ["topKAsync", (signal: AbortSignal) => topKAsync(HEAVY, HEAVY, { k: 10, signal, threads: 1 })],
] as const)("%s ends with ERR_ABORTED when its signal says so midway", async (_, run) => {
  const stop = new AbortController();
  const running = run(stop.signal);
  setTimeout(() => stop.abort(), 2);
  const error: unknown = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WarpweftError);
  expect((error as WarpweftError).code).toBe("ERR_ABORTED");
});
