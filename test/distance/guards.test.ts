import { describe, expect, test } from "vitest";
import { pairArguments, pairOf } from "../../lib/distance/pair.js";
import type { DeviceArray } from "../../lib/device-array.js";
import { DTYPES } from "../../lib/dtype.js";
import { type Matrix, native } from "../../lib/native.js";
import type { Input } from "../../lib/types.js";
import { onPlace, type Zone, zone } from "../support/guard.js";
import { places, processors, put, runOn } from "../support/places.js";
import { fill, normal, store } from "../support/rows.js";
import { CASES, CHOSEN, type Case } from "./cases.js";
import { fitted, metricOf, type Variant, variantsOf } from "./variants.js";

function matrixOf(c: Case, rows: Case["x"]): Matrix {
  return [
    onPlace(store(rows, c.d, c.storage, c.stride).data, c.storage),
    DTYPES[c.storage].code,
    rows.length,
    c.stride,
  ];
}

/** Every native call of one metric on one case, with its results in guard zones. */
function expectGuarded(variant: Variant, given: Case): void {
  const { name: what, c, spec } = fitted(variant, given);
  const x = put(c.x, c.d, c.storage, c.stride);
  const y = c.y ? put(c.y, c.d, c.storage, c.stride) : x;
  const [n, m, self] = [c.x.length, (c.y ?? c.x).length, c.y === undefined];
  // What weights do to the rows of y is not asked here: those of "structured" meet as inner products.
  const metric = spec.name === "structured" ? "inner" : metricOf(spec);
  const pair = pairArguments(pairOf("guards", ["x", x], ["y", y], { metric }));
  const { distance } = native();
  const value = zone(Float32Array, n * m);
  distance.pairwise(2, undefined, ...pair, value.inside, 0, m);
  const gradient = onPlace(Float32Array.from(fill(n, m, normal(1)).flat()));
  const [dx, dy] = [zone(Float32Array, n * c.d), zone(Float32Array, self ? 0 : m * c.d)];
  const into = [dx.inside, self ? null : dy.inside] as const;
  distance.pairwiseBackward(2, undefined, ...pair, value.inside, gradient, ...into);
  const k = Math.min(m, 11);
  const [values, indices] = [zone(Float32Array, n * k), zone(Int32Array, n * k)];
  if (k > 0) distance.topK(2, undefined, ...pair, k, self, values.inside, indices.inside);
  const sums = zone(Float32Array, n);
  distance.reduceRows(2, undefined, ...pair, 2, 1, sums.inside);
  expectWhole(what, { value, dx, dy, values, indices, sums });
}

type Weights = Float32Array | DeviceArray;
type Zones = Readonly<Record<string, Zone<Float32Array> | Zone<Float64Array> | Zone<Int32Array>>>;

function expectWhole(what: string, zones: Zones): void {
  for (const [name, result] of Object.entries(zones)) {
    result.expectIntact(`${name} of ${what}`);
    expect(result.read().indexOf(-12345), `${name} of ${what}: an element was left out`).toBe(-1);
  }
}

/** The public functions make their own results; here native code is handed arrays with guard zones in their place. */
describe.each(places())("results of native calls on %s: all written, nothing else", (place) => {
  runOn(place);

  test.each(CASES)("$name", (c) => {
    for (const variant of variantsOf(c)) expectGuarded(variant, c);
  });
});

describe.each(places())("weighted rows on %s: all written, nothing else", (place) => {
  runOn(place);

  test.each([...CHOSEN])("$name", (c) => {
    const rows = matrixOf(c, c.x);
    const gradient = matrixOf({ ...c, storage: "float32", stride: c.d }, fill(c.x.length, c.d, normal(2)));
    for (const g of [1, ...(c.d % 3 === 0 ? [3] : []), c.d]) {
      const [d, w] = [new Float32Array(c.d).fill(0.5), new Float32Array(c.d * g).fill(0.25)].map((v) => onPlace(v)) as [
        Weights,
        Weights,
      ];
      const [out, back] = [zone(Float32Array, c.x.length * c.d), zone(Float32Array, c.x.length * c.d)];
      const { distance } = native();
      distance.structuredRows(2, undefined, ...rows, c.d, g, false, d, w, out.inside);
      distance.structuredRows(2, undefined, ...rows, c.d, g, true, d, w, back.inside);
      const [diagonal, blocks] = [zone(Float32Array, c.d), zone(Float32Array, c.d * g)];
      distance.structuredGradient(2, undefined, ...gradient, ...rows, c.d, g, diagonal.inside, blocks.inside);
      expectWhole(`${c.name}, blocks of ${g}`, { out, back, diagonal, blocks });
    }
  });
});

describe.each(processors())("ranks on %s: all written, nothing else", (place) => {
  runOn(place);

  test.each(CASES)("$name", (c) => {
    const [n, m] = [c.x.length, (c.y ?? c.x).length];
    const labels = (length: number) => Int32Array.from({ length }, (_, i) => i % 3);
    const relevant = zone(Int32Array, n);
    const first = zone(Int32Array, n);
    const precision = zone(Float64Array, n);
    const average = zone(Float64Array, n);
    const [x, y] = [c.x, c.y ?? c.x].map((rows) => put(rows, c.d, c.storage, c.stride)) as [Input, Input];
    const sides = c.y === undefined ? ([x, x] as const) : ([x, y] as const);
    const pair = pairArguments(pairOf("guards", ["x", sides[0]], ["y", sides[1]], { metric: "sqeuclidean" }));
    const results = [relevant.inside, first.inside, precision.inside, average.inside] as const;
    native().distance.rank(2, undefined, ...pair, c.y === undefined, labels(n), labels(m), ...results);
    expectWhole("ranks", { relevant, first, precision, average });
  });
});
