import { describe, expect, test } from "vitest";
import { tensor } from "../../lib/index.js";
import { loss, miner } from "../../lib/loss/index.js";
import type { MinedPairs } from "../../lib/loss/types.js";
import { exactly } from "../support/earned.js";
import { LABELS, X } from "../support/golden.js";
import { untouched } from "../support/guard.js";
import { at, places, put, runOn } from "../support/places.js";
import { store } from "../support/rows.js";
import { type Data, DATA, POISONS } from "./cases.js";
import { pairsOf } from "./expected.js";

/** What the oracle keeps, as lists. */
function mined(data: Data, metric: "inner" | "cosineSimilarity", epsilon: number): MinedPairs {
  const { x, labels, d, y, referenceLabels } = data;
  const { kinds } = pairsOf(
    {
      loss: "multiSimilarity",
      x,
      labels,
      d,
      params: {},
      metric,
      reduction: "mean",
      ...(y ? { y, referenceLabels: referenceLabels as number[] } : {}),
      normalize: metric === "cosineSimilarity",
      miner: { name: "multiSimilarity", params: { epsilon } },
    },
    exactly,
  );
  const of = (kind: number) =>
    kinds.flatMap((row, i) => row.flatMap((own, j) => (own === kind ? [[i, j] as const] : [])));
  const [positives, negatives] = [of(1), of(-1)];
  return {
    anchor1: Int32Array.from(positives, ([i]) => i),
    positive: Int32Array.from(positives, ([, j]) => j),
    anchor2: Int32Array.from(negatives, ([i]) => i),
    negative: Int32Array.from(negatives, ([, j]) => j),
  };
}

describe.each(places())("miner.multiSimilarity on %s", (place) => {
  runOn(place);

  test.each([...DATA, ...POISONS])("$name: keeps what the rule keeps, sorted", (data) => {
    const x = put(data.x, data.d, data.storage, data.stride);
    const y = put(data.y ?? [], data.d, data.storage, data.stride);
    const reference = data.y && { embeddings: y, labels: data.referenceLabels as readonly number[] };
    const rule = miner.multiSimilarity({ epsilon: 0.1 });
    const got = untouched(data.name, [x, y], () => rule.mine(x, data.labels, reference ? { reference } : undefined));
    expect(got).toEqual(mined(data, "cosineSimilarity", 0.1));
  });

  test("of inner products, rows as they are or normalised", () => {
    const x = put(X, 6);
    const data: Data = { name: "", x: X, labels: LABELS, d: 6, storage: "float32", stride: 6 };
    const rule = miner.multiSimilarity({ epsilon: 0.5 });
    expect(rule.mine(x, LABELS, { metric: "inner", normalize: false })).toEqual(mined(data, "inner", 0.5));
    expect(rule.mine(x, LABELS, { metric: "inner" })).toEqual(mined(data, "cosineSimilarity", 0.5));
    expect(mined(data, "inner", 0.5)).not.toEqual(mined(data, "cosineSimilarity", 0.5));
  });

  test("fused into the loss it chooses the same pairs", () => {
    // A row that keeps nothing has loss 0, and no other has.
    const data = DATA.at(-1) as Data;
    const leaf = tensor(store(data.x, data.d).data, [data.x.length, data.d], at({ requiresGrad: true }));
    const rule = miner.multiSimilarity();
    const rows = loss.multiSimilarity(leaf, data.labels, { miner: rule, reduction: "none" });
    const { anchor1, anchor2 } = rule.mine(leaf, data.labels);
    const touched = new Set([...anchor1, ...anchor2]);
    expect(touched.size).toBeLessThan(data.x.length);
    expect([...rows.data()].map((value) => value !== 0)).toEqual(data.x.map((_, i) => touched.has(i)));
  });
});

test("a miner says what it is and cannot be changed", () => {
  const rule = miner.multiSimilarity({ epsilon: 0.25 });
  expect([rule.name, rule.params]).toEqual(["multiSimilarity", { epsilon: 0.25 }]);
  expect(miner.multiSimilarity().params).toEqual({ epsilon: 0.1 });
  expect(Object.isFrozen(rule) && Object.isFrozen(rule.params)).toBe(true);
});
