import { tensor } from "../../lib/index.js";
import { loss, type Miner, miner } from "../../lib/loss/index.js";
import { LOSSES, type LossSpec } from "../../lib/loss/table.js";
import type { CompressedRows } from "../../lib/loss/types.js";
import type { Tensor } from "../../lib/types.js";
import { at } from "../support/places.js";
import { store } from "../support/rows.js";
import type { Data } from "./cases.js";
import type { Mining, Problem } from "./expected.js";

export interface Called {
  readonly x: Tensor;
  readonly y: Tensor | undefined;
  /** Parameters that are tensors, by name. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The one that is added to logits. */
  readonly beside: Tensor | undefined;
  /** The weights of pairs. */
  readonly pairs: Tensor | undefined;
  /** Calls the loss on them, at once or later. */
  now(extra?: Extra): Tensor;
  later(extra?: Extra): Promise<Tensor>;
}
type Extra = Readonly<Record<string, unknown>>;
type Any = (...args: unknown[]) => unknown;

/** Of the guides of variants, even where they have no rows. */
export const GUIDE_WIDTH = 5;

/** The package's miner of an oracle's. */
export function minerOf({ name, params, guide }: Mining): Miner {
  if (name !== "hardNegatives") return miner[name](params as never);
  const { k, absolute, relative } = params as Readonly<Record<string, number | undefined>>;
  const rows = (of: Problem["x"]): Tensor =>
    tensor(Float32Array.from(of.flat()), [of.length, of[0]?.length ?? GUIDE_WIDTH], at());
  return miner.hardNegatives({
    ...(k ? { k } : {}),
    ...(absolute === undefined ? {} : { falseNegative: { margin: absolute, kind: "absolute" } }),
    ...(relative === undefined ? {} : { falseNegative: { margin: relative, kind: "relative" } }),
    ...(guide ? { guide: { anchors: rows(guide.anchors), candidates: rows(guide.candidates) } } : {}),
  });
}

/** A problem as leaves of the tape and a call of the package. */
export function callOf(problem: Problem, { storage, stride }: Pick<Data, "storage" | "stride">): Called {
  const { d } = problem;
  const leaf = (rows: Problem["x"]): Tensor => {
    const { data } = store(rows, d, storage, stride);
    if (stride === d || rows.length === 0) {
      return tensor(data, [rows.length, d], at({ dtype: storage, requiresGrad: true }));
    }
    const padded = new (data.constructor as Float32ArrayConstructor)(rows.length * stride);
    padded.set(data);
    return tensor(padded, [rows.length, stride], at({ dtype: storage, requiresGrad: true }));
  };
  const seen = (whole: Tensor): Tensor => (whole.shape[1] === d ? whole : whole.columns(0, d));
  const x = leaf(problem.x);
  const y = problem.y && leaf(problem.y);
  const spec: LossSpec = LOSSES[problem.loss];
  const { params, tensors, beside, pairs } = parametersOf(spec, problem);
  const { metric, normalize, reduction } = problem;
  const common =
    spec.kind === "classed"
      ? {}
      : {
          metric,
          ...(problem.miner ? { miner: minerOf(problem.miner) } : {}),
          ...(problem.exclude ? { exclude: problem.exclude } : {}),
          ...(y && problem.labels && spec.kind === "labeled"
            ? { reference: { embeddings: seen(y), labels: referenceLabelsOf(problem) } }
            : {}),
        };
  const prefixes = problem.prefixes ? { matryoshka: problem.prefixes } : {};
  const options = (extra: Extra): Extra => ({ ...params, ...common, ...prefixes, normalize, reduction, ...extra });
  const others = (): unknown[] => {
    if (spec.kind === "listed") return [seen(y as Tensor), compressedOf(problem)];
    if (spec.kind === "classed") return [problem.labels, seen(y as Tensor)];
    return [labelsOf(problem) ?? seen(y as Tensor)];
  };
  const functions = loss as unknown as Record<string, Any>;
  return {
    x,
    y,
    tensors,
    beside,
    pairs,
    now: (extra = {}) => functions[problem.loss]?.(seen(x), ...others(), options(extra)) as Tensor,
    later: (extra = {}) => functions[`${problem.loss}Async`]?.(seen(x), ...others(), options(extra)) as Promise<Tensor>,
  };
}

/** The columns of each row's own label. */
function compressedOf({ labels = [], referenceLabels = [] }: Problem): CompressedRows {
  const lists = labels.map((label) => referenceLabels.flatMap((other, j) => (other === label ? [j] : [])));
  const offsets = new Int32Array(labels.length + 1);
  lists.forEach((list, i) => {
    offsets[i + 1] = (offsets[i] as number) + list.length;
  });
  return { offsets, indices: Int32Array.from(lists.flatMap((list) => [...list].reverse())) };
}

export const bitSets = (sets: Problem["x"], bytes = 0): Tensor =>
  tensor(Uint8Array.from(sets.flat()), [sets.length, bytes]);
const labelsOf = ({ labels, sets, setBytes }: Problem) => (sets ? bitSets(sets, setBytes) : labels);
const referenceLabelsOf = ({ referenceLabels, referenceSets, setBytes }: Problem) =>
  referenceSets ? bitSets(referenceSets, setBytes) : referenceLabels;

interface Parameters {
  readonly params: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly beside: Tensor | undefined;
  readonly pairs: Tensor | undefined;
}

/** Parameters that may be tensors are, with a gradient; lists are vectors. */
function parametersOf(spec: LossSpec, problem: Problem): Parameters {
  const tensors: Record<string, Tensor> = {};
  const params: Record<string, unknown> = {};
  let [beside, pairs]: (Tensor | undefined)[] = [];
  for (const [name, value] of Object.entries(problem.params)) {
    const param = spec.params[name];
    if (param?.kind === "tensor") tensors[name] = tensor([value as number], undefined, at({ requiresGrad: true }));
    const isBeside = param?.kind === "vector" && param.per === "candidate";
    const vector = () => tensor(Float32Array.from(value as number[]), undefined, at({ requiresGrad: isBeside }));
    const rows = value as Problem["x"];
    if (param?.kind === "rows") {
      const width = rows[0]?.length ?? problem.d;
      params[name] = tensor(Float32Array.from(rows.flat()), [rows.length, width], at());
      continue;
    }
    params[name] = tensors[name] ?? (param?.kind === "vector" ? vector() : value);
    if (isBeside) beside = params[name] as Tensor;
    if (param?.kind === "pairWeights") {
      const rows = value as readonly (readonly number[])[];
      const shape = [rows.length, (problem.y ?? problem.x).length];
      params[name] = pairs = tensor(Float32Array.from(rows.flat()), shape, at({ requiresGrad: true }));
    }
  }
  return { params, tensors, beside, pairs };
}

/** The gradient of a leaf without the gaps between its rows. */
export function gradientOf(leaf: Tensor, d: number): Float32Array {
  const data = leaf.grad?.data() as Float32Array;
  const width = leaf.shape[1] as number;
  return data.filter((_, at) => at % width < d);
}
