// A small tree of sources under the repository's own build files, to try those without compiling the library.
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../layout/read.js";

const SOURCES: Record<string, string> = {
  "src/ptxvm/sources.txt": "# no virtual GPU\n",
  "cuda/base/none.cuh": "// no kernels\n",
  "src/sources.txt": "# host sources\nsrc/addon.cc\nsrc/answer.cc : scalar\nsrc/other.cc : ISA_OF_ELSEWHERE\n",
  "src/answer.cc":
    "#if !defined(HWY_COMPILE_ONLY_SCALAR)\n#error the flags of the instruction set are missing\n#endif\nint answer() { return 42; }\n",
  "src/other.cc": "#error this belongs to another architecture\n",
  "src/addon.cc": `#include <napi.h>
int answer();
static Napi::Object init(Napi::Env, Napi::Object exports) {
  exports.Set("answer", answer());
  return exports;
}
NODE_API_MODULE(warpweft, init)
`,
};

const elsewhere = process.arch === "arm64" ? "avx2" : "neon";

export function smallTree(changes: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "warpweft-tree-"));
  for (const part of ["CMakeLists.txt", "binding.gyp", "package.json", "scripts", "src/gpu/images.h"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const [path, text] of Object.entries({ ...SOURCES, ...changes })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text.replace("ISA_OF_ELSEWHERE", elsewhere));
  }
  return folder;
}
