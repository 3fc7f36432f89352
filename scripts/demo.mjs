// npm run demo [-- arguments]: sets up what is missing, then runs the main example on the package as it is built.
import { runTool } from "./run.mjs";
import { setup } from "./setup.mjs";

setup();
process.exit(runTool("tsx", ["--tsconfig", "tsconfig.build.json", "examples/digits.ts", ...process.argv.slice(2)]));
