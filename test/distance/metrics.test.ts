import { describe, expect, test } from "vitest";
import { pairwise, reduceRows, topK } from "../../lib/distance/index.js";
import { METRICS } from "../../lib/distance/metric.js";
import type { Metric } from "../../lib/distance/types.js";
import { tensor } from "../../lib/index.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { fill, normal } from "../support/rows.js";

const rows = (n: number, seed: number, by = 1) =>
  tensor(
    Float32Array.from(fill(n, 4, normal(seed)).flat(), (value) => value * by),
    [n, 4],
  );
const [x, y] = [rows(5, 1, 0.1), rows(6, 2, 0.1)];
/** Arguments that the types refuse too. */
const any = (value: unknown) => value as never;
const square = (...values: number[]) => tensor(Float32Array.from(values), [2, 2]);
const flat = (values: readonly number[], ...shape: number[]) => tensor(Float32Array.from(values), shape);
const plane = tensor([
  [1, 2],
  [3, 4],
]);
const identity = flat([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], 4, 4);

const SAME: readonly (readonly [what: string, a: Metric, b: Metric])[] = [
  ["a name and an object with it", "cosine", { name: "cosine" }],
  ["nothing and euclidean", any(undefined), "euclidean"],
  ["poincare and c = 0.1", "poincare", { name: "poincare", curvature: 0.1 }],
  ["gaussian and γ = 0.5", { name: "gaussian" }, { name: "gaussian", gamma: 0.5 }],
  ["minkowski of 1 and cityblock", { name: "minkowski", p: 1 }, "cityblock"],
  ["minkowski of 2 and euclidean", { name: "minkowski", p: 2 }, "euclidean"],
  ["minkowski of ∞ and chebyshev", { name: "minkowski", p: Infinity }, "chebyshev"],
  ["a parameter left undefined and none", any({ name: "gaussian", gamma: undefined }), "gaussian"],
  [
    "mahalanobis of the identity, squared, and sqeuclidean",
    { name: "mahalanobis", precision: identity, squared: true },
    "sqeuclidean",
  ],
  ["mahalanobis of the identity and euclidean", { name: "mahalanobis", precision: identity }, "euclidean"],
  ["a diagonal of ones and inner", { name: "structured", diagonal: flat([1, 1, 1, 1], 4) }, "inner"],
  [
    "a diagonal and its blocks of one",
    { name: "structured", diagonal: flat([2, 0.5, -1, 3], 4) },
    { name: "structured", blocks: flat([2, 0.5, -1, 3], 4, 1, 1) },
  ],
];

test.each(SAME)("%s are one metric", (_, a, b) => {
  const [one, other] = [a, b].map((metric) => pairwise(x, y, { metric }).toArray()) as [number[][], number[][]];
  one.forEach((row, i) => {
    row.forEach((value, j) => {
      expect(value).toBeCloseTo(other[i]?.[j] as number, 6);
    });
  });
});

test("blocks and a diagonal add up", () => {
  const diagonal = flat([2, 0.5, -1, 3], 4);
  const blocks = flat([1, 2, 3, 4, 5, 6, 7, 8], 2, 2, 2);
  const [d, b, both] = [{ diagonal }, { blocks }, { diagonal, blocks }].map((weights) =>
    pairwise(x, y, { metric: { name: "structured", ...weights } }).data(),
  ) as [Float32Array, Float32Array, Float32Array];
  both.forEach((value, at) => {
    expect(value).toBeCloseTo((d[at] as number) + (b[at] as number), 6);
  });
});

test("the anchor of snr is the first argument", () => {
  const there = pairwise(x, y, { metric: "snr" }).toArray() as number[][];
  const back = pairwise(y, x, { metric: "snr" }).toArray() as number[][];
  expect(there[0]?.[1]).not.toBeCloseTo(back[1]?.[0] as number, 3);
});

const known = METRICS.join(", ");
const metric = (value: unknown) => () => pairwise(plane, plane, { metric: any(value) });
const argument = (what: string, value: unknown, message: string): Refusal => [
  what,
  metric(value),
  "ERR_ARGUMENT",
  `pairwise: ${message}`,
];
const shape = (what: string, value: unknown, message: string): Refusal => [
  what,
  metric(value),
  "ERR_SHAPE",
  `pairwise: ${message}`,
];

const REFUSED: readonly Refusal[] = [
  argument("an unknown name", "manhattan", `metric must be one of ${known}, got "manhattan"`),
  argument("an unknown name in an object", { name: "manhattan" }, `metric must be one of ${known}, got "manhattan"`),
  argument("no name", { p: 3 }, `metric must be one of ${known}, got undefined`),
  argument("a number", 3, `metric must be one of ${known}, got 3`),
  argument("a parameter that is none", { name: "cosine", p: 3 }, 'metric: there is no option "p"; known are name'),
  argument(
    "a parameter of another metric",
    { name: "minkowski", p: 3, gamma: 1 },
    'metric: there is no option "gamma"; known are name, p',
  ),
  argument("p below 1", { name: "minkowski", p: 0.99 }, "metric.p must be a finite number of at least 1, got 0.99"),
  argument(
    "p that is no number",
    { name: "minkowski", p: NaN },
    "metric.p must be a finite number of at least 1, got NaN",
  ),
  argument("p in words", { name: "minkowski", p: "3" }, 'metric.p must be a finite number of at least 1, got "3"'),
  argument("no p", { name: "minkowski" }, "metric.p must be a finite number of at least 1, got undefined"),
  argument("no p, by name", "minkowski", "metric.p must be a finite number of at least 1, got undefined"),
  argument(
    "a curvature of 0",
    { name: "poincare", curvature: 0 },
    "metric.curvature must be a finite number above 0, got 0",
  ),
  argument(
    "a negative curvature",
    { name: "poincare", curvature: -1 },
    "metric.curvature must be a finite number above 0, got -1",
  ),
  argument(
    "an infinite curvature",
    { name: "poincare", curvature: Infinity },
    "metric.curvature must be a finite number above 0, got Infinity",
  ),
  argument("a gamma of 0", { name: "gaussian", gamma: 0 }, "metric.gamma must be a finite number above 0, got 0"),
  argument("a negative gamma", { name: "gaussian", gamma: -2 }, "metric.gamma must be a finite number above 0, got -2"),
  argument("no precision", { name: "mahalanobis" }, "metric.precision must be a tensor [D, D], got undefined"),
  argument("no precision, by name", "mahalanobis", "metric.precision must be a tensor [D, D], got undefined"),
  argument(
    "a precision that is no tensor",
    { name: "mahalanobis", precision: 3 },
    "metric.precision must be a tensor or have data (a typed array) and shape, got 3",
  ),
  shape(
    "a precision for other columns",
    { name: "mahalanobis", precision: identity },
    "metric.precision must have shape [2, 2] like the columns, got [4, 4]",
  ),
  shape(
    "a precision that is a vector",
    { name: "mahalanobis", precision: flat([1, 1], 2) },
    "metric.precision must have shape [2, 2] like the columns, got [2]",
  ),
  [
    "a precision of integers",
    metric({ name: "mahalanobis", precision: tensor(new Int32Array([1, 0, 0, 1]), [2, 2]) }),
    "ERR_DTYPE",
    'pairwise: metric.precision must be float32, float16 or bfloat16, got "int32"',
  ],
  argument(
    "a precision that is not symmetric",
    { name: "mahalanobis", precision: square(1, 0.25, 0.5, 1) },
    "metric.precision must be symmetric, got 0.5 at [1, 0] and 0.25 at [0, 1]",
  ),
  argument(
    "a precision that is not positive definite",
    { name: "mahalanobis", precision: square(1, 2, 2, 1) },
    "metric.precision must be positive definite, got a pivot of -3 at [1, 1]",
  ),
  argument(
    "a singular precision",
    { name: "mahalanobis", precision: square(1, 1, 1, 1) },
    "metric.precision must be positive definite, got a pivot of 0 at [1, 1]",
  ),
  argument(
    "a precision with NaN",
    { name: "mahalanobis", precision: square(Number.NaN, 0, 0, 1) },
    "metric.precision must be symmetric, got NaN at [0, 0] and NaN at [0, 0]",
  ),
  argument(
    "a root that is neither there nor not",
    { name: "mahalanobis", precision: square(1, 0, 0, 1), squared: 1 },
    "metric.squared must be true or false, got 1",
  ),
  argument("no weights", { name: "structured" }, "metric must have diagonal or blocks, got neither"),
  argument("no weights, by name", "structured", "metric must have diagonal or blocks, got neither"),
  shape(
    "a diagonal for other columns",
    { name: "structured", diagonal: flat([1, 2, 3], 3) },
    "metric.diagonal must have shape [2] like the columns, got [3]",
  ),
  shape(
    "blocks that do not divide the columns",
    { name: "structured", blocks: flat(new Array<number>(9).fill(1), 1, 3, 3) },
    "metric.blocks must have shape [2/g, g, g] with g a divisor of the 2 columns, got [1, 3, 3]",
  ),
  shape(
    "blocks that are not square",
    { name: "structured", blocks: flat([1, 2], 1, 2, 1) },
    "metric.blocks must have shape [2/g, g, g] with g a divisor of the 2 columns, got [1, 2, 1]",
  ),
  shape(
    "too few blocks",
    { name: "structured", blocks: flat([1], 1, 1, 1) },
    "metric.blocks must have shape [2/g, g, g] with g a divisor of the 2 columns, got [1, 1, 1]",
  ),
  [
    "a point outside the ball",
    () => pairwise(flat([1, 1, 3, 1], 2, 2), plane, { metric: "poincare" }),
    "ERR_ARGUMENT",
    "pairwise: x must hold points of the ball, curvature · |row|² < 1, got 1.000000 in row 1; see expMap0",
  ],
  [
    "a point outside the ball among the others",
    () =>
      topK(flat([0, 0.5], 1, 2), flat([0.5, 0, 0, 0, 0, 2, 3, 0], 4, 2), {
        k: 1,
        metric: { name: "poincare", curvature: 1 },
      }),
    "ERR_ARGUMENT",
    "topK: base must hold points of the ball, curvature · |row|² < 1, got 4.000000 in row 2; see expMap0",
  ],
  ...(
    [
      [0, "be an integer of at least 1, got 0"],
      [1.5, "be an integer of at least 1, got 1.5"],
      [-1, "be an integer of at least 1, got -1"],
      [Number.NaN, "be an integer of at least 1, got NaN"],
      ["2", 'be an integer of at least 1, got "2"'],
      [3, "be at most 2, the number of columns, got 3"],
    ] as const
  ).flatMap(([dims, message]): Refusal[] => [
    [
      `dims ${dims}`,
      () => pairwise(plane, plane, { dims: any(dims) }),
      "ERR_ARGUMENT",
      `pairwise: dims must ${message}`,
    ],
    [`dims ${dims}`, () => topK(plane, plane, { k: 1, dims: any(dims) }), "ERR_ARGUMENT", `topK: dims must ${message}`],
    [
      `dims ${dims}`,
      () => reduceRows(plane, plane, { reduce: "min", dims: any(dims) }),
      "ERR_ARGUMENT",
      `reduceRows: dims must ${message}`,
    ],
  ]),
];

describe("a metric is refused with", () => {
  test.each(REFUSED)("%s", (...refusal) => expectRefused(refusal));
});
