/** What is refused of the options that every loss takes. */
import { describe, test } from "vitest";
import { tensor } from "../../lib/index.js";
import { crossBatchMemory, loss } from "../../lib/loss/index.js";
import type { Tensor } from "../../lib/types.js";
import { LABELS, W, X } from "../support/golden.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { bitSets } from "./call.js";

const SETS = X.map((_, i) => [i]);
const any = (value: unknown) => value as never;
const rows = tensor(Float32Array.from(X.flat()), [8, 6]);
const WIDTHS: readonly Refusal[] = [
  ["no list", any(6), "must be a list of one prefix width or more, got 6"],
  ["an empty list", [], "must be a list of one prefix width or more, got an array of length 0"],
].map(([name, matryoshka, words]) => [
  name as string,
  () => loss.contrastive(rows, LABELS, { matryoshka: any(matryoshka) }),
  "ERR_ARGUMENT",
  `loss.contrastive: matryoshka ${words}`,
]);
const WIDTH: readonly Refusal[] = [
  ["no width", [0, 6], "[0] must be an integer from 1 to 6, got 0"],
  ["half a width", [2.5], "[0] must be an integer from 1 to 6, got 2.5"],
  ["a width twice", [3, 3], "[1] must be an integer from 4 to 6, got 3"],
  ["falling widths", [4, 2], "[1] must be an integer from 5 to 6, got 2"],
  ["a width beyond the columns", [2, 7], "[1] must be an integer from 3 to 6, got 7"],
  ["a width after the last", [6, 7], "[1] must be left out: the width before it is that of all 6 columns"],
].map(([name, matryoshka, words]) => [
  name as string,
  () => loss.normalizedSoftmax(rows, LABELS, tensor(W), { matryoshka: any(matryoshka) }),
  "ERR_ARGUMENT",
  `loss.normalizedSoftmax: matryoshka${words}`,
]);

describe("prefixes that are none", () => {
  test.each([...WIDTHS, ...WIDTH])("%s", (...refusal) => expectRefused(refusal));
});

const x = tensor([
  [1, 2],
  [3, 4],
  [5, 6],
]);
const labels = [0, 0, 1];
const { contrastive, infoNCE } = loss;
const PAIRS: readonly Refusal[] = [
  [
    "bit sets of classes",
    () => loss.normalizedSoftmax(x, tensor(new Uint8Array(6), [3, 2]), x),
    "ERR_ARGUMENT",
    "loss.normalizedSoftmax: labels is a matrix of bit sets; this release takes one class id per row",
  ],
  [
    "too few bit sets",
    () => contrastive(x, tensor(new Uint8Array(4), [2, 2])),
    "ERR_SHAPE",
    "loss.contrastive: labels must have 3 entries, one per row, got 2",
  ],
  [
    "bit sets beside class ids",
    () => contrastive(x, tensor(new Uint8Array(3), [3, 1]), { reference: { embeddings: x, labels } }),
    "ERR_SHAPE",
    "loss.contrastive: reference.labels must be sets of 1 byte like labels, got class ids",
  ],
  [
    "bit sets of another width",
    () =>
      contrastive(x, tensor(new Uint8Array(6), [3, 2]), {
        reference: { embeddings: x, labels: tensor(new Uint8Array(9), [3, 3]) },
      }),
    "ERR_SHAPE",
    "loss.contrastive: reference.labels must be sets of 2 bytes like labels, got sets of 3 bytes",
  ],
  [
    "too few ids",
    () => contrastive(x, labels, { exclude: { rows: [0] } }),
    "ERR_SHAPE",
    "loss.contrastive: exclude.rows must have 3 entries, one per row, got 1",
  ],
  [
    "ids of the rows where there are other columns",
    () =>
      infoNCE(
        x,
        tensor([
          [1, 2],
          [3, 4],
          [5, 6],
          [7, 8],
        ]),
        { exclude: { rows: [0, 1, 2] } },
      ),
    "ERR_SHAPE",
    "loss.infoNCE: exclude.rows must have 4 entries, one per row, got 3",
  ],
  [
    "other ids for the same rows",
    () => contrastive(x, labels, { exclude: { rows: [0, 1, 2], columns: [0, 1, 3] } }),
    "ERR_ARGUMENT",
    "loss.contrastive: exclude.columns must be exclude.rows where embeddings are compared with themselves; give a reference",
  ],
  [
    "pairs left out of classes",
    () => loss.normalizedSoftmax(x, [0, 1, 2], x, any({ exclude: { rows: [0, 1, 2] } })),
    "ERR_ARGUMENT",
    "loss.normalizedSoftmax: exclude belongs to losses over pairs of embeddings, not to classes",
  ],
];

describe("sets of bits and pairs to leave out", () => {
  test.each(PAIRS)("%s", (...refusal) => expectRefused(refusal));
});

describe("crossBatchMemory refuses", () => {
  const base = (a: Tensor, b: never, o: object) => loss.contrastive(a, b, o);
  const filled = () => {
    const memory = crossBatchMemory(9);
    memory.step(any(base), rows, LABELS);
    return memory;
  };
  test.each<Refusal>([
    [
      "a size of 0",
      () => crossBatchMemory(0),
      "ERR_ARGUMENT",
      "crossBatchMemory: size must be an integer from 1 to 2147483647, got 0",
    ],
    [
      "a batch beyond its size",
      () => crossBatchMemory(7).step(any(base), rows, LABELS),
      "ERR_SHAPE",
      "crossBatchMemory: embeddings must have at most 7 rows, got 8",
    ],
    [
      "other columns",
      () => filled().step(any(base), rows.columns(0, 2), LABELS),
      "ERR_SHAPE",
      "crossBatchMemory: embeddings must have 6 columns as before, got 2; reset() empties the memory",
    ],
    [
      "other labels",
      () => filled().step(any(base), rows, bitSets(SETS, 1) as never),
      "ERR_SHAPE",
      "crossBatchMemory: labels must be class ids as before, got sets of 1 bytes; reset() empties the memory",
    ],
  ])("%s", (...refusal) => expectRefused(refusal));
});
