import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { devices, setThreads, threads } from "../../lib/index.js";
import { native } from "../../lib/native.js";
import { runLine as run } from "../support/child.js";
import { onVirtualGpu } from "../support/places.js";

describe("devices", () => {
  test("the processor is there, and what it computes with", () => {
    const [cpu] = devices();
    expect(cpu).toMatchObject({ device: "cpu", available: true, instructionSet: native().instructionSet() });
    expect(native().instructionSets()).toContain(cpu.instructionSet);
    expect(cpu.name).not.toBe("");
    expect(cpu.memory).toBeGreaterThan(2 ** 28);
  });

  test("without a GPU there is one entry that says why; else one for each, by its number", () => {
    const [, ...gpus] = devices();
    expect(gpus.length).toBeGreaterThanOrEqual(1);
    gpus.forEach((gpu, ordinal) => {
      const { code, reason, ...rest } = gpu;
      if (gpu.available) {
        expect(rest).toMatchObject({
          device: `cuda:${ordinal}`,
          computeCapability: expect.stringMatching(/^\d+\.\d$/),
        });
        expect(gpu.memory).toBeGreaterThan(0);
      }
      expect([code === undefined, reason === undefined]).toEqual([gpu.available, gpu.available]);
    });
  });
});

describe("why there is no GPU", () => {
  /** A folder is enough to be asked for the driver; nothing is loaded from it. */
  const images = { WARPWEFT_CUDA: "", WARPWEFT_CUDA_IMAGES: tmpdir() };
  const line = `
    const gpu = w.devices()[1];
    let error;
    try { w.tensor([1], [1], { device: "cuda" }) } catch (e) { error = [e.code, e.device, e.message] }
    console.log(JSON.stringify({ gpu, error }))`;

  function expectAbsent(env: Record<string, string>, code: string, device: string, reason: RegExp): void {
    const { out, err } = run(line, { ...images, ...env });
    const { gpu, error } = JSON.parse(out);
    expect(gpu).toMatchObject({ device, available: false, code, reason: expect.stringMatching(reason) });
    expect(error).toEqual(["ERR_DEVICE", code, `tensor: device "cuda" is not here: ${gpu.reason}`]);
    expect(err).toBe("");
  }

  test.each(["0", "off"])("WARPWEFT_CUDA=%s", (off) => {
    const words = new RegExp(`^the environment variable WARPWEFT_CUDA is ${off}$`);
    expectAbsent({ WARPWEFT_CUDA: off }, "DISABLED", "cuda", words);
  });

  test("no folder of kernels", () => {
    const words = /^WARPWEFT_CUDA_IMAGES names .*nowhere, which is no folder of GPU kernels$/;
    expectAbsent({ WARPWEFT_CUDA_IMAGES: join(tmpdir(), "nowhere") }, "BUILT_WITHOUT_KERNELS", "cuda", words);
  });

  test("no driver library", () => {
    const words = /^the driver library nowhere\.so could not be loaded \(.*\); install NVIDIA's driver$/;
    expectAbsent({ WARPWEFT_CUDA_DRIVER: "nowhere.so" }, "NO_DRIVER", "cuda", words);
  });

  test.runIf(process.platform === "linux")("a library without the calls that are needed", () => {
    const words = /^libm\.so\.6 has no cuInit; a driver for CUDA 12\.0 or later is needed$/;
    expectAbsent({ WARPWEFT_CUDA_DRIVER: "libm.so.6" }, "DRIVER_TOO_OLD", "cuda", words);
  });

  describe.runIf(onVirtualGpu())("as the virtual GPU pretends", () => {
    test("an old driver", () => {
      const words = /^the driver is for CUDA 11\.8; one for CUDA 12\.0 or later is needed$/;
      expectAbsent({ PTXVM_DRIVER_VERSION: "11080" }, "DRIVER_TOO_OLD", "cuda", words);
    });

    test("no device", () => {
      expectAbsent({ PTXVM_DEVICES: "0" }, "NO_DEVICE", "cuda", /^the driver is there, but it sees no CUDA device$/);
    });

    test("an old device", () => {
      const words = /has compute capability 7\.5; 8\.0 \(Ampere\) or later is needed$/;
      expectAbsent({ PTXVM_CAPABILITY: "7.5" }, "UNSUPPORTED_CAPABILITY", "cuda:0", words);
    });

    test("kernels of the family are missing, which only their use shows", () => {
      const use = `
        const x = w.tensor([1], [1], { device: "cuda" });
        try { x.exp() } catch (e) { console.log(e.code, e.device, e.message) }`;
      const { out, err } = run(use, { ...images, WARPWEFT_CUDA_IMAGES: mkdtempSync(join(tmpdir(), "images-")) });
      expect(out).toMatch(/^ERR_DEVICE BUILT_WITHOUT_KERNELS exp: there are no kernels at .*algebra\.ptx$/);
      expect(err).toBe("");
    });
  });
});

describe("threads", () => {
  test("what setThreads says", () => {
    const before = threads();
    setThreads(3);
    expect(threads()).toBe(3);
    setThreads(before);
    expect(threads()).toBe(before);
  });

  test("else WARPWEFT_THREADS, else the machine's; nothing is printed to stderr", () => {
    expect(run("console.log(w.threads())", { WARPWEFT_THREADS: "5" })).toEqual({ out: "5", err: "" });
    expect(run("console.log(w.threads())", {})).toEqual({ out: String(native().cores()), err: "" });
    expect(run("console.log(w.threads())", { WARPWEFT_THREADS: "" }).out).toBe(String(native().cores()));
  });

  test.each(["0", "many", "1.5", "2000"])("WARPWEFT_THREADS=%s is refused in words", (value) => {
    const line = "try { w.threads() } catch (e) { console.log(e.code, e.message) }";
    const words = `ERR_ARGUMENT threads: WARPWEFT_THREADS must be an integer from 1 to 1024, got "${value}"`;
    expect(run(line, { WARPWEFT_THREADS: value }).out).toBe(words);
  });
});
