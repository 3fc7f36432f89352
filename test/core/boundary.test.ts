// What the addon checks again by itself: that every buffer is as long as the other arguments imply. Called past lib/check.ts.
import { LOSSES } from "../../lib/loss/table.js";
import { describe, expect, test } from "vitest";
import { metricId } from "../../lib/distance/metric.js";
import { type Matrix, native } from "../../lib/native.js";

const f = (n: number): Float32Array => new Float32Array(n);
/** Three rows of two columns. */
const rows: Matrix = [f(6), 0, 3, 2];
const labels = Int32Array.of(0, 0, 1);
const d = native().distance;
const l = native().loss;
const any = (value: unknown) => value as never;
const contrastive = Float64Array.of(0, 1);
const EUCLIDEAN = metricId("euclidean");
const MAHALANOBIS = metricId("mahalanobis");
/** No guide, no prefixes. */
const unguided = [false, ...rows, ...rows, 2, 0, null] as const;
const forward = (
  changed: Partial<
    Record<"loss" | "miner" | "self" | "x" | "y" | "labelWords" | "yLabels" | "xIds" | "value" | "state", unknown>
  >,
) =>
  l.forward(
    1,
    undefined,
    any(changed.loss ?? 1),
    contrastive,
    EUCLIDEAN,
    any(changed.miner ?? -1),
    new Float64Array(),
    0,
    true,
    ...((changed.x ?? rows) as Matrix),
    ...((changed.y ?? rows) as Matrix),
    2,
    any(changed.self ?? true),
    0,
    any(changed.labelWords ?? 1),
    labels,
    any("yLabels" in changed ? changed.yLabels : labels),
    any(changed.xIds ?? null),
    null,
    ...unguided,
    null,
    null,
    null,
    0,
    null,
    null,
    any(changed.value ?? f(1)),
    any(changed.state ?? f(l.stateSize(1, 3, 3))),
  );
const pairwise = (x: Matrix, y: Matrix, out: unknown, { self = false, type = 0, stride = 3 } = {}) =>
  d.pairwise(1, undefined, EUCLIDEAN, 0, 0, ...x, ...y, 2, self, null, any(out), type, stride);

const REFUSED: readonly [string, () => unknown, string][] = [
  ["a short matrix", () => pairwise([f(5), 0, 3, 2], rows, f(9)), "pairwise: x must hold 24 bytes, got 20"],
  [
    "a stride below the columns",
    () => pairwise(rows, [f(6), 0, 3, 1], f(9)),
    "pairwise: y has a row stride below its columns",
  ],
  [
    "another element size",
    () => pairwise([f(6), 1, 3, 2], rows, f(9)),
    "pairwise: an array's element size does not fit its dtype",
  ],
  [
    "an array that is none",
    () => pairwise([any([1]), 0, 3, 2], rows, f(9)),
    "pairwise: argument 6 must be a typed array",
  ],
  ["a type that is none", () => pairwise([f(6), 7, 3, 2], rows, f(9)), "pairwise: argument 7 must be below 5, got 7"],
  [
    "a type that no rows have",
    () => pairwise([any(new Int32Array(6)), 3, 3, 2], rows, f(9)),
    "pairwise: no such dtype for rows",
  ],
  [
    "codes without a base of codes",
    () => pairwise([any(new Int8Array(6)), 4, 3, 2], rows, f(9)),
    "pairwise: no such dtype for rows",
  ],
  [
    "a number that is none",
    () => pairwise([f(6), 0, any("3"), 2], rows, f(9)),
    "pairwise: argument 8 must be a number",
  ],
  [
    "half a row",
    () => pairwise([f(6), 0, 2.5, 2], rows, f(9)),
    "pairwise: argument 8 must be an integer from 0, got 2.500000",
  ],
  [
    "self of two sizes",
    () => pairwise(rows, [f(4), 0, 2, 2], f(6), { self: true }),
    "pairwise: x and y must be the same rows where self is given",
  ],
  ["a short out", () => pairwise(rows, rows, f(8)), "pairwise: out must hold 9 elements, got 8"],
  [
    "an out of a type that is shorter",
    () => pairwise(rows, rows, new Uint16Array(9)),
    "pairwise: out must hold 9 elements, got 4",
  ],
  ["an out that is no array", () => pairwise(rows, rows, {}), "pairwise: argument 17 must be a typed array"],
  [
    "rows of out on top of each other",
    () => pairwise(rows, rows, f(9), { stride: 2 }),
    "pairwise: out has a row stride below its columns",
  ],
  [
    "more elements than can be counted",
    () =>
      d.pairwise(
        1,
        undefined,
        EUCLIDEAN,
        0,
        0,
        f(0),
        0,
        2 ** 40,
        0,
        f(0),
        0,
        2 ** 40,
        0,
        0,
        false,
        null,
        f(9),
        0,
        2 ** 40,
      ),
    "pairwise: a matrix of 1099511627776 rows and 1099511627776 columns has too many elements",
  ],
  [
    "a job that is none",
    () => d.pairwise(1, any({}), EUCLIDEAN, 0, 0, ...rows, ...rows, 2, false, null, f(9), 0, 3),
    "pairwise: argument 2 must be a job",
  ],
  [
    "indices of another kind",
    () => d.topK(1, undefined, EUCLIDEAN, 0, 0, ...rows, ...rows, 2, false, null, 1, false, f(3), any(f(3))),
    "topK: indices must be a typed array of its kind",
  ],
  [
    "a whitener of other columns",
    () => d.pairwise(1, undefined, MAHALANOBIS, 0, 0, ...rows, ...rows, 2, false, new Float64Array(3), f(9), 0, 3),
    "pairwise: whitener must hold 4 elements, got 3",
  ],
  [
    "mahalanobis without a whitener",
    () => d.pairwise(1, undefined, MAHALANOBIS, 0, 0, ...rows, ...rows, 2, false, null, f(9), 0, 3),
    "pairwise: mahalanobis wants a whitener",
  ],
  [
    "short values",
    () => d.topK(1, undefined, EUCLIDEAN, 0, 0, ...rows, ...rows, 2, false, null, 2, false, f(5), new Int32Array(6)),
    "topK: values must hold 6 elements, got 5",
  ],
  [
    "two 16-bit types",
    () => native().convert(new Uint16Array(1), 1, new Uint16Array(1), 2, 1),
    "convert: one of the two types must be float32",
  ],
  [
    "a short factor",
    () => native().matmul(1, undefined, f(5), 3, 1, f(6), 2, 1, 2, 2, 3, f(4)),
    "matmul: a must hold 6 elements, got 5",
  ],
  [
    "an unknown loss",
    () => forward({ loss: 99 }),
    `forward: argument 3 must be below ${Object.keys(LOSSES).length}, got 99`,
  ],
  ["an unknown miner", () => forward({ miner: 99 }), "forward: unknown miner"],
  [
    "a loss's self of two sizes",
    () => forward({ y: [f(4), 0, 2, 2] }),
    "forward: x and y must be the same rows where self is given",
  ],
  [
    "labels of one side",
    () => forward({ yLabels: null }),
    "forward: labels must be given where matching asks for them, and nowhere else",
  ],
  ["words of what is no set", () => forward({ labelWords: 2 }), "forward: labelWords belongs to sets of bits"],
  ["ids of one side", () => forward({ xIds: labels }), "forward: ids must be given of both sides, or of none"],
  ["a short state", () => forward({ state: f(1) }), `forward: state must hold ${l.stateSize(1, 3, 3)} elements, got 1`],
  [
    "no miner to list",
    () =>
      l.mine(
        1,
        undefined,
        -1,
        new Float64Array(),
        1,
        true,
        ...rows,
        ...rows,
        2,
        true,
        0,
        1,
        labels,
        labels,
        null,
        null,
        ...unguided,
      ),
    "mine: miner must be one of the table's",
  ],
  [
    "no labels to mine",
    () =>
      l.mine(
        1,
        undefined,
        0,
        Float64Array.of(0.1),
        1,
        true,
        ...rows,
        ...rows,
        2,
        true,
        2,
        1,
        any(null),
        any(null),
        null,
        null,
        ...unguided,
      ),
    "mine: labels are needed",
  ],
];

describe("the addon refuses", () => {
  test.each(REFUSED)("%s", (_, call, message) => {
    expect(call).toThrow(expect.objectContaining({ code: "ERR_ARGUMENT", message }));
  });
});
