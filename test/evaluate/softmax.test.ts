import { describe, expect, test } from "vitest";
import { softmax, softmaxAsync } from "../../lib/evaluate/index.js";
import { noGrad, type Tensor, tensor } from "../../lib/index.js";
import { gradCheck } from "../../lib/testing.js";
import { exactly, expectEarned, type Round, singly } from "../support/earned.js";
import { untouched } from "../support/guard.js";
import { places, put, runOn, tensorHere } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { fill, normal, type Rows, type Storage, stored, uniform } from "../support/rows.js";

function naive(row: readonly number[], f: Round): number[] {
  const top = Math.max(...row);
  const powers = row.map((x) => f(Math.exp(f(x - top))));
  const sum = powers.reduce((a, b) => f(a + b), 0);
  return powers.map((power) => f(power / sum));
}

const each = (rows: Rows, f: Round) => rows.flatMap((row) => naive(row, f));

function agrees(what: string, rows: Rows, storage: Storage = "float32", gap = 0): void {
  const d = rows[0]?.length ?? 0;
  const x = put(rows, d, storage, d + gap);
  const held = rows.map((row) => row.map((value) => stored(value, storage)));
  const y = untouched(what, [x], () => softmax(x));
  expect([y.shape, y.dtype]).toEqual([[rows.length, d], "float32"]);
  const exact = each(held, exactly);
  expectEarned(what, y.data(), exact, each(held, singly), exact); // relative to each probability
}

const around = (...edges: number[]) => edges.flatMap((edge) => [edge - 1, edge, edge + 1]);

describe.each(places())("softmax on %s", (place) => {
  runOn(place);

  test.each([1, 2, 3, ...around(8, 16, 64, 128), 1000])("is right for rows of %d", (d) => {
    for (const spread of [0.01, 1, 8]) {
      const next = normal(d);
      const rows = fill(5, d, () => Math.fround(spread * next() + 3));
      agrees(`${d} columns, spread ${spread}`, rows);
      agrees(`${d} columns, spread ${spread}, gaps`, rows, "float32", 3);
    }
  });

  test.each(["float16", "bfloat16"] as const)("takes %s", (storage) => {
    agrees(storage, fill(9, 77, normal(2)), storage, 1);
  });

  test.each([
    ["far above 0", 60_000],
    ["far below 0", -60_000],
    ["beyond what two passes hold", 1e6],
    ["at the end of float32", 3e38],
  ])("stays right %s", (_, offset) => {
    const next = normal(3);
    agrees(
      String(offset),
      fill(4, 100, () => Math.fround(offset + 10 * next())),
    );
  });

  test("a large element between small ones takes all", () => {
    const row = [...new Array(70).fill(0)];
    row[69] = 5e4;
    expect([...softmax(put([row], 70)).data()]).toEqual(row.map((x) => (x > 0 ? 1 : 0)));
  });

  test("rows rise from nothing: 150 powers of two below the last", () => {
    agrees("rising", [Array.from({ length: 150 }, (_, k) => Math.fround((k - 149) * Math.LN2))]);
  });

  test("−∞ is 0, a row of it too; NaN and +∞ make their row NaN and no other", () => {
    const y = softmax(
      tensorHere([
        [0, -Infinity, 0],
        [-Infinity, -Infinity, -Infinity],
        [1, Number.NaN, 2],
        [Infinity, 0, -Infinity],
        [Number.NaN, 1e7, 0],
        [3, 3, 3],
      ]),
    ).toArray() as number[][];
    expect(y[0]).toEqual([0.5, 0, 0.5]);
    expect(y[1]).toEqual([0, 0, 0]);
    for (const row of [2, 3, 4]) expect(y[row], `row ${row}`).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    for (const share of y[5] as number[]) expect(share).toBeCloseTo(1 / 3, 7);
  });

  test("nothing gives nothing", () => {
    expect(softmax(tensorHere(new Float32Array(0), [0, 5])).shape).toEqual([0, 5]);
    expect(softmax(tensorHere(new Float32Array(0), [3, 0])).shape).toEqual([3, 0]);
  });

  test("has the gradient of its formula", () => {
    for (const d of [1, 5, 64, 131]) {
      const next = normal(d + 7);
      const [rows, g] = [fill(4, d, () => Math.fround(next())), fill(4, d, () => Math.fround(next()))];
      const x = tensorHere(rows, undefined, { requiresGrad: true });
      softmax(x).backward(tensorHere(g));
      const gradient = (f: Round) =>
        rows.flatMap((row, i) => {
          const y = naive(row, f);
          const mean = y.reduce((sum, p, k) => f(sum + f(p * (g[i]?.[k] as number))), 0);
          return y.map((p, k) => f(p * f((g[i]?.[k] as number) - mean)));
        });
      const terms = rows.flatMap((row, i) => {
        const y = naive(row, exactly);
        const mean = y.reduce((sum, p, k) => sum + p * Math.abs(g[i]?.[k] as number), 0);
        return y.map((p, k) => p * (Math.abs(g[i]?.[k] as number) + mean));
      });
      expectEarned(`${d} columns`, x.grad?.data() as Float32Array, gradient(exactly), gradient(singly), terms);
    }
  });

  test("its gradient passes the check by differences, and is 0 for a row of −∞", () => {
    const weights = tensorHere(fill(3, 6, normal(9)));
    const x = tensorHere(fill(3, 6, normal(8)), undefined, { requiresGrad: true });
    expect(gradCheck((v) => softmax(v).mul(weights).sum(), [x])).toBeLessThan(1e-2);
    const empty = tensorHere([[-Infinity, -Infinity]], undefined, { requiresGrad: true });
    softmax(empty).sum().backward();
    expect(empty.grad?.toArray()).toEqual([[0, 0]]);
  });

  test("the same for 1, 2 and 7 threads, at once and later", async () => {
    const x = put(fill(300, 1000, uniform(4)), 1000);
    const bytes = (y: Tensor) => Buffer.from((y.data() as Float32Array).buffer);
    const one = bytes(softmax(x, { threads: 1 }));
    for (const threads of [1, 2, 7]) {
      expect(bytes(softmax(x, { threads })).equals(one)).toBe(true);
      expect(bytes(await softmaxAsync(x, { threads })).equals(one)).toBe(true);
    }
  });
});

test("is not on the tape inside noGrad", () => {
  const x = tensor([[1, 2]], undefined, { requiresGrad: true });
  expect(noGrad(() => softmax(x)).requiresGrad).toBe(false);
});

const REFUSALS: readonly Refusal[] = [
  [
    "a vector",
    () => softmax(tensor([1, 2])),
    "ERR_SHAPE",
    "softmax: x must be a matrix [rows, columns], got shape [2]",
  ],
  [
    "integers",
    () => softmax(tensor(new Int32Array(4), [2, 2])),
    "ERR_DTYPE",
    'softmax: x must be float32, float16 or bfloat16, got "int32"',
  ],
  [
    "an unknown option",
    () => softmax(tensor([[1]]), { axis: 0 } as never),
    "ERR_ARGUMENT",
    'softmax: there is no option "axis"; known are threads',
  ],
  [
    "an aborted signal",
    () => softmaxAsync(tensor([[1]]), { signal: AbortSignal.abort() }),
    "ERR_ABORTED",
    "softmaxAsync: aborted by its signal",
  ],
];
test.each(REFUSALS)("softmax refuses %s", (...refusal) => expectRefused(refusal));
