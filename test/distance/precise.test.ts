import { describe, expect, test } from "vitest";
import { pairwise } from "../../lib/distance/index.js";
import { exactly } from "../support/earned.js";
import { places, put, runOn } from "../support/places.js";
import { fill, normal, type Rows } from "../support/rows.js";
import { nearDuplicates, offset } from "./cases.js";
import { matrix, oracleOf, type Spec } from "./oracle.js";
import { allowed } from "./promise.js";
import { BASIC, closer, fitRows, metricOf, type Variant, variantsHere } from "./variants.js";

const d = 48;
/** Pairs at every distance: two copies of the same rows, moved by ever larger steps. */
function graded(): { x: Rows; y: Rows } {
  const x = fill(60, d, normal(21)).map((row) => row.map(Math.fround));
  const step = fill(60, d, normal(22));
  const y = x.map((row, i) =>
    row.map((value, k) => Math.fround(value + 10 ** (-5 + i / 10) * (step[i]?.[k] as number))),
  );
  return { x, y };
}

const DATA: Readonly<Record<string, { readonly x: Rows; readonly y?: Rows }>> = {
  "unit vectors 1e-3 apart": { x: nearDuplicates(80, d, 1e-3) },
  "unit vectors 1e-2 apart": { x: nearDuplicates(80, d, 1e-2), y: nearDuplicates(50, d, 1e-2) },
  "unit vectors 0.3 apart": { x: nearDuplicates(80, d, 0.3) },
  "rows with mean 1000": { x: offset(80, d, 1000) },
  "rows with mean 1000, two sets": { x: offset(30, d, 1000, 7), y: offset(70, d, 1000, 8) },
  "rows with mean 1000, and a zero row": { x: [...offset(60, d, 1000), new Array<number>(d).fill(0)] },
  "near-duplicates far from the origin": {
    x: nearDuplicates(70, d, 0.1).map((row) => row.map((value) => Math.fround(value + 100))),
  },
  "near-duplicates of tiny rows": {
    x: nearDuplicates(60, d, 1e-2).map((row) => row.map((value) => Math.fround(value * 1e-6))),
  },
  "rows with mean 4": { x: offset(70, d, 4), y: offset(50, d, 4, 8) },
  "rows with mean 12": { x: offset(70, d, 12) },
  "rows with mean 50": { x: offset(70, d, 50) },
  "one coordinate with mean 1000": {
    x: offset(70, d, 0).map(([, ...rest], i) => [Math.fround(1000 + i / 7), ...rest]),
  },
  "pairs at every distance": graded(),
  "a few rows 1e-3 apart among others": {
    x: [...nearDuplicates(20, d, 1e-3), ...fill(60, d, normal(9)).map((row) => row.map(Math.fround))],
  },
};

/** A kernel as wide as the data: of all pairs alike, or all unlike, little could be seen. */
const SHARP: Variant = { name: "gaussian, γ = 1e5", of: () => ({ name: "gaussian", gamma: 1e5 }) };

interface Bounds {
  readonly exact: Float64Array;
  readonly room: Float64Array;
}
const known = new Map<string, Bounds>();

/** Made once, whatever the number of places. */
function boundsOf(what: string, spec: Spec, x: Rows, y: Rows | undefined): Bounds {
  const oracle = oracleOf(spec);
  const room = allowed(spec);
  const own = (i: number, j: number) => y === undefined && i === j && closer(spec) === "smaller";
  const make = (): Bounds => {
    const exact = matrix(x, y ?? x, (a, b, i, j) => (own(i, j) ? 0 : oracle.value(a, b, exactly)));
    const at = (i: number, j: number) => exact[i * (y ?? x).length + j] as number;
    // A row's own pair is exactly 0.
    return { exact, room: matrix(x, y ?? x, (a, b, i, j) => (own(i, j) ? 0 : room(a, b, at(i, j)))) };
  };
  const found = known.get(what) ?? make();
  known.set(what, found);
  return found;
}

/** Every pair within what is allowed. */
function expectWithin(what: string, spec: Spec, x: Rows, y: Rows | undefined): void {
  const got = pairwise(put(x, d), y && put(y, d), { metric: metricOf(spec) }).data();
  const { exact, room } = boundsOf(what, spec, x, y);
  const wrong: string[] = [];
  exact.forEach((value, at) => {
    if (Math.abs((got[at] as number) - value) <= (room[at] as number)) return;
    const [i, j] = [Math.floor(at / (y ?? x).length), at % (y ?? x).length];
    wrong.push(`(${i}, ${j}) is ${value}, got ${got[at]}, allowed ${room[at]}`);
  });
  expect(wrong.slice(0, 5), `${what}: ${wrong.length} pairs`).toEqual([]);
}

describe.each(places())("near-duplicates and offset data on %s", (place) => {
  runOn(place);

  test.each(Object.entries(DATA))("%s: every metric keeps what is promised", (data, { x, y }) => {
    const wide = variantsHere().length > BASIC.length;
    for (const { name, of } of [...variantsHere(), ...(wide ? [SHARP] : [])]) {
      const spec = of(d);
      expectWithin(`${name}, ${data}`, spec, fitRows(spec, x), y && fitRows(spec, y));
    }
  });

  test("equal rows are at distance 0, wherever they stand", () => {
    const x = offset(9, d, 1000);
    for (const { name, of } of variantsHere()) {
      const spec = of(d);
      if (closer(spec) === "larger" && spec.name !== "gaussian") continue;
      // Angles are computed from lengths: they are as good as float64.
      if (spec.name === "cosine" || spec.name === "correlation") continue;
      const rows = fitRows(spec, x);
      const got = pairwise(put([...rows, ...rows], d), put(rows, d), { metric: metricOf(spec) });
      (got.toArray() as number[][]).forEach((row, i) => {
        expect(row[i % 9], `${name} ${i}`).toBe(spec.name === "gaussian" ? 1 : 0);
      });
    }
  });
});

/** Points whose c|x|² is 1 − `room`. */
function nearBoundary(n: number, room: number, curvature: number, seed: number): Rows {
  return fill(n, d, normal(seed)).map((row) => {
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    return row.map((value) => Math.fround((value * Math.sqrt((1 - room) / curvature)) / length));
  });
}

describe.each(places())("the Poincaré ball on %s", (place) => {
  runOn(place);

  test.each([
    [1e-2, 0.1],
    [1e-3, 1],
    [1e-4, 0.1],
    [1e-5, 4],
  ])("points with c|x|² = 1 − %f, c = %f, keep what is promised", (room, curvature) => {
    const x = nearBoundary(40, room, curvature, 61);
    const y = [...nearBoundary(30, room, curvature, 62), ...nearBoundary(9, 0.5, curvature, 63), x[0] as number[]];
    const spec = { name: "poincare", curvature } as const;
    expectWithin(`${room} from the edge`, spec, x, y);
    expectWithin(`${room} from the edge, with itself`, spec, x, undefined);
  });
});
