import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const packageRoot = fileURLToPath(new URL("..", import.meta.url));

/** Loads the addon that belongs to this machine, or throws an Error that says in words what was looked for and what to do. */
export function loadAddon(root: string = packageRoot): unknown {
  const folder = process.env.WARPWEFT_PREBUILD || root;
  let file: string | undefined;
  try {
    file = (require("node-gyp-build") as { resolve(root: string): string }).resolve(root);
    return require(file);
  } catch (cause) {
    // The file is fine, but refuses its environment: it says so itself.
    if ((cause as { code?: unknown } | null)?.code === "ERR_ARGUMENT")
      throw new Error(`warpweft: ${(cause as Error).message}`, { cause });
    throw new Error(explain(folder, file, cause instanceof Error ? cause.message : String(cause)), { cause });
  }
}

function explain(root: string, file: string | undefined, reason: string): string {
  const lines = [`warpweft: the native addon could not be loaded on ${machine()}.`];
  if (file === undefined) {
    lines.push("No file for this machine was found. Looked for:", ...lookedFor(root).map((path) => `  ${path}`));
    lines.push(`Prebuilt files there: ${prebuilt(root).join(", ") || "none"}.`);
  } else {
    lines.push(`The file was found but does not load: ${file}`, `  ${reason}`);
  }
  lines.push("What to do:", ...advice(root, file, reason).map((line) => `  - ${line}`));
  return lines.join("\n");
}

function machine(): string {
  const version = glibcVersion();
  const libc = process.platform === "linux" ? `, ${version ? `glibc ${version}` : "musl libc"}` : "";
  return `${process.platform}-${process.arch}${libc}, Node ${process.versions.node}`;
}

/** undefined where the C library is another one. */
function glibcVersion(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const report = process.report as (NodeJS.ProcessReport & { excludeNetwork?: boolean }) | undefined;
  if (!report) return undefined;
  const before = report.excludeNetwork;
  report.excludeNetwork = true; // otherwise the report looks up host names
  const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
  report.excludeNetwork = before;
  return header.glibcVersionRuntime;
}

function lookedFor(root: string): string[] {
  const libc = process.platform === "linux" ? (glibcVersion() ? "glibc" : "musl") : "*";
  const built = join(root, "build", "Release", "*.node");
  const prebuild = join(root, "prebuilds", `${process.platform}-${process.arch}`, `warpweft.${libc}.node`);
  return process.env.PREBUILDS_ONLY ? [prebuild] : [built, prebuild];
}

/** As `linux-x64/warpweft.glibc.node`. */
function prebuilt(root: string): string[] {
  const folder = join(root, "prebuilds");
  if (!existsSync(folder)) return [];
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return inside.flatMap(({ name }) => readdirSync(join(folder, name)).map((file) => `${name}/${file}`)).sort();
}

function advice(root: string, file: string | undefined, reason: string): string[] {
  const needed = /version `(GLIBC_[\d.]+)' not found/.exec(reason)?.[1];
  if (needed)
    return [`this system's C library is older than the file wants (${needed}): use a newer system image`, fromSource];
  if (file !== undefined) return ["reinstall the package: npm install warpweft", fromSource];
  if (existsSync(join(root, "CMakeLists.txt"))) return ["this is a checkout: run npm run build"];
  if (prebuilt(root).length > 0) return ["the package brings no file for this machine", fromSource];
  return [
    "if a bundler moved the code away from the package's files, mark warpweft as external",
    "otherwise files are missing, reinstall the package: npm install warpweft",
    fromSource,
  ];
}

const fromSource =
  "to build it yourself: clone its repository and run npm run build (wants a C++20 compiler, CMake and Highway's headers)";
