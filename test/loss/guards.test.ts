import { describe, expect, test } from "vitest";
import { metricId } from "../../lib/distance/metric.js";
import { DTYPES } from "../../lib/dtype.js";
import { type LossArguments, type Matrix, native } from "../../lib/native.js";
import { minerId } from "../../lib/loss/ops.js";
import { scalarsOf } from "../../lib/loss/params.js";
import { LOSSES, MINERS, REDUCTIONS } from "../../lib/loss/table.js";
import { onPlace, zone } from "../support/guard.js";
import { places, runOn } from "../support/places.js";
import { store } from "../support/rows.js";
import { DATA, type Data, POISONS } from "./cases.js";
import type { Problem } from "./expected.js";
import { problemOf, VARIANTS, type Variant } from "./variants.js";

function headOf(problem: Problem, data: Data, reduction: keyof typeof REDUCTIONS): LossArguments {
  const y = problem.y ?? problem.x;
  const self = problem.y === undefined;
  const matrix = (rows: Problem["x"]): Matrix => {
    const { data: stored } = store(rows, data.d, data.storage, data.stride);
    return [onPlace(stored, data.storage), DTYPES[data.storage].code, rows.length, data.stride];
  };
  const { miner } = problem;
  const labels = (ids: readonly number[] | undefined) => (ids ? Int32Array.from(ids) : null);
  return [
    2,
    undefined,
    Object.keys(LOSSES).indexOf(problem.loss),
    scalarsOf("test", LOSSES[problem.loss].params, problem.params).values,
    metricId(problem.metric),
    miner ? minerId(miner.name) : -1,
    miner ? scalarsOf("test", MINERS[miner.name].params, miner.params).values : new Float64Array(),
    Object.keys(REDUCTIONS).indexOf(reduction),
    problem.normalize,
    ...matrix(problem.x),
    ...matrix(y),
    data.d,
    self,
    labels(problem.labels),
    labels(self ? problem.labels : problem.referenceLabels),
  ];
}

function guard(variant: Variant, data: Data): void {
  const problem = problemOf(variant, data);
  if (problem === undefined) return;
  const { loss } = native();
  const [n, m, d] = [data.x.length, (problem.y ?? problem.x).length, data.d];
  for (const reduction of ["mean", "none"] as const) {
    const head = headOf(problem, data, reduction);
    const size = reduction === "none" ? n : 1;
    const state = zone(Float32Array, loss.stateSize(head[2], n, m));
    const value = zone(Float32Array, size);
    loss.forward(...head, value.inside, state.inside);
    const dx = zone(Float32Array, n * d);
    const dy = zone(Float32Array, problem.y ? m * d : 0);
    const dTemperature = zone(Float32Array, 1);
    const into = [
      dx.inside,
      problem.y ? dy.inside : null,
      problem.params.temperature === undefined ? null : dTemperature.inside,
    ] as const;
    loss.backward(...head, state.inside, onPlace(new Float32Array(size).fill(1)), ...into);
    for (const [name, result] of Object.entries({ value, dx, dy })) {
      const what = `${name} of ${variant.name}, ${reduction}`;
      result.expectIntact(what);
      expect(result.read().indexOf(-12345), `${what}: an element was left out`).toBe(-1);
    }
    state.expectIntact(`state of ${variant.name}`);
    dTemperature.expectIntact(`dτ of ${variant.name}`);
  }
}

/** The public functions make their own results; here native code is handed arrays with guard zones in their place. */
describe.each(places())("results of native calls on %s: all written, nothing else", (place) => {
  runOn(place);
  test.each([...DATA, ...POISONS])("$name", (data) => {
    for (const variant of VARIANTS) guard(variant, data);
  });
});
