// The C++ tests: built from the same objects as the addon, and once more for aarch64, run under qemu.
import { execFile } from "node:child_process";
import { cpus } from "node:os";
import { at, onPath, root, run } from "./run.mjs";

const MINUTE = 60_000;
const failure = { passed: 0, failed: 1, skipped: 0 };

export function nativeTests() {
  if (build("build", "native_tests") !== 0) return failure;
  return counted([at("build/native_tests")]);
}

/** The virtual GPU's own tests. What the unit tests need of it is built too: the driver, and the kernels in nvcc's second dialect. */
export function virtualGpuTests() {
  if (process.platform !== "linux") {
    console.log("Skipped: the virtual GPU runs on Linux.");
    return { passed: 0, failed: 0, skipped: 1 };
  }
  if (build("build", "warpweft_ptxvm", "dialect_images", "ptxvm_tests") !== 0) return failure;
  return counted([at("build/ptxvm_tests")]);
}

export function neonTests() {
  if (process.arch === "arm64" || process.platform !== "linux") {
    console.log(
      `Skipped: ${process.arch === "arm64" ? "the tests above ran on NEON itself" : "qemu runs Linux programs on Linux only"}.`,
    );
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const out = "build/aarch64";
  const generator = onPath("ninja") ? ["-G", "Ninja"] : [];
  if (run("cmake", ["-S", ".", "-B", out, "--toolchain", "scripts/aarch64.cmake", ...generator]) !== 0) return failure;
  if (build(out, "native_tests") !== 0) return failure;
  // Those of plain C++ ran above on this processor, which takes a fraction of the time.
  return counted(["qemu-aarch64-static", at(out, "native_tests")], "- on scalar");
}

const build = (folder, ...targets) =>
  run("cmake", ["--build", folder, "--parallel", String(cpus().length), "--target", ...targets], {
    timeout: 8 * MINUTE,
  });

/** Runs the program once on each processor, each with its share of the tests that the filter wants, and adds their counts. */
async function counted([program, ...args], filter = "") {
  const shares = cpus().length;
  const parts = await Promise.all(
    cpus().map((_, share) => countedPart(program, [...args, filter, `${share}/${shares}`])),
  );
  return parts.reduce((a, b) => ({
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  }));
}

/** Shows the program's output and reads the counts from its last `N passed, N failed` line. */
function countedPart(program, args) {
  return new Promise((settle) => {
    const options = { cwd: root, timeout: 25 * MINUTE, maxBuffer: 1 << 26 };
    execFile(program, args, options, (error, stdout, stderr) => {
      process.stdout.write(stdout);
      process.stderr.write(stderr);
      const counts = [...stdout.matchAll(/(\d+) passed, (\d+) failed(?:, (\d+) skipped)?/g)].at(-1);
      if (!counts) {
        console.error(
          `${program} ended (${error?.message ?? "well"}) without a line of the form "N passed, N failed".`,
        );
        return settle(failure);
      }
      const [passed, failed, skipped] = counts.slice(1).map((count) => Number(count ?? 0));
      settle({ passed, failed: error ? Math.max(failed, 1) : failed, skipped });
    });
  });
}
