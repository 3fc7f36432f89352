import { expect, test } from "vitest";
import { tensor } from "../../lib/index.js";
import { loss } from "../../lib/loss/index.js";
import { fill, normal } from "../support/rows.js";
import { expectRefused } from "../support/refusal.js";

const heavy = tensor(Float32Array.from(fill(4000, 256, normal(1)).flat()), [4000, 256], { requiresGrad: true });
const labels = Int32Array.from({ length: 4000 }, (_, i) => i % 50);

test("forward and backward end with ERR_ABORTED when the signal says so midway, and leave no gradient", async () => {
  const stop = new AbortController();
  const running = loss.multiSimilarityAsync(heavy, labels, { signal: stop.signal, threads: 1 });
  setTimeout(() => stop.abort(), 2);
  const message = "loss.multiSimilarityAsync: aborted by its signal";
  await expectRefused(["forward", () => running, "ERR_ABORTED", message]);

  const value = await loss.multiSimilarityAsync(heavy, labels);
  const later = new AbortController();
  const back = value.backwardAsync(undefined, { signal: later.signal });
  setTimeout(() => later.abort(), 2);
  await expectRefused(["backward", () => back, "ERR_ABORTED", "backwardAsync: aborted by its signal"]);
  expect(heavy.grad).toBeNull();
  value.backward();
  expect(heavy.grad?.shape).toEqual([4000, 256]);
});

test("progress rises to its total", async () => {
  const seen: number[] = [];
  let whole = 0;
  await loss.multiSimilarityAsync(heavy, labels, {
    onProgress: (done, total) => {
      seen.push(done);
      whole = total;
    },
  });
  expect(seen.at(-1)).toBe(whole);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
});
