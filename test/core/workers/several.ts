import { start } from "./start.js";
import { step } from "./work.js";

const workers = await Promise.all([1, 2, 3, 4].map(() => start(3, 120)));
for (const sum of await Promise.all([step(120), ...workers.map((started) => started.sum)])) console.log(sum);
