// npm run demo [-- arguments]: sets up what is missing, then runs the main example, compiled, on the package as it is built.
// npm run demo:attention is the same with the example of that name.
import { run } from "./run.mjs";
import { buildExamples, setup } from "./setup.mjs";

const [first, ...rest] = process.argv.slice(2);
const [example, given] = first === "attention" ? [first, rest] : ["digits", process.argv.slice(2)];

setup();
buildExamples();
process.exit(run(process.execPath, [`build/examples/${example}.js`, ...given]));
