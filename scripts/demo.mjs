// npm run demo [-- arguments]: sets up what is missing, then runs the main example.
import { runTool } from "./run.mjs";
import { setup } from "./setup.mjs";

setup();
process.exit(runTool("tsx", ["examples/digits.ts", ...process.argv.slice(2)]));
