// What the addon checks again by itself before arithmetic on a GPU: places, lengths, steps. Called past lib/.
import { describe, expect, test } from "vitest";
import { allocateOn, DeviceArray } from "../../lib/device-array.js";
import { native } from "../../lib/native.js";
import type { DType } from "../../lib/types.js";
import { places } from "../support/places.js";

const FLOAT32 = 0;
const [COPY, ADD] = [0, 4];
const any = (value: unknown) => value as never;
const a = native().algebra;
function g(length: number, dtype: DType = "float32"): DeviceArray {
  const made = allocateOn("cuda:0", dtype, length);
  native().gpu.zero(made);
  return made;
}
const list = (...values: number[]) => Float64Array.from(values);

/** Two rows of three, from `x` to `out`. */
const copy = (changed: Partial<Record<"op" | "axes" | "lengths" | "x" | "steps" | "type" | "out" | "to", unknown>>) =>
  a.elementwise(
    1,
    undefined,
    any(changed.op ?? COPY),
    any(changed.axes ?? 2),
    any(changed.lengths ?? list(2, 3)),
    ...([true, changed.x ?? g(6), FLOAT32, changed.steps ?? list(3, 1)] as never),
    ...([false, 0] as never),
    ...([true, changed.out ?? g(6), changed.to ?? FLOAT32, list(3, 1)] as never),
  );
const sum = (x: DeviceArray, out: DeviceArray, summed = 3) =>
  a.sum(1, undefined, x, 1, list(2), list(3), 1, list(summed), list(1), 1, out);
const sgd = (w: unknown, gradient: unknown) => a.sgd(1, undefined, 4, any(w), any(gradient), null, 1, 0, 0);
const matmul = (left: number, right: number, out: number, stride = 3) =>
  a.matmul(1, undefined, g(left), FLOAT32, stride, 1, g(right), FLOAT32, 2, 1, 2, 2, 3, g(out));
/** Two pairs of 2 × 3 and 3 × 2, each `next` after the one before. */
const products = (left: number, right: number, out: number, next = 6, stride = 2) =>
  a.products(1, undefined, g(left), FLOAT32, 3, 1, next, g(right), FLOAT32, 2, 1, 6, 2, 2, 2, 3, stride, 4, g(out));
/** Starts in the middle of an element. */
const odd = () => new DeviceArray(g(8).block, "Uint16Array", 2, 2, 13);

const REFUSED: readonly [string, () => unknown, string][] = [
  ["host memory", () => sgd(new Float32Array(4), new Float32Array(4)), "sgd: its arrays must lie on a device"],
  [
    "host and device memory",
    () => sgd(g(4), new Float32Array(4)),
    "sgd: argument 5 lies on another device than those before it",
  ],
  ["short weights", () => sgd(g(3), g(4)), "sgd: w must hold 4 elements, got 3"],
  ["a short gradient", () => sgd(g(4), g(3)), "sgd: g must hold 4 elements, got 3"],
  ["weights that are none", () => sgd({}, g(4)), "sgd: w must be a typed array of its kind"],
  ["integers for weights", () => sgd(g(4, "int32"), g(4)), "sgd: w must be a typed array of its kind"],
  [
    "short state",
    () => a.adamW(1, undefined, 4, g(4), g(4), g(4), g(3), 0.9, 0.1, 0.99, 0.01, 1, 1, 0, 1),
    "adamW: v must hold 4 elements, got 3",
  ],
  ["an operation that is none", () => copy({ op: 9 }), "elementwise: argument 3 must be below 9, got 9"],
  ["too many dimensions", () => copy({ axes: 9 }), "elementwise: there are at most 8 dimensions"],
  ["a short list", () => copy({ lengths: list(2) }), "elementwise: scalars must hold 2 elements, got 1"],
  ["a step back", () => copy({ steps: list(3, -1) }), "elementwise: lengths and steps must be integers from 0"],
  ["half a step", () => copy({ steps: list(3, 0.5) }), "elementwise: lengths and steps must be integers from 0"],
  [
    "a length that is none",
    () => copy({ lengths: list(2, Number.NaN) }),
    "elementwise: lengths and steps must be integers from 0",
  ],
  ["a step beyond", () => copy({ steps: list(4, 1) }), "elementwise: a must hold 7 elements, got 6"],
  ["a short result", () => copy({ out: g(5) }), "elementwise: out must hold 6 elements, got 5"],
  [
    "an integer result of floats",
    () => copy({ out: g(6, "int8"), to: 4 }),
    "elementwise: out must hold floats, or what a holds",
  ],
  [
    "an integer sum",
    () => copy({ op: ADD, out: g(6, "int32"), to: 3 }),
    "elementwise: out must hold floats, or what a holds",
  ],
  ["half an element", () => copy({ x: odd() }), "elementwise: a must start at a multiple of its element size"],
  [
    "too many elements",
    () => copy({ lengths: list(2 ** 40, 2 ** 40), steps: list(0, 0) }),
    "elementwise: a matrix of 1099511627776 rows and 1099511627776 columns has too many elements",
  ],
  ["few terms", () => sum(g(5), g(2)), "sum: in must hold 6 elements, got 5"],
  ["few sums", () => sum(g(6), g(1)), "sum: out must hold 2 elements, got 1"],
  ["sums of nothing, too few", () => sum(g(0), g(1), 0), "sum: out must hold 2 elements, got 1"],
  [
    "short norms",
    () => a.normalize(1, undefined, 2, 3, g(6), g(6), g(15, "uint8")),
    "normalize: norms must hold 16 elements, got 15",
  ],
  [
    "a short gradient of rows",
    () => a.normalizeBackward(1, undefined, 2, 3, g(5), g(6), g(16, "uint8"), g(6)),
    "normalizeBackward: g must hold 6 elements, got 5",
  ],
  [
    "probabilities in host memory",
    () => a.softmax(1, undefined, new Float32Array(6), FLOAT32, 3, 2, 2, new Float32Array(6)),
    "softmax: its arrays must lie on a device",
  ],
  [
    "probabilities with no room",
    () => a.softmax(1, undefined, g(6), FLOAT32, 3, 2, 2, g(5)),
    "softmax: out must hold 6 elements, got 5",
  ],
  [
    "a short gradient of probabilities",
    () => a.softmaxBackward(1, undefined, 3, 2, g(6), g(5), g(6)),
    "softmaxBackward: g must hold 6 elements, got 5",
  ],
  ["a short left side", () => matmul(5, 6, 4), "matmul: a must hold 6 elements, got 5"],
  ["a left side of long rows", () => matmul(6, 6, 4, 4), "matmul: a must hold 7 elements, got 6"],
  ["a short right side", () => matmul(6, 5, 4), "matmul: b must hold 6 elements, got 5"],
  ["a short product", () => matmul(6, 6, 3), "matmul: out must hold 4 elements, got 3"],
  ["short left sides", () => products(11, 12, 8), "products: a must hold 12 elements, got 11"],
  ["left sides further apart", () => products(12, 12, 8, 7), "products: a must hold 13 elements, got 12"],
  ["short right sides", () => products(12, 11, 8), "products: b must hold 12 elements, got 11"],
  ["short products", () => products(12, 12, 7), "products: out must hold 8 elements, got 7"],
  [
    "rows of a product that overlap",
    () => products(12, 12, 8, 6, 1),
    "products: argument 17 must be an integer from 2, got 1.000000",
  ],
];

describe.skipIf(!places().includes("cuda"))("on cuda", () => {
  test.each(REFUSED)("%s", (_, call, message) => {
    expect(call).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT", message }));
  });

  test("what fits is taken", () => {
    for (const call of [
      () => copy({}),
      () => sum(g(6), g(2)),
      () => sgd(g(4), g(4)),
      () => matmul(6, 6, 4),
      () => products(12, 12, 8),
    ])
      expect(call).not.toThrow();
    native().gpu.synchronize(0);
  });
});
