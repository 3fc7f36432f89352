/** What the addon holds its arguments to, whoever calls it. */
import { expect, test } from "vitest";
import { METRICS } from "../../lib/distance/metric.js";
import { type Matrix, native } from "../../lib/native.js";
import type { PairArguments } from "../../lib/native-distance.js";

const rows: Matrix = [new Float32Array(6), 0, 3, 2];
const pair = (other: Matrix = rows): PairArguments => [
  METRICS.indexOf("euclidean"),
  0,
  0,
  ...rows,
  ...other,
  2,
  other === rows,
  null,
];
const labels = Int32Array.of(5, 6, 5);
const few = new Float64Array(1);
const counts = new Float64Array(2 * 2 * 5);
const d = native().distance;
const f = (length: number) => new Float32Array(length);

const REFUSED: readonly (readonly [what: string, call: () => unknown, words: string])[] = [
  [
    "counts too short",
    () => d.histogram(1, undefined, ...pair(), labels, 2, 0, 1, 4, few),
    "histogram: counts must hold 20 elements, got 1",
  ],
  [
    "classes that are not there",
    () => d.histogram(1, undefined, ...pair(), labels, 1, 0, 1, 4, counts),
    "histogram: classes must be the number of different labels",
  ],
  [
    "a range turned round",
    () => d.histogram(1, undefined, ...pair(), labels, 2, 1, 0, 4, counts),
    "histogram: low must be below high",
  ],
  [
    "sides that cannot be the same rows",
    () => d.histogram(1, undefined, ...pair([f(8), 0, 4, 2]), labels, 2, 0, 1, 4, counts),
    "histogram: x and y must have as many rows",
  ],
  [
    "probabilities with no room",
    () => native().softmax(1, undefined, ...rows, 2, f(5)),
    "softmax: out must hold 6 elements, got 5",
  ],
  [
    "a gradient too short",
    () => native().softmaxBackward(1, undefined, 3, 2, f(6), f(5), f(6)),
    "softmaxBackward: g must hold 6 elements, got 5",
  ],
];

test.each(REFUSED)("the addon refuses %s", (_, call, words) => {
  expect(call).toThrow(words);
});

test("and counts what it is given: pairs of different rows by class", () => {
  const x: Matrix = [Float32Array.of(0, 0, 3, 4, 0, 8), 0, 3, 2];
  const same: PairArguments = [METRICS.indexOf("euclidean"), 0, 0, ...x, ...x, 2, true, null];
  d.histogram(1, undefined, ...same, labels, 2, 0, 10, 4, counts);
  // distances: rows 0 and 1 are 5 apart, 1 and 2 are 5 apart, 0 and 2 are 8 apart; rows 0 and 2 are of one class
  expect([...counts]).toEqual(
    [
      [0, 0, 2, 2, 0],
      [0, 0, 2, 0, 0],
      [0, 0, 0, 2, 0],
      [0, 0, 0, 0, 0],
    ].flat(),
  );
});
