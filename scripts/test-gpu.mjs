// npm run test:gpu: the tests of place "cuda" on this machine's own GPU, then its times. Says why when there is none.
import { at, run, runTool, stop } from "./run.mjs";
import { setup } from "./setup.mjs";

setup({ forTests: true });
const { devices } = await import(new URL("../dist/index.js", import.meta.url).href);
const gpus = devices().filter(({ device }) => device.startsWith("cuda"));
const present = gpus.filter(({ available }) => available);
for (const { device, name, available, reason } of gpus)
  console.log(`${device}: ${name}${available ? "" : `, ${reason}`}`);
if (present.length === 0) stop("There is no GPU to test on.");

// The system's own driver, and the SASS that ships rather than PTX.
const env = { ...process.env, WARPWEFT_CUDA_DRIVER: process.env.WARPWEFT_CUDA_DRIVER ?? "", WARPWEFT_TEST_GPU: "1" };
const tests = ["test/core", "test/distance", "test/loss"];
const failed = runTool("vitest", ["run", "-t", "cuda", ...tests], { env });
const timed = run(process.execPath, [at("node_modules/tsx/dist/cli.mjs"), "bench/run.ts", "--device", "cuda"], { env });
process.exit(failed || timed);
