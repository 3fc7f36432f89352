// What only tensors on a GPU have: every layout and dtype of one kernel, sums in parts, and the border between devices.
import { describe, expect, test } from "vitest";
import { deliver, products } from "../../lib/algebra/device.js";
import { allocate, elements, insideOf, memory } from "../../lib/dense.js";
import type { DeviceArray } from "../../lib/device-array.js";
import { noGrad, tensor } from "../../lib/index.js";
import { native } from "../../lib/native.js";
import type { Device, DType, NumericArray, Tensor } from "../../lib/types.js";
import { exactly, expectEarned, type Round, singly } from "../support/earned.js";
import { places, runOn } from "../support/places.js";
import { expectRefused } from "../support/refusal.js";
import { fill, normal, uniform } from "../support/rows.js";

const on = (device: Device) => (data: NumericArray | number[], shape?: readonly number[], dtype?: DType) =>
  tensor(data, shape, { device, ...(dtype ? { dtype } : {}) });
const normals = (count: number, seed: number) => Float32Array.from({ length: count }, normal(seed));

/** `body` on both devices, bit for bit; NaN is NaN. */
function same(body: (make: ReturnType<typeof on>) => Tensor): void {
  const [cpu, gpu] = (["cpu", "cuda"] as const).map((device) => body(on(device)));
  expect(gpu!.device).toBe("cuda:0");
  expect([gpu!.shape, gpu!.dtype]).toEqual([cpu!.shape, cpu!.dtype]);
  expect([...gpu!.data()]).toEqual([...cpu!.data()]);
}

describe.skipIf(!places().includes("cuda"))("on cuda", () => {
  runOn("cuda");

  describe("dtypes", () => {
    const every = Uint16Array.from({ length: 1 << 16 }, (_, bits) => bits);
    const isNaN16 = (bits: number, dtype: DType) => (bits & 0x7fff) > (dtype === "float16" ? 0x7c00 : 0x7f80);

    test.each(["float16", "bfloat16"] as const)("every %s becomes its float32", (dtype) => {
      same((make) => make(every, undefined, dtype).to("float32"));
    });

    test.each(["float16", "bfloat16"] as const)("float32 is rounded to the nearest %s, ties to even", (dtype) => {
      const values = new Float32Array(1 << 16);
      native().convert(every, dtype === "float16" ? 1 : 2, values, 0, values.length);
      // Each value, the middle between it and the next, and the float32 on either side of that.
      const bits = new Uint32Array(values.buffer);
      const half = dtype === "float16" ? 1 << 12 : 1 << 15;
      const near = [0, half - 1, half, half + 1].flatMap((by) => [...bits].map((b) => (b + by) >>> 0));
      const source = new Float32Array(Uint32Array.from(near).buffer);
      const [cpu, gpu] = (["cpu", "cuda"] as const).map((device) => on(device)(source).to(dtype).data());
      const wrong = near.filter((_, i) => (isNaN16(cpu![i]!, dtype) ? !isNaN16(gpu![i]!, dtype) : gpu![i] !== cpu![i]));
      expect(wrong).toEqual([]);
    });

    test("integers become floats, and floats integers where they are some", async () => {
      same((make) => make([-128, 0, 7, 127], undefined, "int8").to("float32"));
      same((make) => make([0, 255], undefined, "uint8").to("bfloat16"));
      same((make) => make([2 ** 24 + 1, -(2 ** 31), 2 ** 31 - 1], undefined, "int32").to("float32"));
      same((make) => make([1, -3]).to("int32"));
      same((make) => make([1, 300], undefined, "int32").to("float16"));
      await expectRefused([
        "a fraction",
        () => on("cuda")([0.5]).to("int8"),
        "ERR_ARGUMENT",
        "to: data[0] must be an integer from -128 to 127 for int8, got 0.5",
      ]);
    });

    test.each(["float32", "float16", "bfloat16", "int32", "int8", "uint8"] as const)(
      "a strided view of %s is packed as it is",
      (dtype) => {
        const counted = (make: ReturnType<typeof on>) =>
          make(
            Array.from({ length: 60 }, (_, i) => i),
            [6, 10],
            dtype,
          );
        same((make) => counted(make).transpose().reshape([60]));
        same((make) => counted(make).columns(3, 8).transpose().reshape([2, 15]));
      },
    );

    test.each(["float32", "float16", "bfloat16"] as const)("a result is delivered as %s", (dtype) => {
      const inside = (x: Tensor) => insideOf(x)!;
      const [cpu, gpu] = [normals(35, 1), inside(on("cuda")(normals(35, 1), [5, 7]))];
      const out = allocate("test", [7, 5], dtype, "cuda:0");
      const turned = out.view([5, 7], [1, 5]);
      deliver("test", gpu, turned);
      expect(elements(out)).toEqual(tensor(cpu, [5, 7]).transpose().reshape([35]).to(dtype).data());
    });
  });

  describe("layouts", () => {
    test("more dimensions than a kernel walks", () => {
      const odd = Array.from({ length: 18 }, (_, axis) => (axis % 2 ? 2 : 1));
      const even = odd.map((length) => 3 - length);
      same((make) =>
        make(normals(512, 2), odd)
          .mul(make(normals(512, 3), even))
          .reshape([2 ** 18])
          .sum(),
      );
    });

    test("a gradient is summed over more dimensions than a kernel walks", () => {
      const odd = Array.from({ length: 18 }, (_, axis) => (axis % 2 ? 2 : 1));
      const [cpu, gpu] = (["cpu", "cuda"] as const).map((device) => {
        const x = tensor(normals(512, 4), odd, { device, requiresGrad: true });
        const ones = on(device)(
          new Float32Array(512).fill(1),
          odd.map((length) => 3 - length),
        );
        x.mul(ones).sum().backward();
        return x.grad!.data();
      });
      expect(gpu).toEqual(cpu);
    });

    test("steps that 32 bits do not hold", () => {
      const [x, out] = [on("cuda")([1, 2, 3, 4, 5, 6]), on("cuda")(new Float32Array(6))];
      const part = (of: Tensor) => memory(insideOf(of)!) as DeviceArray;
      const lengths = Float64Array.of(1, 2, 3);
      const [along, across] = [Float64Array.of(2 ** 40, 3, 1), Float64Array.of(0, 1, 2)];
      native().algebra.elementwise(
        ...[1, undefined, 1, 3, lengths],
        ...([true, part(x), 0, along] as const),
        ...([false, 0] as const),
        ...([true, part(out), 0, across] as const),
      );
      expect([...out.data()]).toEqual([-1, -4, -2, -5, -3, -6]);
    });

    test("the gradient of columns is zero elsewhere, and adds up", () => {
      const wide = tensor(normals(15, 5), [3, 5], { device: "cuda", requiresGrad: true });
      wide.columns(1, 3).add(wide.columns(2, 4)).sum().backward();
      wide.columns(1, 3).sum().backward();
      const row = [0, 2, 3, 1, 0];
      expect(wide.grad!.toArray()).toEqual([row, row, row]);
    });
  });

  describe("sums", () => {
    test.each([
      ["of all elements", [100_003], [] as number[]],
      ["over rows", [5000, 40], [40]],
      ["over columns", [40, 5000], [40, 1]],
      ["over short columns", [3000, 3], [3000, 1]],
      ["of the middle", [33, 100, 34], [33, 1, 34]],
    ] as const)("%s have parts, float64 inside", (_, shape, kept) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const values = normals(size, 6);
      const [cpu, gpu] = (["cpu", "cuda"] as const).map((device) => {
        const bias = tensor(new Float32Array(kept.reduce((a, b) => a * b, 1)), kept, { device, requiresGrad: true });
        on(device)(values, shape).add(bias).backward(on(device)(values, shape));
        return bias.grad!.data();
      });
      // Rounded once from sums that differ in the order of float64 additions.
      const off = [...cpu!].map((value, i) => Math.abs(value - gpu![i]!) / (Math.abs(value) + 1e-30));
      expect(Math.max(...off)).toBeLessThanOrEqual(2 ** -23);
    });

    test("nothing to sum gives zeros", () => {
      const bias = tensor(new Float32Array(3), [3], { device: "cuda", requiresGrad: true });
      on("cuda")(new Float32Array(0), [0, 3])
        .add(bias)
        .backward(on("cuda")(new Float32Array(0), [0, 3]));
      expect(bias.grad!.toArray()).toEqual([0, 0, 0]);
    });
  });

  describe("the matrix product", () => {
    test.each([
      ["float16", "float16", 45],
      ["bfloat16", "bfloat16", 45],
      ["float16", "bfloat16", 45],
      ["float32", "bfloat16", 45],
      ["float32", "float32", 1100], // cut into parts
      ["bfloat16", "bfloat16", 2047],
    ] as const)("of %s and %s over %i columns", (left, right, k) => {
      const [m, n] = [67, 35];
      const [a, b] = [on("cuda")(normals(m * k, 7), [m, k]).to(left), on("cuda")(normals(n * k, 8), [n, k]).to(right)];
      const [x, y] = [a.to("float32").data(), b.to("float32").data()];
      const product = (round: Round, terms = false) =>
        Array.from({ length: m * n }, (_, at) => {
          const [i, j] = [Math.floor(at / n), at % n];
          let sum = 0;
          for (let c = 0; c < k; c++) {
            const term = round(x[i * k + c]! * y[j * k + c]!);
            sum = round(sum + (terms ? Math.abs(term) : term));
          }
          return sum;
        });
      const got = a.matmul(b.transpose()).data();
      expectEarned("matmul", got, product(exactly), product(singly), product(exactly, true));
    });

    test.each([
      [7, "float32"],
      [8, "float32"],
      [16, "bfloat16"],
    ] as const)("of many pairs at once, %d columns of %s: each is the product alone, bit for bit", (k, dtype) => {
      const [pairs, m, n] = [5, 3, 9];
      const [a, b] = [normals(m * pairs * k, 5), normals(k * pairs * n, 6)];
      const left = on("cuda")(a, [m, pairs * k]).to(dtype);
      const right = on("cuda")(b, [k, pairs * n]).to(dtype);
      const inside = (x: Tensor) => insideOf(x) as NonNullable<ReturnType<typeof insideOf>>;
      const out = allocate("test", [m, pairs, n], "float32", "cuda:0");
      const views = [
        inside(left).view([pairs, m, k], [k, pairs * k, 1]),
        inside(right).view([pairs, k, n], [n, pairs * n, 1]),
        out.view([pairs, m, n], [n, pairs * n, 1]),
      ] as const;
      products(...views)(1, undefined);
      const found = elements(out);
      for (let i = 0; i < pairs; i++) {
        const alone = left.columns(i * k, (i + 1) * k).matmul(right.columns(i * n, (i + 1) * n));
        const mine = Array.from({ length: m }, (_, r) => [
          ...found.subarray((r * pairs + i) * n, (r * pairs + i + 1) * n),
        ]);
        expect(mine.flat()).toEqual([...alone.data()]);
      }
    });

    test("off the event loop", async () => {
      const [a, b] = [fill(20, 9, normal(9)), fill(9, 30, normal(10))].map((rows) =>
        tensor(rows, undefined, { device: "cuda", requiresGrad: true }),
      ) as [Tensor, Tensor];
      const told: number[] = [];
      const loss = a.matmul(b).sum();
      await loss.backwardAsync(undefined, { onProgress: (done, total) => told.push(done / total) });
      expect(told.length).toBeGreaterThan(0);
      expect(told).toEqual([...told].sort((one, two) => one - two));
      const [one, two] = [a.grad!.data(), b.grad!.data()];
      for (const x of [a, b]) x.zeroGrad();
      a.matmul(b).sum().backward();
      expect([a.grad!.data(), b.grad!.data()]).toEqual([one, two]);
    });
  });

  describe("devices", () => {
    const gpu = () => on("cuda")([1, 2, 3, 4], [2, 2]);
    const cpu = () => on("cpu")([1, 2, 3, 4], [2, 2]);

    test.each(["add", "sub", "mul", "div", "matmul"] as const)("%s does not mix them", async (name) => {
      const words = (want: string, got: string) => `${name}: other must be on ${want} like this, got ${got}`;
      await expectRefused(["gpu", () => gpu()[name](cpu()), "ERR_DEVICE", words("cuda:0", "cpu")]);
      await expectRefused(["cpu", () => cpu()[name](gpu()), "ERR_DEVICE", words("cpu", "cuda:0")]);
    });

    test("a number meets a tensor where that is", () => {
      same((make) => make([1, 2, 3]).sub(0.1).div(7).mul(-2).add(1));
    });

    test("gradients of two passes add up on the device", () => {
      const x = tensor([1, -2], undefined, { device: "cuda", requiresGrad: true });
      for (let pass = 0; pass < 2; pass++) x.mul(x).add(x.mul(3)).sum().backward();
      expect([x.grad!.device, x.grad!.toArray()]).toEqual(["cuda:0", [10, -2]]);
    });

    test("the same bits on every run", () => {
      const next = uniform(11);
      const [a, b] = [0, 1].map(() => on("cuda")(Float32Array.from({ length: 130 * 70 }, next), [130, 70]));
      const bits = () => noGrad(() => a!.matmul(b!.transpose()).exp().mean().data());
      expect(bits()).toEqual(bits());
    });
  });
});
