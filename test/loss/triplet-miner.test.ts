import { describe, expect, test } from "vitest";
import { tensor } from "../../lib/index.js";
import { loss, miner } from "../../lib/loss/index.js";
import type { MinedTriplets } from "../../lib/loss/types.js";
import { exactly } from "../support/earned.js";
import { LABELS, X, Y } from "../support/golden.js";
import { onePerDevice, put, runOn } from "../support/places.js";
import { expectRefused } from "../support/refusal.js";
import { type Data, drawn } from "./cases.js";
import { bitSets } from "./call.js";
import { type Mining, pairsOf, type Problem } from "./expected.js";
import { kept } from "./oracles/triplets.js";

type Options = Pick<Problem, "sets" | "setBytes" | "referenceSets" | "exclude">;
const setsOf = (rows: number): number[][] =>
  Array.from({ length: rows }, (_, i) => [(i * 37) % 11, (1 << (i % 9)) >> 1]);
const idsOf = (rows: number): number[] => Array.from({ length: rows }, (_, i) => ((i * 5) % 9) - 1);

const SETS: readonly (Data & Options)[] = [
  { name: "golden rows", x: X, labels: LABELS, d: 6, storage: "float32", stride: 6 },
  {
    name: "golden rows, others",
    x: X,
    labels: LABELS,
    y: Y,
    referenceLabels: LABELS,
    d: 6,
    storage: "float32",
    stride: 6,
  },
  drawn("33 rows", { n: 33, d: 7, classes: 5 }),
  drawn("21 rows, 40 others", { n: 21, m: 40, d: 5, classes: 6 }),
  drawn("no rows", { n: 0, d: 3 }),
  { ...drawn("33 rows", { n: 33, d: 7, classes: 5 }), name: "33 rows, pairs left out", exclude: { rows: idsOf(33) } },
  { ...drawn("33 rows", { n: 33, d: 7 }), name: "33 rows of sets", setBytes: 2, sets: setsOf(33) },
  {
    ...drawn("21 rows, 40 others", { n: 21, m: 40, d: 5 }),
    name: "21 rows and 40 others of sets, pairs left out",
    setBytes: 2,
    sets: setsOf(21),
    referenceSets: setsOf(40),
    exclude: { rows: idsOf(21), columns: idsOf(40) },
  },
];
const RULES: readonly Mining[] = [
  ...["all", "hard", "semihard", "easy"].map((type): Mining => ({ name: "triplet", params: { margin: 0.15, type } })),
  { name: "batchHard", params: {} },
  ...(
    [
      ["easy", "semihard"],
      ["hard", "easy"],
      ["semihard", "hard"],
      ["semihard", "easy"],
      ["all", "semihard"],
      ["hard", "all"],
      ["all", "all"],
    ] as const
  ).map(([positive, negative]): Mining => ({ name: "batchEasyHard", params: { positive, negative } })),
];

function problemOf(data: Data & Options, metric: "euclidean" | "cosineSimilarity") {
  const { x, labels, d, y, referenceLabels, sets, setBytes = 0, referenceSets, exclude } = data;
  const others = y ? { y, referenceLabels: referenceLabels as number[] } : {};
  const options = {
    ...(sets ? { sets, setBytes } : {}),
    ...(referenceSets ? { referenceSets } : {}),
    ...(exclude ? { exclude } : {}),
  };
  return {
    loss: "triplet",
    x,
    labels,
    d,
    params: {},
    metric,
    reduction: "mean",
    normalize: true,
    ...others,
    ...options,
  } as const;
}

function triplets(data: Data & Options, metric: "euclidean" | "cosineSimilarity", mining: Mining): MinedTriplets {
  const { scores, kinds } = pairsOf(problemOf(data, metric), exactly);
  const found = scores.flatMap((row, a) => {
    const of = (kind: number) => row.flatMap((_, j) => (kinds[a]?.[j] === kind ? [j] : []));
    const u = (j: number) => (metric === "euclidean" ? (row[j] as number) : -(row[j] as number));
    return kept(u, of(1), of(-1), mining, exactly).map(([p, n]) => [a, p, n] as const);
  });
  const column = (at: 0 | 1 | 2) => Int32Array.from(found, (triplet) => triplet[at]);
  return { anchor: column(0), positive: column(1), negative: column(2) };
}

const list = ({ anchor, positive, negative }: MinedTriplets) =>
  [...anchor].map((a, at) => [a, positive[at] as number, negative[at] as number] as const);
const placed = (data: Data & Options) => {
  const { sets, setBytes = 0, referenceSets, exclude } = data;
  const reference = data.y && {
    embeddings: put(data.y, data.d),
    labels: referenceSets ? bitSets(referenceSets, setBytes) : (data.referenceLabels as readonly number[]),
  };
  const labels = sets ? bitSets(sets, setBytes) : data.labels;
  return [
    put(data.x, data.d),
    labels,
    { ...(reference ? { reference } : {}), ...(exclude ? { exclude } : {}) },
  ] as const;
};

describe.each(onePerDevice())("miners of triplets on %s", (place) => {
  runOn(place);

  describe.each(RULES)("$name $params", (rule) => {
    test.each(SETS)("$name", (data) => {
      const made = miner[rule.name](rule.params as never);
      const [x, labels, options] = placed(data);
      for (const metric of ["euclidean", "cosineSimilarity"] as const) {
        const got = (made as ReturnType<typeof miner.batchHard>).mine(x, labels, { ...options, metric });
        expect(got).toEqual(triplets(data, metric, rule));
      }
    });
  });

  test("of equal ones the lower index is chosen", () => {
    const rows = [[0], [2], [2], [3], [3], [-3]];
    const labels = [0, 0, 0, 1, 1, 1];
    const how = { normalize: false } as const;
    expect(list(miner.batchHard().mine(put(rows, 1), labels, how)).slice(0, 1)).toEqual([[0, 1, 3]]);
    const far = miner.batchEasyHard({ positive: "hard", negative: "easy" }).mine(put(rows, 1), labels, how);
    expect(list(far)[0]).toEqual([0, 1, 3]);
    const close = miner.hardestFraction({ fraction: 0.2 }).mine(put(rows, 1), labels, how);
    expect([...close.anchor1].map((a, at) => [a, close.positive[at]])).toEqual([
      [3, 5],
      [4, 5],
      [5, 3],
    ]);
  });

  test.each(SETS)("angular, $name: triplets seen at more than an angle", (data) => {
    const { u, v, kinds } = pairsOf(problemOf(data, "euclidean"), exactly);
    const distance = (a: readonly number[], b: readonly number[]) =>
      Math.hypot(...a.map((value, k) => value - (b[k] as number)));
    for (const degrees of [20, 45]) {
      const wanted = u.flatMap((a, i) =>
        v.flatMap((p, j) =>
          v.flatMap((n, k) => {
            if (kinds[i]?.[j] !== 1 || kinds[i]?.[k] !== -1) return [];
            const centre = a.map((value, at) => (value + (p[at] as number)) / 2);
            const angle = Math.atan(distance(a, p) / (2 * distance(n, centre)));
            return angle > (degrees * Math.PI) / 180 ? [[i, j, k]] : [];
          }),
        ),
      );
      const [x, labels, options] = placed(data);
      expect(list(miner.angular({ degrees }).mine(x, labels, options))).toEqual(wanted);
    }
  });

  test.each(SETS)("pairMargin and hardestFraction, $name", (data) => {
    const { scores, kinds } = pairsOf(problemOf(data, "euclidean"), exactly);
    const all = (kind: number) =>
      scores.flatMap((row, i) => row.flatMap((s, j) => (kinds[i]?.[j] === kind ? [[i, j, s] as const] : [])));
    const columns = (pairs: readonly (readonly [number, number, number])[]) =>
      [0, 1].map((at) => Int32Array.from(pairs, (pair) => pair[at] as number));
    const [x, labels, options] = placed(data);
    const kept = miner.pairMargin({ posMargin: 0.9, negMargin: 1.1 }).mine(x, labels, options);
    const [a1, p] = columns(all(1).filter(([, , s]) => s > 0.9));
    const [a2, n] = columns(all(-1).filter(([, , s]) => s < 1.1));
    expect(kept).toEqual({ anchor1: a1, positive: p, anchor2: a2, negative: n });
    // With equal ones, as all pairs of a batch are twice in it, whatever float32 makes of either.
    const part = miner.hardestFraction({ fraction: 0.5 }).mine(x, labels, options);
    expect(part.positive.length).toBe(Math.ceil(all(1).length / 2));
    expect(part.negative.length).toBe(Math.ceil(all(-1).length / 2));
    const score = (i: number, j: number) => scores[i]?.[j] as number;
    const least = Math.min(...[...part.anchor1].map((i, at) => score(i, part.positive[at] as number)));
    expect(all(1).filter(([, , s]) => s > least + 1e-6).length).toBeLessThanOrEqual(part.positive.length);
    const most = Math.max(...[...part.anchor2].map((i, at) => score(i, part.negative[at] as number)));
    expect(all(-1).filter(([, , s]) => s < most - 1e-6).length).toBeLessThanOrEqual(part.negative.length);
  });

  test("distanceWeighted draws one negative for each positive, as often as its weight says", () => {
    const data = SETS[2] as Data;
    const [x, labels] = placed(data);
    const { scores, kinds } = pairsOf(problemOf(data, "euclidean"), exactly);
    const weight = (s: number) => {
      const d = Math.max(s, 0.5);
      return s < 1.4 ? Math.exp((2 - data.d) * Math.log(d) - ((data.d - 3) / 2) * Math.log(1 - (d * d) / 4)) : 0;
    };
    const draws = 400;
    const counts = new Map<string, number>();
    for (let seed = 0; seed < draws; seed++) {
      const drawnNow = list(miner.distanceWeighted({ seed }).mine(x, labels));
      if (seed === 0) expect(drawnNow).toEqual(list(miner.distanceWeighted().mine(x, labels)));
      for (const [a, p, n] of drawnNow) {
        expect(kinds[a]?.[p]).toBe(1);
        expect(kinds[a]?.[n]).toBe(-1);
        counts.set(`${a},${n}`, (counts.get(`${a},${n}`) ?? 0) + 1);
      }
    }
    scores.forEach((row, a) => {
      const negatives = row.flatMap((_, j) => (kinds[a]?.[j] === -1 ? [j] : []));
      const positives = kinds[a]?.filter((kind) => kind === 1).length as number;
      const total = negatives.reduce((sum, n) => sum + weight(row[n] as number), 0);
      for (const n of negatives) {
        const share = weight(row[n] as number) / total;
        const wanted = share * draws * positives;
        const spread = Math.sqrt(wanted * (1 - share));
        expect(Math.abs((counts.get(`${a},${n}`) ?? 0) - wanted)).toBeLessThanOrEqual(5 * spread + 1);
      }
    });
  });
});

test("a loss counts the triplets that its miner lists", () => {
  const x = tensor(Float32Array.from(X.flat()), [8, 6]);
  const { scores } = pairsOf(problemOf(SETS[0] as Data, "euclidean"), exactly);
  const mean = (mined: MinedTriplets, value: (ap: number, an: number) => number) => {
    const values = list(mined).map(([a, p, n]) => value(scores[a]?.[p] as number, scores[a]?.[n] as number));
    return values.reduce((sum, v) => sum + v, 0) / values.length;
  };
  const hinge = (v: number) => Math.max(0, v);
  for (const rule of [
    miner.angular({ degrees: 30 }),
    miner.distanceWeighted({ seed: 7 }),
    miner.batchHard(),
  ] as const) {
    const mined = rule.mine(x, LABELS);
    const options = { miner: rule as ReturnType<typeof miner.batchHard>, reduction: "mean" } as const;
    const triplet = loss.triplet(x, LABELS, { ...options, margin: 0.3 });
    expect(triplet.item()).toBeCloseTo(
      mean(mined, (ap, an) => hinge(ap - an + 0.3)),
      5,
    );
    const margin = loss.margin(x, LABELS, options);
    expect(margin.item()).toBeCloseTo(
      mean(mined, (ap, an) => (hinge(ap - 1) + hinge(1.4 - an)) / 2), // two terms a triplet
      5,
    );
  }
});

test("what cannot be is refused", async () => {
  const x = tensor([[1, 2]]);
  await expectRefused([
    "two semihard sides",
    () => miner.batchEasyHard({ positive: "semihard", negative: "semihard" }),
    "ERR_ARGUMENT",
    'miner.batchEasyHard: positive must not be semihard with semihard negatives, got "semihard"',
  ]);
  await expectRefused([
    "a miner beside a rule",
    () => loss.triplet(x, [0], { rule: "everyAnchor", miner: miner.batchHard() }),
    "ERR_ARGUMENT",
    'loss.triplet: miner must be left out with rule everyAnchor, got "batchHard"',
  ]);
  await expectRefused([
    "swap beside a rule",
    () => loss.triplet(x, [0], { rule: "everyPositive", swap: true }),
    "ERR_ARGUMENT",
    "loss.triplet: swap must be left out with rule everyPositive, got true",
  ]);
  await expectRefused([
    "more pairs than a list may have",
    () => miner.hardestFraction().mine(tensor(new Float32Array(12000), [12000, 1]), new Int32Array(12000)),
    "ERR_MEMORY",
    "mine: more than 134217728 pairs would be listed; give the miner to a loss, which lists nothing, or mine fewer rows at a time",
  ]);
});
