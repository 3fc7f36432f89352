import { start } from "./start.js";
import { step } from "./work.js";

await start(1_000_000, 500);
void step(1500);
setTimeout(() => process.exit(7), 20);
