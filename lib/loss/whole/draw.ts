/** Miners that compare distances of three rows, draw, or rank all pairs at once. */
import type { Steps } from "../../async.js";
import { allocate, discard, floats } from "../../dense.js";
import type { MinedPairs, MinedTriplets } from "../types.js";
import { MOST_MINED, tooMany, Tuples } from "./builder.js";
import type { Keep } from "./keep.js";
import type { Row } from "./row.js";
import { eachRow, kept, type Mining } from "./rows.js";
import { blocksOf, rowsOf, scoring } from "./scores.js";

interface Weighting {
  readonly cutoff: number;
  readonly nonzeroLossCutoff: number;
  readonly seed: number;
}

/** One negative for each positive, inversely to how often its distance occurs among points of a sphere. */
export function drawing({ cutoff, nonzeroLossCutoff, seed }: Weighting, d: number): Keep {
  return ({ anchor, positives, negatives, u }, emit) => {
    const near = negatives.filter((n) => u(n) < nonzeroLossCutoff);
    const logs = near.map((n) => {
      const distance = Math.max(u(n), cutoff);
      return (2 - d) * Math.log(distance) - ((d - 3) / 2) * Math.log(1 - (distance * distance) / 4);
    });
    const top = logs.reduce((a, b) => Math.max(a, b), -Infinity);
    const weights = logs.map((value) => (Number.isFinite(value) ? Math.exp(value - top) : 0));
    const total = weights.reduce((a, b) => a + b, 0);
    if (!(total > 0)) return;
    for (const p of positives) {
      let left = fraction(seed, anchor, p) * total;
      let at = 0;
      while (at + 1 < near.length && left >= (weights[at] as number)) left -= weights[at++] as number;
      while (weights[at] === 0) at--;
      emit(p, near[at] as number);
    }
  };
}

/** In [0, 1), of three integers. */
function fraction(seed: number, anchor: number, positive: number): number {
  let h = 0x9e3779b9 ^ seed;
  for (const part of [anchor, positive, seed / 2 ** 32]) {
    h = Math.imul(h ^ part, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return (h >>> 0) / 2 ** 32;
}

/** Triplets whose positive pair subtends more than an angle at the negative. */
export function* angled({ of, pairs }: Mining, degrees: number): Steps<MinedTriplets> {
  const squares = { ...of, metric: "sqeuclidean" } as const;
  const within = { x: of.y, y: of.y, self: true, metric: "sqeuclidean" } as const;
  const found = new Tuples(3, "triplets");
  const m = rowsOf(of.y);
  const tangent = Math.tan((degrees * Math.PI) / 180);
  const rows: Row[] = [];
  yield* eachRow({ of: squares, pairs }, (row) => rows.push(row));
  const between = new Map<number, Float32Array>();
  for (const block of blocksOf(m, m)) {
    const scores = allocate("mine", [block.rows, m], "float32", of.x.device);
    yield scoring(within, block, scores);
    const values = floats(scores);
    for (let r = 0; r < block.rows; r++) between.set(block.first + r, values.subarray(r * m, (r + 1) * m));
    discard(scores);
  }
  for (const { anchor, positives, negatives, u } of rows) {
    for (const p of positives) {
      const seen = between.get(p) as Float32Array;
      for (const n of negatives) {
        const centre = u(n) / 2 + (seen[n] as number) / 2 - u(p) / 4;
        if (u(p) > 4 * tangent * tangent * Math.max(0, centre)) found.push(anchor, p, n);
      }
    }
  }
  return { anchor: found.column(0), positive: found.column(1), negative: found.column(2) };
}

/** The hardest share of all positives, and of all negatives. */
export function* hardest(mining: Mining, fraction_: number): Steps<MinedPairs> {
  const { x, y } = mining.of;
  if (rowsOf(x) * rowsOf(y) > MOST_MINED) tooMany("pairs");
  const sides = [new Tuples(2, "pairs"), new Tuples(2, "pairs")] as const;
  const hardness: [number[], number[]] = [[], []];
  yield* eachRow(mining, ({ anchor, positives, negatives, u }) => {
    for (const p of positives) {
      sides[0].push(anchor, p);
      hardness[0].push(u(p));
    }
    for (const n of negatives) {
      sides[1].push(anchor, n);
      hardness[1].push(-u(n));
    }
  });
  const [positives, negatives] = ([0, 1] as const).map((side) => {
    const values = Float32Array.from(hardness[side]);
    const keep = chosen(values, Math.ceil(fraction_ * values.length));
    const [first, second] = [sides[side].column(0), sides[side].column(1)];
    return { first: keep.map((at) => first[at] as number), second: keep.map((at) => second[at] as number) };
  }) as [Chosen, Chosen];
  return {
    anchor1: positives.first,
    positive: positives.second,
    anchor2: negatives.first,
    negative: negatives.second,
  };
}

interface Chosen {
  readonly first: Int32Array;
  readonly second: Int32Array;
}

/** Places of the `count` largest in their order; among equal ones the first. */
function chosen(values: Float32Array, count: number): Int32Array {
  if (count === 0) return new Int32Array();
  const sorted = values.slice().sort();
  const least = sorted[values.length - count] as number;
  let equal = count;
  for (const value of values) if (value > least) equal--;
  const places: number[] = [];
  values.forEach((value, at) => {
    if (value > least || (value === least && equal-- > 0)) places.push(at);
  });
  return Int32Array.from(places);
}

export const drawn = (mining: Mining, params: Weighting): Steps<MinedTriplets> =>
  kept(mining, drawing(params, mining.of.x.shape[1] as number));
