// npm run demo [-- arguments]: sets up what is missing, then runs the main example, compiled, on the package as it is built.
import { run } from "./run.mjs";
import { buildExamples, setup } from "./setup.mjs";

setup();
buildExamples();
process.exit(run(process.execPath, ["build/examples/digits.js", ...process.argv.slice(2)]));
