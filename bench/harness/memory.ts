import { readFileSync, writeFileSync } from "node:fs";

/** Bytes by a field of /proc/self/status, which counts in KiB. */
function status(field: "VmRSS" | "VmHWM"): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync("/proc/self/status", "utf8"));
  return Number(line![1]) * 1024;
}

/** The most memory `body` adds to what is resident when it starts; null where the kernel does not tell. */
export async function peakMemory(body: () => void | Promise<void>): Promise<number | null> {
  (globalThis as { gc?: () => void }).gc?.();
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
