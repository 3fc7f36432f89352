import { describe, test } from "vitest";
import { exactly, expectEarned, singly } from "../support/earned.js";
import { size } from "../support/golden.js";
import { places, runOn } from "../support/places.js";
import type { Rows } from "../support/rows.js";
import { callOf, gradientOf } from "./call.js";
import { expected, type Problem } from "./expected.js";
import { GOLDEN } from "./golden.js";

/** The kernels are given float32 rows, so that rounding is part of what the naive loop earns. */
const single = (rows: Rows): Rows => rows.map((row) => row.map(Math.fround));
function asStored(problem: Problem): Problem {
  return { ...problem, x: single(problem.x), ...(problem.y ? { y: single(problem.y) } : {}) };
}

describe.each(places())("golden values on %s", (place) => {
  runOn(place);

  test.each(GOLDEN)("$name", ({ problem, loss, dx, dy }) => {
    const naive = expected(asStored(problem), singly);
    const exact = expected(problem, exactly);
    const call = callOf(asStored(problem), { storage: "float32", stride: 6 });
    const value = call.now();
    expectEarned("loss", value.data(), [loss], naive.value, exact.valueTerms);
    value.backward();
    const norm = (what: string, got: Float32Array, wanted: number, side: Float64Array, terms: Float64Array) =>
      expectEarned(what, [size(got)], [wanted], [size(side)], [size(terms)]);
    norm("|dx|", gradientOf(call.x, 6), dx, naive.dx, exact.dxTerms);
    if (dy !== undefined && call.y) norm("|dy|", gradientOf(call.y, 6), dy, naive.dy, exact.dyTerms);
  });
});
