import { describe, expect, test } from "vitest";
import { rowLabels } from "../../lib/check.js";
import { metricId } from "../../lib/distance/metric.js";
import { DTYPES } from "../../lib/dtype.js";
import type { DeviceArray } from "../../lib/device-array.js";
import { type Guide, type LossArguments, type Matrix, native } from "../../lib/native.js";
import { type Matching, matchingId, minerId } from "../../lib/loss/ops.js";
import { scalarsOf } from "../../lib/loss/params.js";
import { inOnePass } from "../../lib/loss/matryoshka.js";
import { LOSSES, type LossSpec, MINERS, type ParamSpecs, REDUCTIONS } from "../../lib/loss/table.js";
import { onPlace, zone } from "../support/guard.js";
import { here, places, runOn } from "../support/places.js";
import { store } from "../support/rows.js";
import { DATA, type Data, POISONS } from "./cases.js";
import { bitSets, GUIDE_WIDTH, minerOf } from "./call.js";
import type { Problem } from "./expected.js";
import { isFused } from "./clearance.js";
import { problemOf, VARIANTS, type Variant } from "./variants.js";

function headOf(problem: Problem, data: Data, reduction: keyof typeof REDUCTIONS): LossArguments {
  const [x, y] = sidesOf(problem);
  const self = problem.y === undefined;
  const matrix = (rows: Problem["x"]): Matrix => {
    const { data: stored } = store(rows, data.d, data.storage, data.stride);
    return [onPlace(stored, data.storage), DTYPES[data.storage].code, rows.length, data.stride];
  };
  const { miner } = problem;
  return [
    2,
    undefined,
    Object.keys(LOSSES).indexOf(problem.loss),
    scalarsOf("test", LOSSES[problem.loss].params, problem.params).values,
    metricId(problem.metric),
    miner ? minerId(miner.name) : -1,
    miner
      ? scalarsOf("test", MINERS[miner.name].params as ParamSpecs, minerOf(miner).params).values
      : new Float64Array(),
    Object.keys(REDUCTIONS).indexOf(reduction),
    problem.normalize,
    ...matrix(x),
    ...matrix(y),
    data.d,
    self,
    matchingId(matchingOf(problem)),
    problem.sets ? wordsOf(problem.sets, problem).words : 1,
    weightsFirst(problem) ? null : problem.sets ? wordsOf(problem.sets, problem).values : labels(problem.labels),
    otherLabelsOf(problem),
    labels(problem.exclude?.rows),
    labels(problem.exclude?.columns ?? problem.exclude?.rows),
    ...guideOf(problem),
    problem.prefixes?.length ?? 0,
    problem.prefixes ? Int32Array.from(problem.prefixes) : null,
    vectorOf(problem, "candidate"),
    vectorOf(problem, "anchor"),
    ...weightsOf(problem),
  ];
}

/** Anchors and candidates. */
function sidesOf(problem: Problem): [Problem["x"], Problem["x"]] {
  const y = problem.y ?? problem.x;
  return weightsFirst(problem) ? [y, problem.x] : [problem.x, y];
}

/** Those of the pairs, or each row in a cluster of its own. */
function weightsOf(problem: Problem): [Float32Array | DeviceArray | null, number, Int32Array, Int32Array] {
  const [x, y] = sidesOf(problem);
  const rows = problem.params.weights as readonly (readonly number[])[] | undefined;
  const given = rows ? (onPlace(Float32Array.from(rows.flat())) as Float32Array) : null;
  return [given, 1, Int32Array.from(x.keys()), Int32Array.from(y.keys())];
}

/** Rows of a guide, or others that are not read. */
function guideOf({ miner, x, y = x, d: width }: Problem): Guide {
  const { anchors, candidates } = miner?.guide ?? { anchors: x, candidates: y };
  const d = miner?.guide ? GUIDE_WIDTH : width;
  const rows = (of: Problem["x"]): Matrix => [onPlace(Float32Array.from(of.flat())), DTYPES.float32.code, of.length, d];
  return [miner?.guide !== undefined, ...rows(anchors), ...rows(candidates), d];
}
const labels = (ids: readonly number[] | undefined) => (ids ? Int32Array.from(ids) : null);
const wordsOf = (sets: Problem["x"], { setBytes }: Problem) =>
  rowLabels("test", "labels", bitSets(sets, setBytes), sets.length);
function otherLabelsOf(problem: Problem): Int32Array | null {
  if (weightsFirst(problem)) return labels(problem.labels?.map((label) => Math.max(label, -1)));
  const sets = problem.referenceSets ?? problem.sets;
  if (sets) return wordsOf(sets, problem).values;
  return labels(problem.y === undefined ? problem.labels : problem.referenceLabels);
}

function matchingOf(problem: Problem): Matching {
  const spec: LossSpec = LOSSES[problem.loss];
  if (spec.kind === "classed") return spec.anchors === "weights" ? "anchorClass" : "candidateClass";
  return spec.kind === "paired" ? "position" : problem.sets ? "sharedBits" : "labels";
}
const weightsFirst = (problem: Problem): boolean => matchingOf(problem) === "anchorClass";

/** A parameter that is a number for each candidate or anchor. */
function vectorOf(problem: Problem, per: "candidate" | "anchor"): Float32Array | DeviceArray | null {
  const specs: ParamSpecs = LOSSES[problem.loss].params;
  for (const [name, value] of Object.entries(problem.params)) {
    const spec = specs[name];
    const numbers = value as readonly number[];
    if (spec?.kind === "vector" && spec.per === per) return onPlace(Float32Array.from(numbers)) as Float32Array;
    if (spec?.kind === "counts" && per === "candidate")
      return onPlace(Float32Array.from(numbers, (count) => Math.log(Math.max(1, count)))) as Float32Array;
  }
  const drawn = problem.loss === "elasticFace" && per === "anchor";
  return drawn ? (onPlace(new Float32Array(problem.x.length)) as Float32Array) : null;
}

/** On a GPU: several centres a class, and miners that rank or ask a guide. */
const overWholeRows = ({ params, miner }: Problem): boolean =>
  Number(params.centers ?? 1) > 1 || miner?.guide !== undefined || Number(miner?.params.k ?? 0) > 0;

function guard(variant: Variant, data: Data): void {
  const problem = problemOf(variant, data);
  if (problem === undefined || (here() !== "cpu" && overWholeRows(problem))) return;
  // Others are a call for each width.
  const { loss: name, metric } = problem;
  const scalars = headOf(problem, data, "mean")[3];
  if (problem.prefixes && !inOnePass(here(), { loss: name, scalars, metric, miner: undefined })) return;
  const { loss } = native();
  const [n, m, d] = [...sidesOf(problem).map((rows) => rows.length), data.d] as [number, number, number];
  for (const reduction of ["mean", "none"] as const) {
    const head = headOf(problem, data, reduction);
    const size = reduction === "none" ? n : 1;
    const state = zone(Float32Array, loss.stateSize(head[2], n, m) * (problem.prefixes?.length ?? 1));
    const value = zone(Float32Array, size);
    loss.forward(...head, value.inside, state.inside);
    const dx = zone(Float32Array, n * d);
    const dy = zone(Float32Array, problem.y ? m * d : 0);
    const count = Object.values(LOSSES[problem.loss].params as ParamSpecs).filter(
      ({ kind }) => kind === "tensor",
    ).length;
    const dTensors = zone(Float32Array, count);
    const dBeside = zone(Float32Array, vectorOf(problem, "candidate") ? m : 0);
    const dWeights = zone(Float32Array, problem.params.weights ? n * m : 0);
    const into = [
      dx.inside,
      problem.y ? dy.inside : null,
      count > 0 ? dTensors.inside : null,
      vectorOf(problem, "candidate") ? dBeside.inside : null,
      problem.params.weights ? dWeights.inside : null,
    ] as const;
    loss.backward(...head, state.inside, onPlace(new Float32Array(size).fill(1)), ...into);
    for (const [name, result] of Object.entries({ value, dx, dy, dWeights })) {
      const what = `${name} of ${variant.name}, ${reduction}`;
      result.expectIntact(what);
      expect(result.read().indexOf(-12345), `${what}: an element was left out`).toBe(-1);
    }
    state.expectIntact(`state of ${variant.name}`);
    dTensors.expectIntact(`tensors of ${variant.name}`);
    dBeside.expectIntact(`beside of ${variant.name}`);
  }
}

/** The public functions make their own results; here native code is handed arrays with guard zones in their place. */
describe.each(places())("results of native calls on %s: all written, nothing else", (place) => {
  runOn(place);
  test.each([...DATA, ...POISONS])("$name", (data) => {
    for (const variant of VARIANTS.filter(isFused)) guard(variant, data);
  });
});
