/** What lib/ promises is not trusted with memory: native calls hold buffers and indices against the lengths that they are given. */
import { describe, expect, test } from "vitest";
import { native } from "../../lib/native.js";

const floats = (n: number) => new Float32Array(n);
type Call = (...a: unknown[]) => unknown;
const { forward, backward, decode, append, read, mergePartials } = native().attention as unknown as Record<
  string,
  Call
>;

/** B 1, Sq 2, Sk 3, H 2, Hk 1, Hv 1, Dk 4, Dv 5; `change` replaces arguments by place. */
function attended(change: Record<number, unknown> = {}): unknown[] {
  const lengths = [1, 2, 3, 2, 1, 1, 4, 5];
  const rows = [floats(16), 0, floats(12), 0, floats(15), 0];
  const maps = [null, null, new Int32Array(2), new Int32Array(2)];
  const all = [1, undefined, ...rows, ...lengths, ...maps, 1, 0, -1, -1, 0, 0, 1, 1, null, false];
  return Object.assign(all, change);
}
const results = () => [floats(20), floats(4), null];
const gradients = () => [floats(20), floats(8), floats(20), floats(16), floats(12), floats(15)];

const CACHE = [floats(4 * 6), 0, 4, 4, 2];
/** B 1, Sq 1, H 2 over a cache of 4 rows of 4 + 2 in pages of 2. */
function decoded(change: Record<number, unknown> = {}): unknown[] {
  const query = [floats(8), 0, floats(4), 0, 1, 1, 2];
  const table = [2, 1, Int32Array.of(1, 0), Int32Array.of(3)];
  return Object.assign([1, undefined, ...CACHE, ...query, ...table, 1, false, false, 0, floats(8), floats(2)], change);
}

test("the calls as they should be are taken", () => {
  forward(...attended(), ...results());
  backward(...attended(), ...gradients());
  decode(...decoded());
});

describe("refused", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["short queries", () => forward(...attended({ 2: floats(15) }), ...results()), /q must hold 16 elements, got 15/],
    ["short keys", () => forward(...attended({ 4: floats(11) }), ...results()), /k must hold 12 elements, got 11/],
    ["short values", () => forward(...attended({ 6: floats(14) }), ...results()), /v must hold 15 elements, got 14/],
    [
      "a key head that is none",
      () => forward(...attended({ 18: Int32Array.of(0, 1) }), ...results()),
      /keyHeads must be from 0 to 0/,
    ],
    [
      "a value head below 0",
      () => forward(...attended({ 19: Int32Array.of(-1, 0) }), ...results()),
      /valueHeads must be from 0 to 0/,
    ],
    [
      "a length beyond",
      () => forward(...attended({ 17: Int32Array.of(4) }), ...results()),
      /keyLengths must be from 0 to 3/,
    ],
    [
      "a length beyond the queries",
      () => forward(...attended({ 16: Int32Array.of(3) }), ...results()),
      /queryLengths must be from 0 to 2/,
    ],
    [
      "a short bias",
      () => forward(...attended({ 25: 2, 28: floats(5) }), ...results()),
      /bias must hold 6 elements, got 5/,
    ],
    [
      "a bias of no shape",
      () => forward(...attended({ 25: 2, 27: 3, 28: floats(18) }), ...results()),
      /bias must be shared or one for each/,
    ],
    ["a short result", () => forward(...attended(), floats(19), floats(4), null), /out must hold 20 elements, got 19/],
    [
      "a short state",
      () => forward(...attended(), floats(20), floats(4), floats(7)),
      /state must hold 8 elements, got 7/,
    ],
    [
      "more than can be counted",
      () => forward(...attended({ 8: 2 ** 30, 9: 2 ** 30 }), ...results()),
      /too many elements/,
    ],
    [
      "a short gradient",
      () => backward(...attended(), ...gradients().with(2, floats(19))),
      /grad must hold 20 elements, got 19/,
    ],
    [
      "a short dk",
      () => backward(...attended(), ...gradients().with(4, floats(11))),
      /dk must hold 12 elements, got 11/,
    ],
    ["a page beyond", () => decode(...decoded({ 16: Int32Array.of(1, 2) })), /pages must be below 2/],
    ["a page below 0", () => decode(...decoded({ 16: Int32Array.of(-1, 0) })), /pages must be below 2/],
    [
      "a length beyond the pages",
      () => decode(...decoded({ 17: Int32Array.of(5) })),
      /lengths must be within the pages/,
    ],
    ["a small cache", () => decode(...decoded({ 2: floats(23) })), /a cache must hold its slots/],
    [
      "a cache that starts anywhere",
      () => decode(...decoded({ 2: new Uint8Array(200).subarray(1) })),
      /multiple of 4 bytes/,
    ],
    ["a short latent query", () => decode(...decoded({ 7: floats(7) })), /query.latent must hold 8 elements, got 7/],
    [
      "a slot beyond",
      () => append(1, undefined, ...CACHE, floats(4), 0, 1, 4, floats(2), 0, 1, 2, Int32Array.of(4)),
      /slots must be below 4/,
    ],
    [
      "other rows",
      () => append(1, undefined, ...CACHE, floats(4), 0, 1, 4, floats(4), 0, 2, 2, Int32Array.of(0)),
      /as many rows/,
    ],
    [
      "a slot below 0",
      () => read(1, undefined, ...CACHE, 1, Int32Array.of(-1), floats(4), floats(2)),
      /slots must be below 4/,
    ],
    [
      "short parts",
      () => mergePartials(1, undefined, 2, 3, 4, floats(23), floats(6), floats(12), floats(3)),
      /outputs must hold 24 elements, got 23/,
    ],
  ])("%s", (_, call, message) => {
    expect(call).toThrow(message);
  });

  test("but a page that no row is in may be anything", () => {
    decode(...decoded({ 16: Int32Array.of(1, 2147480000), 17: Int32Array.of(2) }));
  });
});
