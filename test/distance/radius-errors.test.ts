import { describe, test } from "vitest";
import { radius, radiusAsync } from "../../lib/distance/index.js";
import { tensor } from "../../lib/index.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { any, whole, wide, x, y } from "./refused.js";

const gone = tensor([[1, 2]]);
gone.dispose();

const RADIUS: readonly Refusal[] = [
  ["no radius", () => radius(x, y, any({})), "ERR_ARGUMENT", "radius: radius must be a finite number, got undefined"],
  [
    "a radius that is no number",
    () => radius(x, y, { radius: Number.NaN }),
    "ERR_ARGUMENT",
    "radius: radius must be a finite number, got NaN",
  ],
  [
    "an endless radius",
    () => radius(x, y, { radius: Infinity }),
    "ERR_ARGUMENT",
    "radius: radius must be a finite number, got Infinity",
  ],
  [
    "no pairs at all",
    () => radius(x, y, { radius: 1, maxPairs: 0 }),
    "ERR_ARGUMENT",
    "radius: maxPairs must be an integer from 1 to 2147483647, got 0",
  ],
  [
    "more pairs than offsets can count",
    () => radius(x, y, { radius: 1, maxPairs: 2 ** 31 }),
    "ERR_ARGUMENT",
    "radius: maxPairs must be an integer from 1 to 2147483647, got 2147483648",
  ],
  [
    "excludeSelf that is no boolean",
    () => radius(x, y, { radius: 1, excludeSelf: any("yes") }),
    "ERR_ARGUMENT",
    'radius: excludeSelf must be true or false, got "yes"',
  ],
  [
    "other columns",
    () => radius(x, wide, { radius: 1 }),
    "ERR_SHAPE",
    "radius: base must have 2 columns like queries, got 3",
  ],
  [
    "integers",
    () => radius(whole, y, { radius: 1 }),
    "ERR_DTYPE",
    'radius: queries must be float32, float16 or bfloat16, got "int32"',
  ],
  ["a disposed tensor", () => radius(x, gone, { radius: 1 }), "ERR_DISPOSED", "radius: base was disposed"],
  [
    "a result, where its length is not known",
    () => radius(x, y, any({ radius: 1, out: x })),
    "ERR_ARGUMENT",
    "radius: out cannot be given: the result is as long as there are pairs",
  ],
  [
    "more pairs than were allowed",
    () => radius(x, y, { radius: 100, maxPairs: 5 }),
    "ERR_MEMORY",
    "radius: maxPairs must be at least 6, the number of pairs within the radius, got 5",
  ],
  [
    "an aborted signal",
    () => radiusAsync(x, y, { radius: 1, signal: AbortSignal.abort() }),
    "ERR_ABORTED",
    "radiusAsync: aborted by its signal",
  ],
];

describe("radius refuses", () => {
  test.each(RADIUS)("%s", (...refusal) => expectRefused(refusal));
});
