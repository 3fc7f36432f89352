import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const virtual = at("build/Release/libwarpweft_ptxvm.so");

/** A driver that the caller names stays: that is how the same tests run on a real GPU. Without a pool every free reaches the driver. */
const gpu =
  process.env.WARPWEFT_CUDA_DRIVER === undefined && existsSync(virtual)
    ? { WARPWEFT_CUDA_DRIVER: virtual, WARPWEFT_CUDA_IMAGES: at("build/cuda"), WARPWEFT_CUDA_POOL: "0" }
    : {};

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A process per file: the addon's thread pool, its instruction set and the number of threads belong to a process.
    pool: "forks",
    maxWorkers: availableParallelism(),
    execArgv: ["--expose-gc"],
    testTimeout: 120_000,
    env: gpu,
  },
});
