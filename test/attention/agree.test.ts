import { describe, expect, test } from "vitest";
import { exactly, expectEarned, singly } from "../support/earned.js";
import { places, runOn, tensorHere } from "../support/places.js";
import { normal } from "../support/rows.js";
import { CASES, type Case, optionsOf, run, tensorOf } from "./cases.js";
import { attend, type Gradients, pullBack, type Result } from "./oracle.js";
import { attention } from "../../lib/attention/index.js";

/** Made once, whatever the number of places. */
function once<T>(make: (c: Case) => T): (c: Case) => T {
  const known = new Map<string, T>();
  return (c) => {
    const found = known.get(c.name) ?? make(c);
    known.set(c.name, found);
    return found;
  };
}

const forwards = once((c): readonly [Result, Result] => {
  const p = c.problem();
  return [attend(p, exactly), attend(p, singly)];
});

const upstream = once((c): Float64Array => {
  const next = normal(99);
  return forwards(c)[0].out.map(() => Math.fround(next()));
});

const backwards = once((c): readonly [Gradients, Gradients] => {
  const p = c.problem();
  return [pullBack(p, upstream(c), exactly), pullBack(p, upstream(c), singly)];
});

describe.each(places())("attention on %s agrees with the oracle", (place) => {
  runOn(place);

  test.each(CASES)("$name", (c) => {
    const [exact, naive] = forwards(c);
    const { output, lse } = run(c.problem(), c.storage);
    expect(output.shape).toEqual([...c.problem().q.shape.slice(0, 3), c.problem().v.shape[3]]);
    expectEarned("output", output.data(), exact.out, naive.out, exact.outTerms);
    expectEarned("lse", lse.data(), exact.lse, naive.lse, exact.lseTerms);
  });

  test.each(CASES)("gradient: $name", (c) => {
    const p = c.problem();
    const [exact, naive] = backwards(c);
    const [q, k, v] = [p.q, p.k, p.v].map((x) => tensorOf(x, c.storage, true)) as [
      ReturnType<typeof tensorOf>,
      ReturnType<typeof tensorOf>,
      ReturnType<typeof tensorOf>,
    ];
    const { output } = attention(q, k, v, optionsOf(p));
    output.backward(tensorHere(Float32Array.from(upstream(c)), output.shape));
    for (const [name, x] of [
      ["dq", q],
      ["dk", k],
      ["dv", v],
    ] as const)
      expectEarned(name, x.grad?.data() ?? [], exact[name], naive[name], exact[`${name}Terms`]);
  });
});
