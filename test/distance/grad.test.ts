import { describe, expect, test } from "vitest";
import { pairwise } from "../../lib/distance/index.js";
import { DISTANCES } from "../../lib/distance/table.js";
import type { Metric } from "../../lib/distance/types.js";
import { tensor } from "../../lib/index.js";
import { gradCheck } from "../../lib/testing.js";
import type { Tensor } from "../../lib/types.js";
import { exactly, expectEarned, type Round, singly } from "../support/earned.js";
import { untouched } from "../support/guard.js";
import { at, places, runOn } from "../support/places.js";
import { fill, normal, type Rows, store } from "../support/rows.js";
import { CASES, type Case, nearDuplicates, offset } from "./cases.js";
import { mean, ORACLES, pullback, pullbackTerms } from "./oracle.js";

const METRICS = Object.keys(DISTANCES) as Metric[];

interface Side {
  readonly gradient: Float64Array;
  readonly terms: Float64Array;
}

/** dx and dy under the upstream weights w; with itself, dx is the sum of both. */
function expectedOf(c: Case, metric: Metric, w: Rows, f: Round): [dx: Side, dy: Side | undefined] {
  const y = c.y ?? c.x;
  const centre = mean([...c.x, ...y], c.d);
  const oracle = ORACLES[metric];
  const [across, down] = [(i: number, j: number) => w[i]?.[j] as number, (j: number, i: number) => w[i]?.[j] as number];
  const side = (rows: Rows, others: Rows, weights: typeof across): Side => ({
    gradient: pullback(oracle, rows, others, weights, c.d, f),
    // Only those of the exact run are asked for.
    terms: f === exactly ? pullbackTerms(oracle, rows, others, weights, centre) : new Float64Array(rows.length * c.d),
  });
  const [dx, dy] = [side(c.x, y, across), side(y, c.x, down)];
  if (c.y !== undefined) return [dx, dy];
  const both = (a: Float64Array, b: Float64Array) => a.map((value, at) => f(value + (b[at] as number)));
  return [{ gradient: both(dx.gradient, dy.gradient), terms: both(dx.terms, dy.terms) }, undefined];
}

const known = new Map<string, readonly [ReturnType<typeof expectedOf>, ReturnType<typeof expectedOf>]>();

function upstream(c: Case): Rows {
  return fill(c.x.length, (c.y ?? c.x).length, normal(99)).map((row) => row.map(Math.fround));
}

function leaf(rows: Rows, c: Case): Tensor {
  const { data, dtype } = store(rows, c.d, c.storage);
  return tensor(data, [rows.length, c.d], at({ dtype, requiresGrad: true }));
}

function agree(c: Case, metric: Metric): void {
  const what = `${metric}, ${c.name}`;
  const w = upstream(c);
  const x = leaf(c.x, c);
  const y = c.y && leaf(c.y, c);
  const gradient = tensor(Float32Array.from(w.flat()), [c.x.length, (c.y ?? c.x).length], at());
  untouched(what, [x, ...(y ? [y] : []), gradient], () => {
    pairwise(x, y, { metric }).backward(gradient);
  });
  const key = `${metric} ${c.name}`;
  const both = known.get(key) ?? ([expectedOf(c, metric, w, exactly), expectedOf(c, metric, w, singly)] as const);
  known.set(key, both);
  const [exact, naive] = both;
  const compare = (name: string, side: 0 | 1, got: Tensor | null | undefined) => {
    const [e, n] = [exact[side] as Side, naive[side] as Side];
    expect(got?.dtype).toBe("float32");
    expectEarned(`${what}, ${name}`, got?.data() as Float32Array, e.gradient, n.gradient, e.terms);
  };
  compare("dx", 0, x.grad);
  if (y) compare("dy", 1, y.grad);
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

describe.each(places())("the gradient of pairwise on %s", (place) => {
  runOn(place);
  test.each([...CASES, ...HARD])("$name", (c) => {
    for (const metric of METRICS) agree(c, metric);
  });

  test.each(METRICS)("%s agrees with differences", (metric) => {
    const [x, y] = [fill(5, 4, normal(11)), fill(6, 4, normal(12))].map((rows) =>
      tensor(Float32Array.from(rows.flat()), [rows.length, 4], at({ requiresGrad: true })),
    ) as [Tensor, Tensor];
    expect(
      gradCheck(
        (a, b) =>
          pairwise(a, b, { metric })
            .mul(pairwise(b, a, { metric }).transpose())
            .mean(),
        [x, y],
      ),
    ).toBeLessThan(2e-3);
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
