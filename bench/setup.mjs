// `npm run bench:setup`: the peers from npm, the libraries of the ceiling from Debian, and the ceiling's programs.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const LIBRARIES = { "libopenblas-dev": "cblas.h", "libdnnl-dev": "oneapi/dnnl/dnnl.hpp" };
const TOOLS = { cmake: "cmake", "g++": "g++" };

function run(command, args, options = {}) {
  console.log(`> ${command} ${args.join(" ")}`);
  return spawnSync(command, args, { stdio: "inherit", cwd: here, ...options }).status === 0;
}

const answers = (command, args, input) =>
  spawnSync(command, args, { input, stdio: ["pipe", "ignore", "ignore"] }).status === 0;
const hasHeader = (header) => {
  const flags = [
    "-x",
    "c++",
    "-E",
    "-I/usr/include/openblas",
    `-I/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`,
    "-",
  ];
  return answers("g++", flags, `#include <${header}>\n`);
};

function systemPackages() {
  const missing = [
    ...Object.entries(TOOLS)
      .filter(([, program]) => !answers(program, ["--version"]))
      .map(([name]) => name),
    ...Object.entries(LIBRARIES)
      .filter(([, header]) => !hasHeader(header))
      .map(([name]) => name),
  ];
  if (missing.length === 0) return;
  const install = ["install", "-y", "--no-install-recommends", ...missing];
  const mayInstall = process.getuid?.() === 0 && answers("apt-get", ["--version"]);
  if (mayInstall && run("apt-get", ["update"]) && run("apt-get", install)) return;
  console.log(
    `\nThe ceiling needs packages that are not here. Install them, then run this again:\n  sudo apt-get ${install.join(" ")}`,
  );
  console.log("Without libopenblas-dev there is no ceiling; without libdnnl-dev there is none for bfloat16.\n");
}

function peers() {
  // onnxruntime's install script would download CUDA libraries.
  const options = { env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" } };
  const quiet = ["--no-audit", "--no-fund"];
  if (!run("npm", ["ci", ...quiet], options)) return false;
  // NumKong has one package a platform and asks for Node 22; its Node-API file loads in 20 all the same.
  const { config } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  const numkong = `@numkong/${process.platform}-${process.arch}@${config.numkong}`;
  if (!run("npm", ["install", "--no-save", "--no-package-lock", "--force", ...quiet, numkong], options))
    console.log(`${numkong} is not to be had: the report leaves it out.`);
  return true;
}

// The benchmark imports "warpweft" as a user does; npm would install the whole repository to make this link.
function linkPackage() {
  const link = join(here, "node_modules", "warpweft");
  if (!existsSync(link)) symlinkSync(join("..", ".."), link, "dir");
}

function ceiling() {
  return (
    run("cmake", ["-S", "ceiling", "-B", "build", "-DCMAKE_BUILD_TYPE=Release"]) &&
    run("cmake", ["--build", "build", "-j", "2"])
  );
}

systemPackages();
if (!peers()) process.exit(1);
linkPackage();
if (!ceiling()) process.exit(1);
console.log("\nReady: npm run build, then npm run bench.");
