// npm run demo [-- arguments]: sets up what is missing, then runs the main example, compiled, on the package as it is built.
import { basename } from "node:path";
import { at, run } from "./run.mjs";
import { buildExamples, setup } from "./setup.mjs";

setup();
buildExamples();
// The virtual GPU reads the kernels' PTX, which is made beside it; what the addon embeds is compressed for real ones.
const { WARPWEFT_CUDA_DRIVER: driver } = process.env;
if (driver && basename(driver).includes("ptxvm")) process.env.WARPWEFT_CUDA_IMAGES ??= at("build/cuda");
process.exit(run(process.execPath, ["build/examples/digits.js", ...process.argv.slice(2)]));
