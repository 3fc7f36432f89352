import { describe, expect, test } from "vitest";
import { pairwise } from "../../lib/distance/index.js";
import { tensor } from "../../lib/index.js";
import { gradCheck } from "../../lib/testing.js";
import type { Tensor } from "../../lib/types.js";
import { exactly, expectEarned, type Round, singly } from "../support/earned.js";
import { untouched } from "../support/guard.js";
import { at, places, runOn } from "../support/places.js";
import { fill, normal, type Rows, store } from "../support/rows.js";
import { CASES, type Case, nearDuplicates, offset } from "./cases.js";
import { centre, parameterPullback, parameterTerms, pullback, pullbackTerms, turned } from "./oracle.js";
import {
  type Fitted,
  fitRows,
  fitted,
  metricOf,
  parametersOf,
  type Variant,
  variantsHere,
  variantsOf,
  variantsOn,
} from "./variants.js";

interface Side {
  readonly gradient: Float64Array;
  readonly terms: Float64Array;
}

interface Sides {
  readonly dx: Side;
  /** Of the metric's tensors. */
  readonly parameters: Readonly<Record<string, Side>>;
  readonly dy?: Side;
}

/** The gradients under the upstream weights w; with itself, dx is the sum of both. */
function expectedOf({ c, y, oracle, spec }: Fitted, w: Rows, f: Round): Sides {
  const middle = centre([...c.x, ...y], c.d);
  const [across, down] = [(i: number, j: number) => w[i]?.[j] as number, (j: number, i: number) => w[i]?.[j] as number];
  const side = (of: typeof oracle, rows: Rows, others: Rows, weights: typeof across): Side => ({
    gradient: pullback(of, rows, others, weights, c.d, f),
    // Only those of the exact run are asked for.
    terms: f === exactly ? pullbackTerms(of, rows, others, weights, middle) : new Float64Array(rows.length * c.d),
  });
  const parameters: Record<string, Side> = {};
  for (const [name, { size }] of Object.entries(parametersOf(spec))) {
    parameters[name] = {
      gradient: parameterPullback(oracle, name, size, c.x, y, across, f),
      terms: f === exactly ? parameterTerms(oracle, name, size, c.x, y, across, middle) : new Float64Array(size),
    };
  }
  const [dx, dy] = [side(oracle, c.x, y, across), side(turned(oracle), y, c.x, down)];
  if (c.y !== undefined) return { dx, dy, parameters };
  const both = (a: Float64Array, b: Float64Array) => a.map((value, at) => f(value + (b[at] as number)));
  return { dx: { gradient: both(dx.gradient, dy.gradient), terms: both(dx.terms, dy.terms) }, parameters };
}

const known = new Map<string, readonly [exact: Sides, naive: Sides]>();

function upstream(c: Case): Rows {
  return fill(c.x.length, (c.y ?? c.x).length, normal(99)).map((row) => row.map(Math.fround));
}

function leaf(rows: Rows, c: Case): Tensor {
  const { data, dtype } = store(rows, c.d, c.storage);
  return tensor(data, [rows.length, c.d], at({ dtype, requiresGrad: true }));
}

function agree(given: Case, variant: Variant): void {
  const problem = fitted(variant, given);
  const { name: what, spec, c } = problem;
  const w = upstream(c);
  const x = leaf(c.x, c);
  const y = c.y && leaf(c.y, c);
  const gradient = tensor(Float32Array.from(w.flat()), [c.x.length, problem.y.length], at());
  const tensors = parametersOf(spec, true);
  const metric = metricOf(spec, tensors);
  const parameters = Object.entries(tensors);
  untouched(what, [x, ...(y ? [y] : []), gradient, ...parameters.map(([, value]) => value)], () => {
    pairwise(x, y, { metric }).backward(gradient);
  });
  const both = known.get(what) ?? ([expectedOf(problem, w, exactly), expectedOf(problem, w, singly)] as const);
  known.set(what, both);
  const compare = (name: string, got: Tensor | null, of: (sides: Sides) => Side | undefined) => {
    const [exact, naive] = both.map(of) as [Side, Side];
    expect(got?.dtype, `${what}, ${name}`).toBe("float32");
    expectEarned(`${what}, ${name}`, got?.data() as Float32Array, exact.gradient, naive.gradient, exact.terms);
  };
  compare("dx", x.grad, ({ dx }) => dx);
  if (y) compare("dy", y.grad, ({ dy }) => dy);
  for (const [name, value] of parameters) compare(name, value.grad, (sides) => sides.parameters[name]);
}

function expectClose(got: Tensor | null, wanted: readonly number[]): void {
  const terms = wanted.map(() => 1);
  expectEarned("gradient", got?.data() as Float32Array, wanted, wanted, terms);
}

const as = (name: string, x: Rows, y?: Rows): Case => {
  const d = x[0]?.length as number;
  return { name, x, ...(y ? { y } : {}), d, storage: "float32", stride: d };
};
/** Where the difference of two rows is small beside the rows. */
const HARD: readonly Case[] = [
  as("unit vectors 1e-3 apart", nearDuplicates(40, 12, 1e-3)),
  as("unit vectors 1e-3 apart, two sets", nearDuplicates(30, 12, 1e-3), nearDuplicates(40, 12, 1e-3, 9)),
  as("rows with mean 1000", offset(30, 12, 1000), offset(50, 12, 1000, 8)),
];

/** A precision stays symmetric while one of its numbers moves. */
const shaped = (name: string, given: Tensor): Tensor =>
  name === "precision" ? given.add(given.transpose()).mul(0.5) : given;

describe.each(places())("the gradient of pairwise on %s", (place) => {
  runOn(place);
  test.each(CASES)("$name", (c) => {
    for (const variant of variantsOf(c)) agree(c, variant);
  });
  test.each(HARD)("$name", (c) => {
    for (const variant of variantsHere()) agree(c, variant);
  });

  test.each(variantsOn(place))("$name agrees with differences", ({ of }) => {
    const spec = of(4);
    const [x, y] = [fill(5, 4, normal(11)), fill(6, 4, normal(12))].map((rows) =>
      tensor(Float32Array.from(fitRows(spec, rows).flat()), [rows.length, 4], at({ requiresGrad: true })),
    ) as [Tensor, Tensor];
    const parameters = parametersOf(spec, true);
    const names = Object.keys(parameters);
    const error = gradCheck(
      (a, b, ...rest) => {
        const tensors = names.map((name, i) => [name, shaped(name, rest[i] as Tensor)]);
        const metric = metricOf(spec, Object.fromEntries(tensors));
        const there = pairwise(a, b, { metric });
        return there.mul(pairwise(b, a, { metric }).transpose()).mean();
      },
      [x, y, ...Object.values(parameters)],
    );
    expect(error).toBeLessThan(2e-3);
  });

  test("one side may do without", () => {
    const x = tensor([[1, 2]], undefined, at({ requiresGrad: true }));
    const y = tensor([[4, 6]], undefined, at());
    pairwise(x, y).sum().backward();
    expectClose(x.grad, [-0.6, -0.8]);
    expect(y.grad).toBeNull();
    const z = tensor([[4, 6]], undefined, at({ requiresGrad: true }));
    pairwise(x.detach(), z).sum().backward();
    expectClose(z.grad, [0.6, 0.8]);
  });

  test("the gradient of columns of a wider tensor lands in those columns", () => {
    const wide = tensor(
      [
        [9, 1, 2, 9],
        [9, 4, 6, 9],
      ],
      undefined,
      at({ requiresGrad: true }),
    );
    pairwise(wide.columns(1, 3), undefined, { metric: "sqeuclidean" }).sum().backward();
    expect(wide.grad?.toArray()).toEqual([
      [0, -12, -16, 0],
      [0, 12, 16, 0],
    ]);
  });
});
