// System packages: finds what is missing, and installs it through apt where it may.
import { existsSync } from "node:fs";
import { must, onPath, run, stop } from "./run.mjs";

const program = (name) => () => onPath(name);
const header = (path) => () => existsSync(`/usr/include/${path}`) || existsSync(`/usr/local/include/${path}`);

/** Debian's package → what shows that it is there. */
const BUILD = {
  "g++": program("g++"),
  cmake: program("cmake"),
  "ninja-build": program("ninja"),
  make: program("make"),
  "libhwy-dev": header("hwy/highway.h"),
};
const TEST = {
  binutils: program("objdump"),
  "clang-format": program("clang-format"),
};
/** Where the machine is no ARM itself, NEON is tried under qemu. */
const NEON = {
  "g++-aarch64-linux-gnu": program("aarch64-linux-gnu-g++"),
  "qemu-user-static": program("qemu-aarch64-static"),
};

/** Make does Ninja's work, and CMake fetches Highway's headers where no package brings them. */
const REPLACEABLE = ["ninja-build", "libhwy-dev"];

export function missingPackages(forTests) {
  const wanted = { ...BUILD, ...(forTests ? TEST : {}), ...(forTests && process.arch !== "arm64" ? NEON : {}) };
  return Object.entries(wanted)
    .filter(([, present]) => !present())
    .map(([name]) => name);
}

export function systemPackages(forTests) {
  if (process.platform !== "linux") return elsewhere();
  const missing = missingPackages(forTests);
  if (missing.length === 0) return;
  const sudo = process.getuid() === 0 ? [] : ["sudo"];
  if (!onPath("apt-get")) return withoutApt(missing.filter((name) => !REPLACEABLE.includes(name)));
  const byHand = ["apt-get update", `apt-get install -y ${missing.join(" ")}`].map((line) => [...sudo, line].join(" "));
  if (sudo.length > 0 && (!onPath("sudo") || run("sudo", ["-n", "true"], { stdio: "ignore" }) !== 0))
    stop(
      `System packages are missing and installing them needs a password. Run this, then start again:\n\n  ${byHand.join(" && ")}`,
    );
  console.log(`Installing system packages: ${missing.join(" ")}`);
  const apt = [...sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"];
  const install = (...args) => must("Installing system packages", apt[0], [...apt.slice(1), ...args]);
  install("update");
  install("install", "-y", "--no-install-recommends", ...missing);
  const still = missingPackages(forTests);
  if (still.length > 0) stop(`These packages are still missing after the installation: ${still.join(" ")}.`);
}

function withoutApt(missing) {
  if (missing.length === 0) return;
  stop(`These Debian packages, or your system's names for them, are needed first: ${missing.join(" ")}.`);
}

/** On other systems the compiler is the system's own and CMake fetches Highway's headers. */
function elsewhere() {
  if (!onPath("cmake") && !onPath("cmake.exe"))
    stop("CMake is needed first, with a C++20 compiler. Install both, then start again.");
}
