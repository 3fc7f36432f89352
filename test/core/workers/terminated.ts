import { start } from "./start.js";
import { DEVICE, matrixOf, step } from "./work.js";

const size = DEVICE === "cpu" ? 500 : 100; // the virtual GPU is slower

let terminated = 0;
for (let round = 0; round < 2; round++) {
  const workers = await Promise.all([1, 2, 3].map(() => start(1_000_000, size)));
  const mine = step(size);
  await new Promise((resolve) => setTimeout(resolve, 5 * round)); // at another moment of their work each time
  await Promise.all(workers.map(({ worker }) => worker.terminate()));
  terminated += workers.length;
  await mine;
}
const ones = matrixOf(1, false).mul(0).add(1000);
console.log(
  `${terminated} terminated in the middle, the main thread computes on: ${ones.matmul(matrixOf(1, false).exp()).item()}`,
);
