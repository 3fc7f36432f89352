// What the addon checks again by itself: that every buffer is as long as the other arguments imply. Called past lib/check.ts.
import { describe, expect, test } from "vitest";
import { type Matrix, native } from "../../lib/native.js";

const f = (n: number): Float32Array => new Float32Array(n);
const any = (value: unknown) => value as never;
/** Three rows of four columns. */
const rows: Matrix = [f(12), 0, 3, 4];
const { attention } = native();

const norm = (
  changed: { x?: Matrix; d?: number; gain?: unknown; grad?: unknown; out?: unknown; gainGrad?: unknown } = {},
) =>
  attention.rmsNorm(
    1,
    undefined,
    ...(changed.x ?? rows),
    changed.d ?? 4,
    any(changed.gain ?? f(4)),
    1e-6,
    any(changed.grad ?? null),
    any("out" in changed ? changed.out : f(12)),
    any(changed.gainGrad ?? null),
  );
const rope = (
  changed: {
    x?: Matrix;
    skip?: number;
    heads?: number;
    tokens?: number;
    positions?: unknown;
    frequencies?: unknown;
    out?: unknown;
  } = {},
) =>
  attention.rope(
    1,
    undefined,
    ...(changed.x ?? rows),
    changed.skip ?? 0,
    2,
    changed.heads ?? 1,
    changed.tokens ?? 3,
    any(changed.positions ?? new Int32Array(3)),
    any(changed.frequencies ?? new Float64Array(2)),
    true,
    false,
    any(changed.out ?? f(12)),
  );
/** Two heads of x [3, 2] · w [2, 5]. */
const heads = (
  changed: { x?: unknown; xHead?: number; w?: unknown; wHead?: number; count?: number; out?: unknown } = {},
) =>
  attention.headProducts(
    1,
    undefined,
    any(changed.x ?? f(12)),
    4,
    1,
    changed.xHead ?? 2,
    any(changed.w ?? f(20)),
    10,
    1,
    changed.wHead ?? 5,
    changed.count ?? 2,
    3,
    2,
    5,
    any(changed.out ?? f(30)),
  );

test("right arguments are taken", () => {
  norm();
  norm({ grad: f(12), gainGrad: f(4) });
  norm({ grad: f(12), out: null });
  rope();
  rope({ skip: 0, heads: 3, tokens: 1, positions: new Int32Array(1) });
  heads();
});

const REFUSED: readonly [string, () => unknown, string][] = [
  ["a short matrix", () => norm({ x: [f(11), 0, 3, 4] }), "rmsNorm: x must hold 48 bytes, got 44"],
  ["no columns", () => norm({ d: 0 }), "rmsNorm"],
  ["a short gain", () => norm({ gain: f(3) }), "rmsNorm: gain must hold 4 elements, got 3"],
  ["a short gradient", () => norm({ grad: f(11) }), "rmsNorm: grad must hold 12 elements, got 11"],
  ["a short result", () => norm({ out: f(11) }), "rmsNorm: out must hold 12 elements, got 11"],
  [
    "a short gradient of the gain",
    () => norm({ grad: f(12), gainGrad: f(3) }),
    "rmsNorm: gainGrad must hold 4 elements, got 3",
  ],
  ["no result on the way forward", () => norm({ out: null }), "rmsNorm: the way forward gives out, and nothing else"],
  [
    "a gain's gradient on the way forward",
    () => norm({ gainGrad: f(4) }),
    "rmsNorm: the way forward gives out, and nothing else",
  ],
  ["a matrix of too few columns", () => rope({ x: [f(9), 0, 3, 3] }), "rope: x has a row stride below its columns"],
  ["columns that are skipped beyond the row", () => rope({ skip: 1 }), "rope: x has a row stride below its columns"],
  ["too few positions", () => rope({ positions: new Int32Array(2) }), "rope: positions must hold 3 elements, got 2"],
  ["no positions", () => rope({ tokens: 0 }), "rope"],
  ["no heads", () => rope({ heads: 0 }), "rope"],
  [
    "too few frequencies",
    () => rope({ frequencies: new Float64Array(1) }),
    "rope: frequencies must hold 2 elements, got 1",
  ],
  [
    "frequencies of another kind",
    () => rope({ frequencies: f(2) }),
    "rope: frequencies must be a typed array of its kind",
  ],
  ["a short turned result", () => rope({ out: f(11) }), "rope: out must hold 12 elements, got 11"],
  ["a short x", () => heads({ x: f(11) }), "headProducts: x must hold 12 elements, got 11"],
  ["heads further apart than x reaches", () => heads({ xHead: 3 }), "headProducts: x must hold 13 elements, got 12"],
  ["short weights", () => heads({ w: f(19) }), "headProducts: w must hold 20 elements, got 19"],
  [
    "more heads than weights",
    () => heads({ count: 3, xHead: 0, wHead: 5, out: f(45) }),
    "headProducts: w must hold 25 elements, got 20",
  ],
  ["a short result of heads", () => heads({ out: f(29) }), "headProducts: out must hold 30 elements, got 29"],
];

describe("refused", () => {
  test.each(REFUSED)("%s", (_, call, message) => expect(call).toThrow(message));
});
