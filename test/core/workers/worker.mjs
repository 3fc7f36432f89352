import { parentPort, workerData } from "node:worker_threads";
import { register } from "tsx/esm/api";

register(); // a worker does not inherit it
const { step } = await import("./work.ts");
let sum = 0;
for (let i = 0; i < workerData.rounds; i++) {
  const promise = step(workerData.size);
  if (i === 0) parentPort.postMessage("started");
  sum = await promise;
}
parentPort.postMessage(sum);
