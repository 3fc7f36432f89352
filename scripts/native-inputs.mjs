// The files a native build reads. Printed one a line for binding.gyp; setup.mjs hashes them.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Every file under `folder`, relative to the repository, sorted. */
export function filesUnder(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
}

export const nativeInputs = () => [
  "CMakeLists.txt",
  ...["cuda.cmake", "ptxvm.cmake", "plain-ptx.cmake", "exports.map"].map((name) => `scripts/${name}`),
  ...["cuda", "src"].flatMap(filesUnder),
];

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(nativeInputs().join("\n"));
