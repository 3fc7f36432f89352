import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** A worker that has begun, and what it will say at the end. It prints nothing. */
export async function start(rounds: number, size: number): Promise<{ worker: Worker; sum: Promise<number> }> {
  const worker = new Worker(process.argv[2], { workerData: { rounds, size } });
  const sum = new Promise<number>((resolve) => {
    worker.on("message", (message) => typeof message === "number" && resolve(message));
  });
  await once(worker, "message");
  return { worker, sum };
}
