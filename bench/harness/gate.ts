// Noise from other tenants halves speed with nothing visible: every sample stands between two spins of all cores.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { program } from "./programs.js";

const SPIN_MS = 10; // long enough to meet whatever else runs on the core
const SETTLE_MS = 30; // workers of some libraries keep spinning after a call

export interface Gate {
  /** GFLOP/s of the slowest core just now. */
  spin(): Promise<number>;
  close(): void;
}

export function openGate(): Gate {
  const child: ChildProcess = spawn(program("machine"), ["gate", String(SPIN_MS)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    spin: async () => {
      await sleep(SETTLE_MS);
      child.stdin!.write("\n");
      const { value, done } = await lines.next();
      if (done) throw new Error("the gate's program has ended");
      return Number(value);
    },
    close: () => child.stdin!.end(),
  };
}
