import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A process per file: the addon's thread pool, its instruction set and the number of threads belong to a process.
    pool: "forks",
    execArgv: ["--expose-gc"],
    testTimeout: 60_000,
  },
});
