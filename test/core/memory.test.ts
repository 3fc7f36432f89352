import { beforeAll, describe, expect, test } from "vitest";
import { scope, tensor } from "../../lib/index.js";
import { adamW } from "../../lib/optim.js";
import type { Tensor } from "../../lib/types.js";
import { normal } from "../support/rows.js";

const CALLS = 10_000;
/** What the engine counts as its own is exact: a tenth of 10⁴ leaks of the smallest array used here, 4 KiB. */
const COUNTED = 4 * 2 ** 20;
/** What the process holds is not, as allocators keep what they had. */
const RESIDENT = 32 * 2 ** 20;

const { gc } = globalThis as { gc?: () => void };
const random = (shape: number[]) => tensor(Float32Array.from({ length: shape[0] * shape[1] }, normal(1)), shape);
const [x, w] = [random([32, 64]), random([64, 32])]; // 8 KiB each, their product 4

/** Bytes that a body leaves behind after as many calls, once everything was collected. */
async function growth(body: () => unknown): Promise<{ counted: number; resident: number }> {
  const rest = async () => {
    for (let i = 0; i < 3; i++) {
      gc?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { heapUsed, external, rss } = process.memoryUsage();
    return { counted: heapUsed + external, resident: rss };
  };
  for (let i = 0; i < CALLS / 5; i++) await body();
  const before = await rest();
  for (let i = 0; i < CALLS; i++) await body();
  const after = await rest();
  return { counted: after.counted - before.counted, resident: after.resident - before.resident };
}

beforeAll(() => {
  expect(gc, "the tests run with --expose-gc").toBeTypeOf("function");
});

describe(`${CALLS} calls leave nothing behind:`, () => {
  const parameter = w.mul(1).detach();
  const leaf = tensor(parameter.data(), [64, 32], { requiresGrad: true });
  const optimizer = adamW([leaf], { learningRate: 1e-6 });
  const everlasting = new AbortController().signal;
  const loss = (): Tensor => x.matmul(leaf).relu().mean();
  const bodies: Record<string, () => unknown> = {
    "a native call": () => x.matmul(w),
    "a conversion": () => x.to("bfloat16").to("float32"),
    "a training step": () =>
      scope(() => {
        optimizer.zeroGrad();
        loss().backward();
        optimizer.step();
      }),
    "a graph that is never walked": () => loss(),
    "work off the event loop": () => loss().backwardAsync(),
    "work with progress and one signal for all": () =>
      loss().backwardAsync(undefined, { signal: everlasting, onProgress: () => undefined }),
    "an error": () => {
      try {
        x.matmul(x);
      } catch {}
    },
    "an abort": () =>
      loss()
        .backwardAsync(undefined, { signal: AbortSignal.abort() })
        .catch(() => undefined),
  };
  test.each(Object.entries(bodies))("%s", async (_, body) => {
    const { counted, resident } = await growth(body);
    expect(counted).toBeLessThan(COUNTED);
    expect(resident).toBeLessThan(RESIDENT);
  });

  test("the measure sees a leak", async () => {
    const kept: Float32Array[] = [];
    const small = await growth(() => kept.push(new Float32Array(1024)));
    expect(small.counted).toBeGreaterThan(COUNTED);
    const large = await growth(() => kept.push(new Float32Array(8192).fill(1)));
    expect(large.resident).toBeGreaterThan(RESIDENT);
  });
});
