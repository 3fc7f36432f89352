import { describe, expect, test } from "vitest";
import { embedding, rmsNorm, rmsNormAsync, rope, ropeAsync } from "../../lib/attention/index.js";
import { tensor } from "../../lib/index.js";
import { gradCheck } from "../../lib/testing.js";
import { exactly, expectEarned, type Round, singly } from "../support/earned.js";
import { onePerDevice, places, put, runOn, tensorHere } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { stored } from "../support/rows.js";
import { ropeOracle } from "./oracles/pieces.js";
import { bytes, floats, leaf } from "./pieces-cases.js";

describe.each(places())("on %s", (place) => {
  runOn(place);

  describe("rope", () => {
    const POSITIONS = [0, 1, 2, 63, 4095, 100_000, -5];
    test.each([2, 4, 8, 64, 66])("turns rows of %d, either way of pairing", (d) => {
      for (const interleaved of [true, false])
        for (const storage of ["float32", "bfloat16"] as const)
          for (const base of [10_000, 500]) {
            const rows = floats(7, d, d).map((row) => row.map((x) => stored(x, storage)));
            const of = (f: Round) => ropeOracle(rows, POSITIONS, { base, interleaved }, f);
            const y = rope(put(rows, d, storage, d + 2), Int32Array.from(POSITIONS), { base, interleaved });
            const exact = of(exactly);
            expectEarned(`${storage} ${interleaved}`, y.data(), exact.values, of(singly).values, exact.terms);
          }
    });

    test("gives all heads of a token its position, for three and four dimensions", () => {
      const rows = floats(24, 4, 1);
      const data = Float32Array.from(rows.flat());
      const expected = (positions: readonly number[]) =>
        ropeOracle(rows, positions, {}, exactly).values.map(Math.fround);
      const each = (list: readonly number[], heads: number) => list.flatMap((p) => new Array<number>(heads).fill(p));
      const three = rope(tensorHere(data, [8, 3, 4]), Int32Array.from([5, 6, 7, 8, 9, 10, 11, 12]));
      expect([...three.data()]).toEqual(expected(each([5, 6, 7, 8, 9, 10, 11, 12], 3)));
      const shared = rope(tensorHere(data, [2, 4, 3, 4]), Int32Array.of(3, 4, 5, 6));
      expect([...shared.data()]).toEqual(expected(each([3, 4, 5, 6, 3, 4, 5, 6], 3)));
      const own = rope(tensorHere(data, [2, 4, 3, 4]), Int32Array.of(3, 4, 5, 6, 0, 1, 2, 3));
      expect([...own.data()]).toEqual(expected(each([3, 4, 5, 6, 0, 1, 2, 3], 3)));
      expect(own.shape).toEqual([2, 4, 3, 4]);
    });

    test("turns the gradient back", () => {
      const [rows, g] = [floats(7, 8, 1), floats(7, 8, 2)];
      for (const interleaved of [true, false]) {
        const x = leaf(rows);
        rope(x, Int32Array.from(POSITIONS), { interleaved }).backward(tensorHere(g));
        const of = (f: Round) => ropeOracle(g, POSITIONS, { interleaved, back: true }, f);
        expectEarned("dx", x.grad?.data() as Float32Array, of(exactly).values, of(singly).values, of(exactly).terms);
        expect(gradCheck((v) => rope(v, Int32Array.from(POSITIONS), { interleaved }), [tensorHere(rows)])).toBeLessThan(
          1e-3,
        );
      }
    });

    test("inner products depend on the distance of positions alone", () => {
      const [q, k] = [floats(1, 16, 3), floats(1, 16, 4)];
      const score = (i: number, t: number) => {
        const [a, b] = [rope(tensorHere(q), Int32Array.of(i)), rope(tensorHere(k), Int32Array.of(t))].map(
          (y) => y.data() as Float32Array,
        ) as [Float32Array, Float32Array];
        return a.reduce((sum: number, x: number, c: number) => sum + x * (b[c] as number), 0);
      };
      expect(score(5, 2)).toBeCloseTo(score(1005, 1002), 4);
      expect(Math.abs(score(5, 2) - score(5, 4))).toBeGreaterThan(0.01);
    });

    test("gives the same bits on 1, 2 and 7 threads, at once and later", async () => {
      const x = tensorHere(Float32Array.from(floats(900, 10, 5).flat()), [300, 3, 10]);
      const positions = Int32Array.from({ length: 300 }, (_, i) => i);
      const one = bytes(rope(x, positions, { threads: 1 }));
      for (const threads of [2, 7]) expect(bytes(rope(x, positions, { threads }))).toEqual(one);
      expect(bytes(await ropeAsync(x, positions))).toEqual(one);
    });
  });
});

describe.each(onePerDevice())("embedding on %s", (place) => {
  runOn(place);
  const table = floats(5, 3, 1);

  test.each(["float32", "float16", "bfloat16"] as const)("picks rows of %s", (storage) => {
    const held = table.map((row) => row.map((x) => stored(x, storage)));
    const y = embedding(put(held, 3, storage, 4), [4, 0, 0, 2]);
    expect([y.shape, y.dtype]).toEqual([[4, 3], "float32"]);
    expect(y.toArray()).toEqual([4, 0, 0, 2].map((i) => held[i]));
  });

  test("adds up the gradients of a row that is asked for twice, and leaves 0 to others", () => {
    const x = leaf(table);
    const g = floats(4, 3, 2);
    embedding(x, Int32Array.of(4, 0, 0, 2)).backward(tensorHere(g));
    const sum = (a: number[], b: number[]) => a.map((v, k) => Math.fround(v + (b[k] as number)));
    const [g0, g1, g2, g3] = g as [number[], number[], number[], number[]];
    expect(x.grad?.toArray()).toEqual([sum(g1, g2), [0, 0, 0], g3, [0, 0, 0], g0]);
    expect(gradCheck((v) => embedding(v, [1, 1, 3]), [tensorHere(table)])).toBeLessThan(1e-3);
  });

  test("takes what labels are given as, and nothing at all", () => {
    const wanted = embedding(tensorHere(table), [1, 2]).toArray();
    for (const indices of [Int32Array.of(1, 2), BigInt64Array.of(1n, 2n), tensor(Int32Array.of(1, 2))])
      expect(embedding(tensorHere(table), indices).toArray()).toEqual(wanted);
    expect(embedding(tensorHere(table), []).shape).toEqual([0, 3]);
    const mine = Int32Array.of(1);
    const x = leaf(table);
    const y = embedding(x, mine);
    mine[0] = 3;
    y.sum().backward();
    expect(x.grad?.toArray()).toEqual([0, 1, 0, 0, 0].map((v) => [v, v, v]));
  });
});

const REFUSALS: readonly Refusal[] = [
  [
    "a gain of another length",
    () => rmsNorm(tensor([[1, 2]]), tensor([1])),
    "ERR_SHAPE",
    "rmsNorm: gain must have shape [2], a number per column of x, got [1]",
  ],
  [
    "a gain with two dimensions",
    () => rmsNorm(tensor([[1, 2]]), tensor([[1, 2]])),
    "ERR_SHAPE",
    "rmsNorm: gain must have shape [2], a number per column of x, got [1, 2]",
  ],
  [
    "a scalar",
    () => rmsNorm(tensor([1], []), tensor([1])),
    "ERR_SHAPE",
    'rmsNorm: x must have at least one dimension, got "shape []"',
  ],
  [
    "integers",
    () => rmsNorm(tensor(new Int32Array(2), [1, 2]), tensor([1, 1])),
    "ERR_DTYPE",
    'rmsNorm: x must be float32, float16 or bfloat16, got "int32"',
  ],
  [
    "a negative eps",
    () => rmsNorm(tensor([[1]]), tensor([1]), { eps: -1 }),
    "ERR_ARGUMENT",
    "rmsNorm: eps must be a finite number of at least 0, got -1",
  ],
  [
    "an unknown option",
    () => rmsNorm(tensor([[1]]), tensor([1]), { gain: 1 } as never),
    "ERR_ARGUMENT",
    'rmsNorm: there is no option "gain"; known are eps, threads',
  ],
  [
    "an aborted signal",
    () => rmsNormAsync(tensor([[1]]), tensor([1]), { signal: AbortSignal.abort() }),
    "ERR_ABORTED",
    "rmsNormAsync: aborted by its signal",
  ],
  [
    "a vector",
    () => rope(tensor([1, 2]), Int32Array.of(0)),
    "ERR_SHAPE",
    'rope: x must be [T, D], [T, H, D] or [B, S, H, D], got "shape [2]"',
  ],
  [
    "an odd width",
    () => rope(tensor([[1, 2, 3]]), Int32Array.of(0)),
    "ERR_SHAPE",
    "rope: x must have an even number of columns, got 3",
  ],
  [
    "too few positions",
    () =>
      rope(
        tensor([
          [1, 2],
          [3, 4],
        ]),
        Int32Array.of(0),
      ),
    "ERR_SHAPE",
    "rope: positions must have 2 entries, one per token, got 1",
  ],
  [
    "positions of neither kind",
    () => rope(tensor(new Float32Array(24), [2, 3, 2, 2]), Int32Array.of(0)),
    "ERR_SHAPE",
    "rope: positions must have 3 or 6 entries, one per token, got 1",
  ],
  [
    "positions as an array",
    () => rope(tensor([[1, 2]]), [0] as never),
    "ERR_ARGUMENT",
    "rope: positions must be an Int32Array, got an array of length 1",
  ],
  [
    "a base of 0",
    () => rope(tensor([[1, 2]]), Int32Array.of(0), { base: 0 }),
    "ERR_ARGUMENT",
    "rope: base must be a finite number above 0, got 0",
  ],
  [
    "a row beyond the table",
    () => embedding(tensor([[1], [2]]), [0, 2]),
    "ERR_ARGUMENT",
    "embedding: indices[1] must be a row of table, which has 2, got 2",
  ],
  [
    "a negative row",
    () => embedding(tensor([[1], [2]]), [-1]),
    "ERR_ARGUMENT",
    "embedding: indices[0] must be a row of table, which has 2, got -1",
  ],
  [
    "a table of integers",
    () => embedding(tensor(new Int32Array(2), [1, 2]), [0]),
    "ERR_DTYPE",
    'embedding: table must be float32, float16 or bfloat16, got "int32"',
  ],
];
test.each(REFUSALS)("refuses %s", (...refusal) => expectRefused(refusal));

describe.skipIf(!places().includes("cuda"))("tensors in two places", () => {
  const there = () => tensor([1, 2], undefined, { device: "cuda" });
  const words = "rmsNorm: gain must be on cpu like x, got cuda:0";
  test.each<Refusal>([["rmsNorm", () => rmsNorm(tensor([[1, 2]]), there()), "ERR_DEVICE", words]])(
    "are refused by %s",
    (...refusal) => expectRefused(refusal),
  );
});
