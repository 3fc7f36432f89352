import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { allocateOn, DeviceArray, DeviceBlock } from "../../lib/device-array.js";
import { native } from "../../lib/native.js";
import { runLine } from "../support/child.js";
import { onVirtualGpu, places } from "../support/places.js";

describe.runIf(places().includes("cuda"))("the native side of cuda", () => {
  describe("the native surface", () => {
    const { gpu: calls } = native();

    test("memory that was released is refused, and may be released again", () => {
      const array = allocateOn("cuda:0", "float32", 4);
      calls.release(array.handle);
      calls.release(array.handle);
      const gone = expect.objectContaining({ code: "ERR_DISPOSED", message: "the device memory was released" });
      expect(() => calls.copyOut(new Float32Array(4), array)).toThrow(gone);
      expect(() => calls.zero(array)).toThrow(gone);
    });

    test("arrays beyond their memory, of another length, of no memory", () => {
      const block = new DeviceBlock("cuda:0", 16);
      const array = (kind: string, offset: number, length: number) => new DeviceArray(block, kind, 4, offset, length);
      const refused = (call: () => unknown, words: RegExp) =>
        expect(call).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT", message: expect.stringMatching(words) }));
      const within = /must lie within its memory of 16 bytes/;
      refused(() => calls.zero(array("Float32Array", 4, 4)), within);
      refused(() => calls.zero(array("Float32Array", 2, 1)), within);
      refused(() => calls.zero(array("Float32Array", 0, 2 ** 52)), within);
      refused(() => calls.zero(array("Float64Array", 0, 1)), /must have kind, byteOffset and length/);
      refused(() => calls.zero(array("Float32Array", -4, 1)), /must have kind, byteOffset and length/);
      refused(
        () => calls.zero({ ...array("Float32Array", 0, 4), handle: {} } as never),
        /must be an array on a device/,
      );
      refused(() => calls.copyIn(array("Float32Array", 0, 4), new Float32Array(3)), /got 16 and 12$/);
      refused(() => calls.copy(array("Float32Array", 0, 4), array("Float32Array", 4, 3)), /got 16 and 12$/);
      refused(() => calls.release({} as never), /must be a handle of device memory/);
      refused(() => calls.allocate(0, -1), /must be an integer from 0/);
      expect(() => calls.allocate(99, 4)).toThrow(expect.objectContaining({ code: "ERR_DEVICE", device: "NO_DEVICE" }));
    });

    test("zeros and copies are done in the order that they are asked for", () => {
      const [a, b] = [allocateOn("cuda:0", "int32", 3), allocateOn("cuda:0", "int32", 3)];
      calls.copyIn(a, Int32Array.of(1, 2, 3));
      calls.copy(b, a);
      calls.zero(a.subarray(1, 3));
      const [one, two] = [new Int32Array(3), new Int32Array(3)];
      calls.copyOut(one, a);
      calls.copyOut(two, b);
      expect([[...one], [...two]]).toEqual([
        [1, 0, 0],
        [1, 2, 3],
      ]);
      calls.synchronize(0);
    });

    test("arrays of one call on two places", () => {
      const there = allocateOn("cuda:0", "float32", 4);
      const call = () =>
        native().distance.pairwise(
          1,
          undefined,
          0,
          0,
          0,
          there,
          0,
          2,
          2,
          there,
          0,
          2,
          2,
          2,
          true,
          null,
          new Float32Array(4),
          0,
          2,
        );
      expect(call).toThrow(
        expect.objectContaining({ code: "ERR_ARGUMENT", message: expect.stringMatching(/on another device/) }),
      );
      expect(() => native().convert(there as never, 0, new Float32Array(4), 0, 4)).toThrow(/runs on the CPU only/);
    });
  });

  describe.runIf(onVirtualGpu())("in a process of its own", () => {
    test("what a kernel does wrong arrives as an error that names it", () => {
      const folder = mkdtempSync(join(tmpdir(), "images-"));
      writeFileSync(join(folder, "algebra.ptx"), WILD);
      const line = `
        const x = w.tensor([1, 2], undefined, { device: "cuda" });
        try { x.exp().data() } catch (e) { console.log(e.constructor.name, e.code, e.message) }`;
      const { out, err } = runLine(line, { WARPWEFT_CUDA_IMAGES: folder });
      expect(out).toMatch(
        /^WarpweftError ERR_CUDA \w+: .*CUDA_ERROR_\w+: kernel algebra_elementwise, PTX line \d+, block/,
      );
      expect(err).toBe("");
    });

    test("ends while work is under way, quietly", () => {
      const line = `
        const x = w.tensor(new Float32Array(1 << 20), [1024, 1024], { device: "cuda" });
        x.add(x);
        console.log("done")`;
      expect(runLine(line, {})).toEqual({ out: "done", err: "" });
    });
  });
});

/** A kernel of the right name that writes to no memory at all. */
const WILD = `
.version 7.0
.target sm_80
.address_size 64
.visible .entry algebra_elementwise() {
  .reg .b64 %rd<2>;
  mov.b64 %rd1, 16;
  st.global.b64 [%rd1], %rd1;
  ret;
}
`;
