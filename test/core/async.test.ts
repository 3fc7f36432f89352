import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { later, type Steps, twins } from "../../lib/async.js";
import { allocateFloats } from "../../lib/dense.js";
import { setThreads, tensor, threads } from "../../lib/index.js";
import { native } from "../../lib/native.js";
import type { Tensor } from "../../lib/types.js";
import { uniform } from "../support/rows.js";
import { expectRefused } from "../support/refusal.js";

/** Long enough to be seen running: about 2 GFLOP. */
const SIZE = 1000;
const random = (seed: number) => Float32Array.from({ length: SIZE * SIZE }, uniform(seed));
const big = () => tensor(random(1), [SIZE, SIZE], { requiresGrad: true });
const loss = (x: Tensor) => x.matmul(x).mean();

/** A body of two kernels, with what any body may do wrong. */
const square = random(2);
const [twice, twiceAsync] = twins(
  "twice",
  function* (n: number, options: { threads?: number; note?: string } = {}): Steps<string> {
    if (n < 0) throw new RangeError("negative");
    const out = allocateFloats("twice", n, n);
    for (let pass = 0; pass < 2; pass++)
      yield (count, job) => native().matmul(count, job, square, n, 1, square, n, 1, n, n, n, out);
    return `${Object.keys(options).sort()} ${out[0] > 0}`;
  },
);

let before = 0;
beforeAll(() => {
  before = threads();
  setThreads(1);
});
afterAll(() => setThreads(before));

describe("twins", () => {
  test("the body is the same; signal and onProgress stay outside", async () => {
    expect(twice(50, { note: "x" })).toBe("note true");
    expect(await twiceAsync(50, { note: "x", signal: new AbortController().signal, onProgress() {} })).toBe(
      "note true",
    );
    expect(await twiceAsync(50)).toBe(" true");
    expect(twiceAsync.length).toBe(0);
  });

  test("what the body throws is a rejection", async () => {
    expect(() => twice(-1)).toThrow(RangeError);
    const promise = twiceAsync(-1);
    await expect(promise).rejects.toThrow(RangeError);
  });

  test("the arguments have been looked at when the call returns", async () => {
    const seen: string[] = [];
    const [, runAsync] = twins("run", function* (_: object): Steps<number> {
      seen.push("body");
      yield () => undefined;
      return 1;
    });
    const promise = runAsync({});
    seen.push("after");
    expect(seen).toEqual(["body", "after"]);
    expect(await promise).toBe(1);
  });

  test("refused in words", async () => {
    await expectRefused([
      "threads",
      () => twice(1, { threads: 0 }),
      "ERR_ARGUMENT",
      "twice: threads must be an integer from 1 to 1024, got 0",
    ]);
    await expectRefused([
      "threads",
      () => twiceAsync(1, { threads: 1.5 }),
      "ERR_ARGUMENT",
      "twiceAsync: threads must be an integer from 1 to 1024, got 1.5",
    ]);
    await expectRefused([
      "signal",
      () => twiceAsync(1, { signal: {} as never }),
      "ERR_ARGUMENT",
      "twiceAsync: signal must be an AbortSignal, got an object",
    ]);
    await expectRefused([
      "onProgress",
      () => twiceAsync(1, { onProgress: 1 as never }),
      "ERR_ARGUMENT",
      "twiceAsync: onProgress must be a function, got 1",
    ]);
  });

  test("memory that the engine cannot give is ERR_MEMORY", async () => {
    const [now, then] = twins("large", (_: object): number => new Float32Array(2 ** 40).length);
    const words = { code: "ERR_MEMORY", message: "large: Invalid typed array length: 1099511627776" };
    expect(() => now({})).toThrow(expect.objectContaining(words));
    await expect(then({})).rejects.toMatchObject({ ...words, message: `largeAsync: ${words.message.slice(7)}` });
  });

  test("a native refusal is the package's error and names the function", async () => {
    const short = new Float32Array(1);
    const [now, then] = twins("short", function* (_: object): Steps<void> {
      yield (count, job) => native().matmul(count, job, short, 4, 1, short, 4, 1, 4, 4, 4, short);
    });
    const words = { name: "WarpweftError", code: "ERR_ARGUMENT", message: expect.stringMatching(/^short(Async)?: ./) };
    expect(() => now({})).toThrow(expect.objectContaining(words));
    await expect(then({})).rejects.toMatchObject(words);
  });
});

describe("backwardAsync", () => {
  test("the same bits as backward", async () => {
    const [a, b] = [big(), big()];
    loss(a).backward();
    await loss(b).backwardAsync();
    const bytes = (x: Tensor) => Buffer.from((x.grad as Tensor).data().buffer);
    expect(bytes(b).equals(bytes(a))).toBe(true);
  });

  test("the event loop turns meanwhile", async () => {
    const y = loss(big());
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const started = performance.now();
    await y.backwardAsync();
    const took = performance.now() - started;
    clearInterval(timer);
    expect(took).toBeGreaterThan(20);
    expect(turns).toBeGreaterThan(took / 50);
  });

  test("progress grows up to the whole", async () => {
    const seen: [number, number][] = [];
    await loss(big()).backwardAsync(undefined, { onProgress: (done, total) => seen.push([done, total]) });
    expect(seen.length).toBeGreaterThan(2);
    const done = seen.map(([value]) => value);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(new Set(seen.map(([, total]) => total))).toEqual(new Set([2]));
    expect(done.at(-1)).toBeLessThanOrEqual(2);
  });

  test("what onProgress throws is the rejection, and nothing else happens", async () => {
    const x = big();
    const y = loss(x);
    const fails = () => {
      throw new RangeError("from the listener");
    };
    await expect(y.backwardAsync(undefined, { onProgress: fails })).rejects.toThrow("from the listener");
    expect(x.grad).toBeNull();
    await y.backwardAsync();
    expect(x.grad).not.toBeNull();
  });

  test("while it runs the graph is its own", async () => {
    const y = loss(big());
    const first = y.backwardAsync();
    await expectRefused([
      "second",
      () => y.backward(),
      "ERR_ARGUMENT",
      "backward: what sum saved was released by an earlier backward; give that one { retainGraph: true }",
    ]);
    await first;
  });

  test("an input transferred meanwhile is noticed when it settles", async () => {
    const fixed = tensor(random(3), [SIZE, SIZE]);
    const promise = big().matmul(fixed).mean().backwardAsync();
    const keep = structuredClone(fixed.data(), { transfer: [fixed.data().buffer as ArrayBuffer] });
    const words = `matmul: the buffer of an input of shape [${SIZE}, ${SIZE}] was transferred or shrunk while it was needed`;
    await expectRefused(["transferred", () => promise, "ERR_ARGUMENT", words]);
    expect(keep.length).toBe(SIZE * SIZE);
  });
});

describe("abort", () => {
  const abortedWords = "backwardAsync: aborted by its signal";

  test("before the start: at once, with the reason as its cause", async () => {
    const x = big();
    const signal = AbortSignal.abort("enough");
    const promise = loss(x).backwardAsync(undefined, { signal });
    await expect(promise).rejects.toMatchObject({ code: "ERR_ABORTED", message: abortedWords, cause: "enough" });
    expect(x.grad).toBeNull();
  });

  test("in the middle: within 50 ms, nothing touched, the graph still usable", { retry: 2 }, async () => {
    const x = big();
    const y = loss(x);
    const controller = new AbortController();
    let asked = 0;
    setTimeout(() => {
      asked = performance.now();
      controller.abort();
    }, 10);
    await expectRefused([
      "aborted",
      () => y.backwardAsync(undefined, { signal: controller.signal }),
      "ERR_ABORTED",
      abortedWords,
    ]);
    expect(performance.now() - asked).toBeLessThan(50);
    expect(x.grad).toBeNull();
    await y.backwardAsync();
    expect(x.grad).not.toBeNull();
  });

  test("afterwards: no listener is left behind, and the result stands", async () => {
    const listeners = new Set<unknown>();
    const signal = {
      aborted: false,
      addEventListener: (_: string, listener: unknown) => listeners.add(listener),
      removeEventListener: (_: string, listener: unknown) => listeners.delete(listener),
    };
    let most = 0;
    await twiceAsync(200, { signal: signal as never, onProgress: () => (most = Math.max(most, listeners.size)) });
    expect(listeners.size).toBe(0);
    expect(most).toBe(1);
  });

  test("many calls may wait for one signal: all are cancelled, and Node has nothing to warn of", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Array.from({ length: 30 }, (_, i) => twiceAsync(i < 5 ? 10 : 400, { signal, threads: 1 }));
    await Promise.all(calls.slice(0, 5));
    controller.abort();
    const results = await Promise.allSettled(calls.slice(5));
    expect(results.filter(({ status }) => status === "rejected").length).toBeGreaterThan(20);
    await new Promise((resolve) => setTimeout(resolve));
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });

  test("between two kernels it is seen too", async () => {
    const controller = new AbortController();
    const passes: number[] = [];
    const body = (function* (): Steps<void> {
      for (let pass = 0; pass < 3; pass++)
        yield async () => {
          passes.push(pass);
          controller.abort();
        };
    })();
    await expectRefused([
      "later",
      () => later("f", body, { signal: controller.signal }),
      "ERR_ABORTED",
      "f: aborted by its signal",
    ]);
    expect(passes).toEqual([0]);
  });
});
