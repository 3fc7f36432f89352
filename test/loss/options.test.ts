/** What every loss takes beside its parameters. */
import { describe, expect, test } from "vitest";
import { noGrad, tensor } from "../../lib/index.js";
import { crossBatchMemory, loss, miner } from "../../lib/loss/index.js";
import type { MinedPairs } from "../../lib/loss/types.js";
import type { Tensor } from "../../lib/types.js";
import { exactly } from "../support/earned.js";
import { LABELS, X, Y } from "../support/golden.js";
import { at, onePerDevice, places, runOn } from "../support/places.js";
import { fill, normal, type Rows } from "../support/rows.js";
import { bitSets } from "./call.js";
import { pairsOf, type Problem } from "./expected.js";

const leaf = (rows: Rows): Tensor =>
  tensor(Float32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 6], at({ requiresGrad: true }));
const close = (got: ArrayLike<number>, wanted: ArrayLike<number>): void => {
  const size = Math.max(1e-30, ...Array.from(wanted, Math.abs));
  expect(got.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++)
    expect(Math.abs((got[i] as number) - (wanted[i] as number)) / size).toBeLessThan(4e-6);
};

const IDS = [0, 1, 2, 0, -1, -1, 1, 5];
const SETS = [[1], [3], [2], [4], [0], [6], [255], [8]];

describe.each(places())("miners and options on %s", (place) => {
  runOn(place);

  const mined = (options: Pick<Problem, "sets" | "exclude">): Pick<MinedPairs, "anchor1" | "positive"> => {
    const { kinds } = pairsOf(
      {
        ...{ loss: "multiSimilarity", x: X, d: 6, labels: LABELS, params: {}, normalize: true, reduction: "mean" },
        ...{ metric: "cosineSimilarity", miner: { name: "multiSimilarity", params: { epsilon: 0.1 } } },
        ...options,
      },
      exactly,
    );
    const pairs = kinds.flatMap((row, i) => row.flatMap((kind, j) => (kind === 1 ? [[i, j] as const] : [])));
    return { anchor1: Int32Array.from(pairs, ([i]) => i), positive: Int32Array.from(pairs, ([, j]) => j) };
  };

  test("a miner leaves pairs out, and takes sets", () => {
    const rule = miner.multiSimilarity();
    expect(rule.mine(leaf(X), LABELS, { exclude: { rows: IDS } })).toMatchObject(mined({ exclude: { rows: IDS } }));
    expect(rule.mine(leaf(X), bitSets(SETS, 1))).toMatchObject(mined({ sets: SETS }));
  });

  test("sets with one bit each are class ids, and a set may be wider than it need be", () => {
    const value = loss.contrastive(leaf(X), LABELS).item();
    const one = LABELS.map((label) => [1 << label]);
    expect(loss.contrastive(leaf(X), bitSets(one, 1)).item()).toBeCloseTo(value, 6);
    const wide = one.map(([byte = 0]) => [0, 0, 0, 0, 0, 0, byte]);
    expect(loss.contrastive(leaf(X), bitSets(wide, 7)).item()).toBeCloseTo(value, 6);
    expect(loss.contrastive(leaf(X), tensor(new Uint8Array(0), [8, 0])).item()).toBeGreaterThan(0);
  });

  test("an anchor whose own candidate is left out contributes 0, and counts", () => {
    const all = loss.infoNCE(leaf(X), leaf(Y), {
      reduction: "none",
      exclude: { rows: IDS, columns: [0, 9, 9, 9, 9, 9, 9, 9] },
    });
    expect(all.data()[0]).toBe(0);
    expect(all.data()[3]).toBeLessThan(loss.infoNCE(leaf(X), leaf(Y), { reduction: "none" }).data()[3] as number);
    const mean = loss.infoNCE(leaf(X), leaf(Y), { exclude: { rows: IDS, columns: [0, 9, 9, 9, 9, 9, 9, 9] } });
    expect(mean.item()).toBeCloseTo(all.mean().item(), 5);
  });

  test("everything left out is 0 with zero gradients", () => {
    const x = leaf(X);
    const same = X.map(() => 3);
    for (const value of [
      loss.contrastive(x, LABELS, { exclude: { rows: same } }),
      loss.ntXent(x, LABELS, { exclude: { rows: same } }),
      loss.multiSimilarity(x, LABELS, { exclude: { rows: same } }),
      loss.infoNCE(x, leaf(Y), { exclude: { rows: same } }),
    ]) {
      expect(value.item()).toBe(0);
      value.backward();
    }
    expect([...(x.grad as Tensor).data()].every((slope) => slope === 0)).toBe(true);
  });
});

describe.each(places())("matryoshka on %s", (place) => {
  runOn(place);

  test("all columns alone are the loss itself, and a part of them that of a view", () => {
    for (const width of [6, 4]) {
      const seen = leaf(X).columns(0, width);
      const plain = loss.infoNCE(seen, seen.detach(), { reduction: "none" });
      const x = leaf(X);
      const value = loss.infoNCE(x, x.detach(), { reduction: "none", matryoshka: [width] });
      close(value.data(), plain.data());
      value.sum().backward();
      expect(x.grad?.shape).toEqual([8, 6]);
      const beyond = (x.grad as Tensor).data().filter((_, at) => at % 6 >= width);
      expect(beyond.every((slope) => slope === 0)).toBe(true);
    }
  });

  test("later and into a given result it is the same", async () => {
    const x = leaf(X);
    const value = loss.contrastive(x, LABELS, { matryoshka: [2, 6] });
    expect((await loss.contrastiveAsync(x, LABELS, { matryoshka: [2, 6] })).item()).toBe(value.item());
    const out = tensor(Float32Array.of(7), [], at());
    expect(noGrad(() => loss.contrastive(x, LABELS, { matryoshka: [2, 6], out }))).toBe(out);
    expect(out.item()).toBe(value.item());
  });
});

describe.each(onePerDevice())("crossBatchMemory on %s", (place) => {
  runOn(place);

  test("a first batch meets itself, a row not its own copy", () => {
    for (const labels of [LABELS, bitSets(SETS, 1)]) {
      const memory = crossBatchMemory(20);
      const [u, v] = [leaf(X), leaf(X)];
      const value = memory.step((a, b, o) => loss.contrastive(a, b, o), u, labels as number[]);
      const whole = loss.contrastive(v, labels as number[]);
      close(value.data(), whole.data());
      const half = loss.contrastive(v, labels as number[], {
        reference: { embeddings: v.detach(), labels: labels as number[] },
        exclude: { rows: [0, 1, 2, 3, 4, 5, 6, 7] },
      });
      value.backward();
      half.backward();
      expect(u.grad?.data()).toEqual(v.grad?.data());
    }
  });

  test("later batches meet the last rows too, as a ring", () => {
    const memory = crossBatchMemory(10);
    const batches = [1, 2, 3, 4].map((seed) => fill(4, 6, normal(seed)));
    const labels = [0, 1, 0, 1];
    const rows: number[][] = [];
    for (const batch of batches) {
      rows.push(...batch);
      const [u, v] = [leaf(batch), leaf(batch)];
      const value = memory.step((a, b, o) => loss.ntXent(a, b, o), u, labels);
      const kept = rows.slice(-10);
      const ids = kept.map((_, i) => i);
      const plain = loss.ntXent(v, labels, {
        reference: { embeddings: leaf(kept).detach(), labels: kept.map((_, i) => (rows.length - kept.length + i) % 2) },
        exclude: { rows: ids.slice(-4), columns: ids },
      });
      close(value.data(), plain.data());
      value.backward();
      plain.backward();
      close(u.grad?.data() as Float32Array, v.grad?.data() as Float32Array);
    }
    memory.reset();
    const [again, once] = [leaf(X), leaf(X)];
    const fresh = memory.step((a, b, o) => loss.ntXent(a, b, o), again, LABELS);
    close(fresh.data(), loss.ntXent(once, LABELS).data());
  });

  test("halves are compared as they are stored", () => {
    const memory = crossBatchMemory(8);
    const half = tensor(Float32Array.from(X.flat()), [8, 6], at()).to("bfloat16");
    const value = memory.step((a, b, o) => loss.contrastive(a, b, o), half, LABELS);
    close(value.data(), loss.contrastive(half, LABELS).data());
  });
});
