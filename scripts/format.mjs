// npm run format [-- --check]: biome for TypeScript and JSON, clang-format for C++ and CUDA. Generated files are left alone.
import { existsSync } from "node:fs";
import { filesUnder } from "./native-inputs.mjs";
import { at, run, runTool } from "./run.mjs";

const check = process.argv.includes("--check");
const sources = ["src", "cuda", "test", "bench"]
  .filter((folder) => existsSync(at(folder)))
  .flatMap(filesUnder)
  .filter((file) => /\.(h|cc|cu|cuh)$/.test(file) && !/\.gen\.h$|\/(build|node_modules)\//.test(file));

const biome = runTool("biome", check ? ["format"] : ["format", "--write"]);
const clang = run("clang-format", [...(check ? ["--dry-run", "-Werror"] : ["-i"]), ...sources]);
process.exit(biome || clang);
