import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Bytes by a field of /proc/self/status, which counts in KiB. */
function status(field: "VmRSS" | "VmHWM"): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync("/proc/self/status", "utf8"));
  return Number(line![1]) * 1024;
}

const RETURN_MS = 100; // until what was collected has gone back to the system

/** Bytes of the heap and of array buffers that are still there when `body` has ended, at least 0. */
export async function retainedMemory(body: () => unknown): Promise<number> {
  const inUse = (): number => {
    (globalThis as { gc?: () => void }).gc?.();
    const { heapUsed, external } = process.memoryUsage(); // external has the array buffers
    return heapUsed + external;
  };
  await body(); // what is compiled or cached once is no growth
  const before = inUse();
  await body();
  return Math.max(inUse() - before, 0);
}

/** The most memory `body` adds to what is resident when it starts; null where the kernel does not tell. */
export async function peakMemory(body: () => void | Promise<void>): Promise<number | null> {
  for (let i = 0; i < 2; ++i) {
    (globalThis as { gc?: () => void }).gc?.();
    await sleep(RETURN_MS);
  }
  let before: number;
  try {
    writeFileSync("/proc/self/clear_refs", "5"); // forgets the peak so far
    before = status("VmRSS");
  } catch {
    await body();
    return null;
  }
  await body();
  return Math.max(status("VmHWM") - before, 0);
}
