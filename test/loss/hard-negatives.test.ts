import { describe, expect, test } from "vitest";
import { tensor } from "../../lib/index.js";
import { loss, type MinedPairs, miner } from "../../lib/loss/index.js";
import type { Tensor } from "../../lib/types.js";
import { exactly, expectEarned, singly } from "../support/earned.js";
import { LABELS, size, X, Y } from "../support/golden.js";
import { at, here, places, runOn } from "../support/places.js";
import { expectRefused, type Refusal } from "../support/refusal.js";
import { fill, normal, type Rows } from "../support/rows.js";
import { callOf, gradientOf, minerOf } from "./call.js";
import { expected, type Mining, pairsOf, type Problem } from "./expected.js";

const leaf = (rows: Rows): Tensor =>
  tensor(Float32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 6], at({ requiresGrad: true }));
const single = (rows: Rows): Rows => rows.map((row) => row.map(Math.fround));

const UNIME: Problem = {
  loss: "infoNCE",
  x: X,
  y: Y,
  d: 6,
  params: { temperature: 0.02, symmetric: false, targetOffset: 0 },
  miner: { name: "hardNegatives", params: { k: 2, absolute: 1 } },
  metric: "cosineSimilarity",
  normalize: true,
  reduction: "mean",
};

test("the oracle gives the golden values of UniME, k 2, margin 1, temperature 0.02", () => {
  const found = expected(UNIME, exactly);
  expect(found.value[0]).toBeCloseTo(23.5330340059, 9);
  expect([size(found.dx), size(found.dy)]).toEqual([expect.closeTo(9.7251654435, 9), expect.closeTo(12.092869913, 9)]);
});

describe.each(places())("miner.hardNegatives on %s", (place) => {
  runOn(place);

  test("the golden values of UniME", () => {
    const problem = { ...UNIME, x: single(X), y: single(Y) };
    const [naive, exact] = [expected(problem, singly), expected(UNIME, exactly)];
    const call = callOf(problem, { storage: "float32", stride: 6 });
    const value = call.now();
    expectEarned("loss", value.data(), [23.5330340059], naive.value, exact.valueTerms);
    value.backward();
    const norm = (got: Float32Array, wanted: number, side: Float64Array, terms: Float64Array) =>
      expectEarned("norm", [size(got)], [wanted], [size(side)], [size(terms)]);
    norm(gradientOf(call.x, 6), 9.7251654435, naive.dx, exact.dxTerms);
    norm(gradientOf(call.y as Tensor, 6), 12.092869913, naive.dy, exact.dyTerms);
  });

  test("as a function it lists what the rule keeps, by class or by position", () => {
    const guide = { anchors: single(fill(60, 3, normal(5))), candidates: single(fill(130, 3, normal(6))) };
    const [x, y] = [single(fill(60, 7, normal(1))), single(fill(130, 7, normal(2)))];
    const labels = x.map((_, i) => i % 9);
    const others = y.map((_, j) => (j * 7) % 11);
    const rules: readonly Mining["params"][] = [{ k: 4 }, { k: 300, absolute: 0.1 }, { k: 9, relative: -0.2 }];
    for (const params of rules)
      for (const asked of params.k === 4 ? [{}] : [{}, { guide }]) {
        const mining: Mining = { name: "hardNegatives", params, ...asked };
        const wanted = { loss: "multiSimilarity", x, y, d: 7, labels, referenceLabels: others, miner: mining } as const;
        const { kinds } = pairsOf({ ...UNIME, ...wanted }, exactly);
        const rule = minerOf(mining);
        const reference = { embeddings: leaf(y), labels: others };
        const found = rule.mine(leaf(x), labels, { reference }) as MinedPairs;
        const pairs = kinds.flatMap((row, i) => row.flatMap((own, j) => (own === -1 ? [[i, j] as const] : [])));
        expect([...found.anchor2]).toEqual(pairs.map(([i]) => i));
        expect([...found.negative]).toEqual(pairs.map(([, j]) => j));
      }
  });

  test("ties go to the lower candidate, and more than there are is all", () => {
    const x = leaf([
      [1, 0],
      [0, 1],
    ]);
    const y = leaf([
      [1, 0],
      [0, 1],
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    const reference = { embeddings: y, labels: [0, 1, 2, 2, 2] };
    expect(miner.hardNegatives({ k: 2 }).mine(x, [0, 1], { reference })).toMatchObject({
      anchor2: Int32Array.of(0, 0, 1, 1),
      negative: Int32Array.of(2, 3, 2, 3),
    });
    expect(miner.hardNegatives({ k: 9 }).mine(x, [0, 1], { reference }).negative).toHaveLength(8);
    const [some, all] = [{ k: 2 ** 20 }, {}].map((o) => loss.infoNCE(x, y, { miner: miner.hardNegatives(o) }).item());
    // On a GPU whole rows are folded in another order.
    if (here() === "cpu") expect(some).toBe(all);
    expect(some).toBeCloseTo(all as number, 6);
    expect(all).toBe(loss.infoNCE(x, y).item());
  });

  test("both directions are mined, each by its own anchors", () => {
    const rows = (seed: number): Tensor => leaf(fill(90, 8, normal(seed)));
    const [guideX, guideY] = [rows(7).detach(), rows(8).detach()];
    const rule = (anchors: Tensor, candidates: Tensor) =>
      miner.hardNegatives({ k: 5, falseNegative: { margin: 0.1, kind: "absolute" }, guide: { anchors, candidates } });
    const [x, y, u, v] = [rows(1), rows(2), rows(1), rows(2)];
    const both = loss.infoNCE(x, y, { symmetric: true, miner: rule(guideX, guideY) });
    const there = loss.infoNCE(u, v, { miner: rule(guideX, guideY) });
    const back = loss.infoNCE(v, u, { miner: rule(guideY, guideX) });
    const mean = there.add(back).mul(0.5);
    expect(both.item()).toBeCloseTo(mean.item(), 5);
    both.backward();
    mean.backward();
    for (const [got, wanted] of [
      [x, u],
      [y, v],
    ] as const)
      (got.grad as Tensor).data().forEach((slope, i) => {
        expect(slope).toBeCloseTo(wanted.grad?.data()[i] as number, 6);
      });
  });

  test("a guide alone drops what it finds closer than the positive; NaN shows", () => {
    const guide = { anchors: leaf(X).detach(), candidates: leaf(Y).detach() };
    const alone = loss.infoNCE(leaf(X), leaf(Y), { miner: miner.hardNegatives({ guide }) }).item();
    const margin = { margin: 0, kind: "absolute" } as const;
    const own = loss.infoNCE(leaf(X), leaf(Y), { miner: miner.hardNegatives({ falseNegative: margin }) }).item();
    if (here() === "cpu") expect(alone).toBe(own);
    expect(alone).toBeCloseTo(own as number, 6);
    const odd = leaf(Y.map((row, i) => (i === 3 ? row.map(() => Number.NaN) : row)));
    expect(loss.infoNCE(leaf(X), odd, { miner: miner.hardNegatives({ k: 2 }) }).item()).toBeNaN();
  });
});

const any = (value: unknown) => value as never;
const x = tensor(Float32Array.from(X.flat()), [8, 6]);
const y = tensor(Float32Array.from(Y.flat()), [8, 6]);
const guided = (anchors: unknown, candidates: unknown) => () =>
  loss.infoNCE(x, y, { miner: miner.hardNegatives({ guide: any({ anchors, candidates }) }) });
const REFUSED: readonly Refusal[] = [
  [
    "k of 0",
    () => miner.hardNegatives({ k: 0 }),
    "ERR_ARGUMENT",
    "miner.hardNegatives: k must be an integer from 1 to 2147483647, got 0",
  ],
  [
    "another kind of margin",
    () => miner.hardNegatives({ falseNegative: any({ margin: 1, kind: "percent" }) }),
    "ERR_ARGUMENT",
    'miner.hardNegatives: falseNegative.kind must be one of absolute, relative, got "percent"',
  ],
  [
    "no margin",
    () => miner.hardNegatives({ falseNegative: any({ kind: "absolute" }) }),
    "ERR_ARGUMENT",
    "miner.hardNegatives: falseNegative.margin must be a finite number, got undefined",
  ],
  [
    "a guide of other rows",
    guided(x.columns(0, 2), tensor([[1, 2]])),
    "ERR_SHAPE",
    "loss.infoNCE: miner: guide.candidates must have 8 rows like the candidates, got 1",
  ],
  [
    "a guide of other columns",
    guided(x, y.columns(0, 2)),
    "ERR_SHAPE",
    "loss.infoNCE: miner: guide.candidates must have 6 columns like guide.anchors, got 2",
  ],
  [
    "a loss that cannot use it",
    () => loss.multiSimilarity(x, LABELS, { miner: any(miner.hardNegatives()) }),
    "ERR_ARGUMENT",
    'loss.multiSimilarity: miner must be a miner that it can use (miner.multiSimilarity()), got "hardNegatives"',
  ],
];

describe("miner.hardNegatives refuses", () => {
  test.each(REFUSED)("%s", (...refusal) => expectRefused(refusal));
});

test("it says what it is", () => {
  const rule = miner.hardNegatives({ k: 8, falseNegative: { margin: 0.1, kind: "absolute" } });
  expect([rule.name, rule.params]).toEqual(["hardNegatives", { k: 8, filter: "absolute", margin: 0.1 }]);
});
