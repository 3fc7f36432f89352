// Losses whose rows are put together first, or whose pairs are weighed by the caller.
import { describe, expect, test } from "vitest";
import { type Tensor, tensor } from "../../lib/index.js";
import { loss } from "../../lib/loss/index.js";
import { size } from "../support/golden.js";
import { at, places, runOn } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { fill, normal } from "../support/rows.js";

const rows = (n: number, seed: number): Float32Array => Float32Array.from(fill(n, 3, normal(seed)).flat());
const zeros = (shape: readonly number[], options = {}) =>
  tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), [...shape], options);
const gradientOf = (x: Tensor): Float32Array => x.grad?.data() as Float32Array;
const leaf = (n: number, seed: number) => tensor(rows(n, seed), [n, 3], at({ requiresGrad: true }));

describe.each(places())("on %s", (place) => {
  runOn(place);

  test("values of both views of a pair come as one, into the caller's tensor too", () => {
    const [x, y] = [leaf(5, 1), leaf(7, 2)];
    const each = loss.hardNegativeContrastive(x, y, { reduction: "none" });
    expect(each.shape).toEqual([5]);
    const total = loss.hardNegativeContrastive(x, y, { reduction: "sum" });
    expect((each.data() as Float32Array).reduce((sum, v) => sum + v, 0)).toBeCloseTo(total.item(), 4);
    const out = zeros([5], at());
    const [p, q] = [x.detach(), y.detach()];
    expect(loss.hardNegativeContrastive(p, q, { reduction: "none", out })).toBe(out);
    expect([...out.data()]).toEqual([...each.data()]);
  });

  test("views of different dtypes meet in float32", () => {
    const [x, y] = [leaf(4, 3), leaf(4, 4)];
    const half = y.to("float16");
    const value = loss.hardNegativeContrastive(x, half);
    const wanted = loss.hardNegativeContrastive(x, half.to("float32"));
    expect(value.item()).toBe(wanted.item());
    value.backward();
    expect(size(gradientOf(y))).toBeGreaterThan(0);
  });

  test("nPairs takes the first pair of each class, and other rows get no gradient", () => {
    const x = leaf(7, 5);
    const labels = [4, 1, 4, 9, 1, 1, 4];
    const value = loss.nPairs(x, labels, { reduction: "none" });
    expect([...value.data()].map((v) => v > 0)).toEqual([true, true, false, false, false, false, false]);
    value.sum().backward();
    const gradient = gradientOf(x);
    const touched = labels.map((_, i) => gradient.subarray(3 * i, 3 * i + 3).some((g) => g !== 0));
    expect(touched).toEqual([true, true, true, false, true, false, false]);
  });

  test("a proxy's ignored rows are no negatives of it", () => {
    const [x, w] = [leaf(4, 6), leaf(3, 7)];
    const value = loss.proxyAnchor(x, [0, -100, 2, 0], w);
    const kept = tensor(
      Float32Array.from([0, 2, 3].flatMap((i) => [...x.data().subarray(3 * i, 3 * i + 3)])),
      [3, 3],
      at(),
    );
    expect(value.item()).toBe(loss.proxyAnchor(kept, [0, 2, 0], w).item());
    value.backward();
    expect([...gradientOf(x).subarray(3, 6)]).toEqual([0, 0, 0]);
  });

  test("clusters weigh as their counts do, and rows without any weight have no term", () => {
    const [x, y] = [leaf(4, 8), leaf(5, 9)];
    const clusters = [
      [0, 0, 1, 1, 0],
      [0, 1, 1, 2, 0],
    ];
    const counts = Float32Array.from({ length: 20 }, (_, k) => {
      const [i, j] = [Math.floor(k / 5), k % 5];
      return clusters.filter((ids) => ids[i] !== ids[j]).length;
    });
    const weights = tensor(counts, [4, 5], at());
    const value = loss.weightedNegatives(x, y, { clusters });
    expect(value.item()).toBe(loss.weightedNegatives(x, y, { weights }).item());
    const none = loss.weightedNegatives(x, y, { clusters: [[3, 3, 3, 3, 3]] });
    expect(none.item()).toBe(0);
    none.backward();
    expect([...gradientOf(x)].every((g) => g === 0)).toBe(true);
  });
});

const [short, long] = [tensor(rows(3, 1), [3, 3]), tensor(rows(4, 2), [4, 3])];
const weighted = (options: object) => () => loss.weightedNegatives(short, long, options as never);
const fn = "loss.weightedNegatives";
const REFUSED: readonly Refusal[] = [
  [
    "fewer candidates than anchors",
    () => loss.hardNegativeContrastive(long, short),
    "ERR_SHAPE",
    "loss.hardNegativeContrastive: candidates must have a row for each of the 4 anchors, so at least 4 rows, got 3",
  ],
  [
    "weights of another shape",
    weighted({ weights: zeros([3, 3]) }),
    "ERR_SHAPE",
    `${fn}: weights must have shape [3, 4], got [3, 3]`,
  ],
  [
    "weights and clusters",
    weighted({ weights: zeros([3, 4]), clusters: [] }),
    "ERR_ARGUMENT",
    `${fn}: weights or clusters may be given, not both`,
  ],
  [
    "clusters that are no list",
    weighted({ clusters: 3 }),
    "ERR_ARGUMENT",
    `${fn}: clusters must be an array of lists of ids, got 3`,
  ],
  [
    "a short list",
    weighted({ clusters: [[1, 2, 3]] }),
    "ERR_SHAPE",
    `${fn}: clusters[0] must have 4 entries, one per row, got 3`,
  ],
];
test.each(REFUSED)("%s is refused", (...refusal) => expectRefused(refusal));
