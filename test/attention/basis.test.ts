import { describe, expect, test } from "vitest";
import { fitBasis } from "../../lib/attention/index.js";
import { tensor } from "../../lib/index.js";
import type { Tensor } from "../../lib/types.js";
import { exactly, expectEarned, type Round, singly } from "../support/earned.js";
import { onePerDevice, places, runOn } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { fill, normal } from "../support/rows.js";
import { type Matrix, times } from "./oracles/layer.js";
import { seenBy } from "./oracles/tpla.js";

/** Rows with directions of very different weight, off the origin. */
function latents(rows: number, width: number, seed: number, rank = width): number[][] {
  const next = normal(seed);
  const mix = fill(rank, width, next).map((row, i) => row.map((v) => v * 2 ** -i));
  return times(fill(rows, rank, next), mix, exactly).map((row) => row.map((v, k) => Math.fround(v + k)));
}

const toMatrix = (x: Tensor) => x.toArray() as number[][];
const transposed = (m: Matrix) => (m[0] ?? []).map((_, k) => m.map((row) => row[k] as number));

function covarianceOf(rows: Matrix, f: Round = exactly): number[][] {
  const mean = transposed(rows).map((column) => column.reduce((a, b) => a + b) / rows.length);
  const centred = rows.map((row) => row.map((v, k) => f(v - (mean[k] as number))));
  return times(transposed(centred), centred, f).map((row) => row.map((v) => f(v / rows.length)));
}

/** A x = b for each column, by elimination with the largest pivot. */
function solved(a: Matrix, b: Matrix): number[][] {
  const rows = a.map((row, i) => [...row, ...(b[i] as number[])]);
  const n = a.length;
  for (let k = 0; k < n; k++) {
    const best = rows
      .slice(k)
      .reduce((most, row, i) => (Math.abs(row[k] as number) > Math.abs(rows[most]?.[k] as number) ? k + i : most), k);
    [rows[k], rows[best]] = [rows[best] as number[], rows[k] as number[]];
    const pivot = rows[k] as number[];
    for (const [i, row] of rows.entries()) {
      const by = i === k ? 0 : (row[k] as number) / (pivot[k] as number);
      for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) - by * (pivot[j] as number);
    }
  }
  return rows.map((row, i) => row.slice(n).map((v) => v / (row[i] as number)));
}

/** Row by row of what is not seen: (Σ_ss + λI)⁻¹ Σ_su, λ = ridge · mean variance of what is seen. */
function slopesOf(a: Matrix, u: Matrix, seen: readonly number[], unseen: readonly number[], ridge: number): number[] {
  const spread = times(transposed(u), times(a, u, exactly), exactly);
  const pick = (columns: readonly number[]) => seen.map((i) => columns.map((k) => spread[i]?.[k] as number));
  const square = pick(seen);
  const lambda = (ridge * square.reduce((sum, row, i) => sum + (row[i] as number), 0)) / seen.length;
  const ridged = square.map((row, i) => row.map((v, k) => v + (i === k ? lambda : 0)));
  return transposed(solved(ridged, pick(unseen))).flat();
}

function expectOrthogonal(u: Matrix): void {
  for (const [i, row] of times(transposed(u), u, exactly).entries())
    for (const [j, v] of row.entries()) expect(Math.abs(v - (i === j ? 1 : 0))).toBeLessThan(1e-6);
}

describe("the matrix", () => {
  test("of identity is it", () => {
    const basis = fitBasis({ kind: "identity", slices: 3, latentDim: 6 });
    expect(basis.matrix.toArray()).toEqual(
      Array.from({ length: 6 }, (_, i) => [0, 1, 2, 3, 4, 5].map((k) => (k === i ? 1 : 0))),
    );
    expect([basis.kind, basis.slices, basis.sharedColumns, basis.completion]).toEqual(["identity", 3, 0, undefined]);
  });

  test.each([1, 2, 8, 64])("of hadamard spreads each of %d columns over all, with signs of its seed", (width) => {
    const at = (seed?: number) =>
      toMatrix(
        fitBasis({ kind: "hadamard", slices: 1, latentDim: width, ...(seed === undefined ? {} : { seed }) }).matrix,
      );
    const u = at();
    expectOrthogonal(u);
    for (const v of u.flat()) expect(Math.abs(v)).toBe(Math.fround(1 / Math.sqrt(width)));
    expect(at(1)).toEqual(u);
    if (width > 4) expect(at(2)).not.toEqual(u);
    // row by row a Hadamard row or its negative: their products with the unsigned matrix have one entry
    const plain = u.map((row) => row.map((v) => v * Math.sign(row[0] as number)));
    for (const row of plain)
      expect(row.every((v) => v > 0) || row.filter((v) => v > 0).length === width / 2).toBe(true);
  });

  test("of pca has the covariance's axes, the widest first, each pointing one way", () => {
    const rows = latents(500, 12, 1);
    const basis = fitBasis({ kind: "pca", slices: 2, latents: tensor(rows) });
    const u = toMatrix(basis.matrix);
    expectOrthogonal(u);
    const spread = times(transposed(u), times(covarianceOf(rows), u, exactly), exactly);
    const widest = spread[0]?.[0] as number;
    for (const [i, row] of spread.entries())
      for (const [j, v] of row.entries()) if (i !== j) expect(Math.abs(v)).toBeLessThan(1e-5 * widest);
    const variances = spread.map((row, i) => row[i] as number);
    expect(variances).toEqual([...variances].sort((a, b) => b - a));
    for (const column of transposed(u)) {
      const largest = column.reduce((best, v) => (Math.abs(v) > Math.abs(best) ? v : best), 0);
      expect(largest).toBeGreaterThan(0);
    }
    expect(toMatrix(fitBasis({ kind: "pca", slices: 2, latents: tensor(rows) }).matrix)).toEqual(u);
  });

  test("of pca does not see where the rows' centre is, and takes more rows than one block", () => {
    const rows = latents(5000, 4, 2);
    const moved = rows.map((row) => row.map((v, k) => Math.fround(v + 3 * k - 5)));
    const [a, b] = [rows, moved].map((x) =>
      toMatrix(fitBasis({ kind: "pca", slices: 1, latents: tensor(x) }).matrix).flat(),
    );
    for (const [i, v] of (a as number[]).entries()) expect(b?.[i]).toBeCloseTo(v, 4);
  });
});

describe("completion", () => {
  test.each([
    ["identity", 2, 0],
    ["identity", 4, 3],
    ["hadamard", 2, 0],
    ["hadamard", 4, 2],
  ] as const)(
    "of %s in %d slices with %d shared columns is the ridge regression of what is not seen",
    (kind, slices, shared) => {
      const rows = latents(300, 8, 3);
      const basis = fitBasis({
        kind,
        slices,
        latents: tensor(rows),
        completion: true,
        sharedColumns: shared,
        ridge: 1e-3,
      });
      const u = toMatrix(basis.matrix);
      expect(basis.completion).toHaveLength(slices);
      for (const [j, guess] of (basis.completion as Tensor[]).entries()) {
        const seen = seenBy({ basis: u, slices, shared }, j);
        const unseen = [0, 1, 2, 3, 4, 5, 6, 7].filter((c) => !seen.includes(c));
        expect(guess.shape).toEqual([8, seen.length]);
        const b = toMatrix(guess);
        for (const [k, column] of seen.entries()) expect(b[column]).toEqual(seen.map((_, i) => (i === k ? 1 : 0)));
        const [exact, naive] = [exactly, singly].map((f) => slopesOf(covarianceOf(rows, f), u, seen, unseen, 1e-3));
        const terms = (exact as number[]).map((slope) => 1 + Math.abs(slope));
        const got = unseen.flatMap((column) => b[column] as number[]);
        expectEarned(`slice ${j}`, got, exact as number[], naive as number[], terms);
      }
    },
  );

  test("of pca guesses nothing: its columns are uncorrelated", () => {
    const basis = fitBasis({ kind: "pca", slices: 2, latents: tensor(latents(400, 8, 4)), completion: true });
    for (const [j, guess] of (basis.completion as Tensor[]).entries())
      for (const [column, row] of toMatrix(guess).entries())
        for (const [k, v] of row.entries()) expect(Math.abs(v - (column === 4 * j + k ? 1 : 0))).toBeLessThan(1e-3);
  });

  test("guesses exactly what lies in fewer directions than a slice has columns", () => {
    const rows = latents(400, 8, 5, 3);
    const centre = transposed(rows).map((column) => column.reduce((a, b) => a + b) / rows.length);
    const { completion } = fitBasis({
      kind: "identity",
      slices: 2,
      latents: tensor(rows),
      completion: true,
      ridge: 1e-9,
    });
    for (const [j, guess] of (completion as Tensor[]).entries())
      for (const row of rows.slice(0, 20)) {
        const off = row.map((v, k) => v - (centre[k] as number));
        const guessed = toMatrix(guess).map((slopes) =>
          slopes.reduce((sum, s, k) => sum + s * (off[4 * j + k] as number), 0),
        );
        for (const [k, v] of off.entries()) expect(Math.abs((guessed[k] as number) - v)).toBeLessThan(1e-3);
      }
  });

  test("of columns that do not vary is nothing", () => {
    const rows = latents(50, 4, 6).map(([a, b]) => [1, 1, a as number, b as number]);
    const { completion } = fitBasis({ kind: "identity", slices: 2, latents: tensor(rows), completion: true });
    expect(completion?.[0]?.toArray()).toEqual([
      [1, 0],
      [0, 1],
      [0, 0],
      [0, 0],
    ]);
  });
});

const some = tensor(latents(10, 4, 7));
const of = (options: object) => () => fitBasis({ kind: "identity", slices: 2, latentDim: 4, ...options } as never);
const REFUSALS: readonly Refusal[] = [
  ["nothing", () => fitBasis(undefined as never), "ERR_ARGUMENT", "fitBasis: options must be an object, got undefined"],
  [
    "another kind",
    of({ kind: "svd" }),
    "ERR_ARGUMENT",
    'fitBasis: kind must be one of identity, hadamard, pca, got "svd"',
  ],
  [
    "pca without latents",
    of({ kind: "pca" }),
    "ERR_ARGUMENT",
    'fitBasis: latents must be given for "pca", got undefined',
  ],
  [
    "completion without latents",
    of({ completion: true }),
    "ERR_ARGUMENT",
    "fitBasis: latents must be given for completion, got undefined",
  ],
  [
    "no width",
    of({ latentDim: undefined }),
    "ERR_ARGUMENT",
    "fitBasis: latentDim must be an integer of at least 1, got undefined",
  ],
  [
    "another width",
    of({ latents: some, latentDim: 5 }),
    "ERR_SHAPE",
    "fitBasis: latents must have latentDim = 5 columns, got 4",
  ],
  [
    "one row",
    of({ latents: tensor([[1, 2, 3, 4]]) }),
    "ERR_SHAPE",
    "fitBasis: latents must have at least 2 rows, got 1",
  ],
  [
    "a vector",
    of({ latents: tensor([1, 2]) }),
    "ERR_SHAPE",
    "fitBasis: latents must be a matrix [rows, columns], got shape [2]",
  ],
  [
    "slices that do not fit",
    of({ slices: 3 }),
    "ERR_ARGUMENT",
    "fitBasis: slices must divide the latent width 4, got 3",
  ],
  ["no slices", of({ slices: 0 }), "ERR_ARGUMENT", "fitBasis: slices must be an integer from 1 to 4, got 0"],
  [
    "a width for hadamard",
    of({ kind: "hadamard", latentDim: 6 }),
    "ERR_ARGUMENT",
    'fitBasis: latentDim must be a power of two for "hadamard", got 6',
  ],
  [
    "too many shared columns",
    of({ sharedColumns: 5 }),
    "ERR_ARGUMENT",
    "fitBasis: sharedColumns must be an integer from 0 to 4, got 5",
  ],
  ["no ridge", of({ ridge: 0 }), "ERR_ARGUMENT", "fitBasis: ridge must be a finite number above 0, got 0"],
  [
    "an unknown option",
    of({ rank: 1 }),
    "ERR_ARGUMENT",
    'fitBasis: there is no option "rank"; known are kind, slices, latents, latentDim, completion, sharedColumns, seed, ridge',
  ],
  [
    "latents that are not finite",
    () =>
      fitBasis({
        kind: "pca",
        slices: 1,
        latents: tensor([
          [1, Number.NaN],
          [2, 3],
        ]),
      }),
    "ERR_ARGUMENT",
    "fitBasis: latents must be finite, got NaN or infinities among them",
  ],
];
test.each(REFUSALS)("refuses %s", (...refusal) => expectRefused(refusal));

describe.skipIf(!places().includes("cuda"))("latents on a GPU", () => {
  runOn(onePerDevice().at(-1) as string);
  test("give the basis of the same on the CPU", () => {
    const rows = fill(9, 4, normal(3));
    const found = (device: "cpu" | "cuda") => {
      const latents = tensor(rows, undefined, { device });
      const { matrix, completion } = fitBasis({ kind: "pca", slices: 2, latents, completion: true });
      return [matrix, ...(completion ?? [])].map((x) => [x.device, ...x.data()]);
    };
    expect(found("cuda")).toEqual(found("cpu"));
  });
});
