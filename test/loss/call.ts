import { tensor } from "../../lib/index.js";
import { loss, miner } from "../../lib/loss/index.js";
import type { Tensor } from "../../lib/types.js";
import { at } from "../support/places.js";
import { store } from "../support/rows.js";
import type { Data } from "./cases.js";
import type { Problem } from "./expected.js";

export interface Called {
  readonly x: Tensor;
  readonly y: Tensor | undefined;
  readonly temperature: Tensor | undefined;
  /** Calls the loss on them, at once or later. */
  now(extra?: Extra): Tensor;
  later(extra?: Extra): Promise<Tensor>;
}
type Extra = Readonly<Record<string, unknown>>;
type Any = (...args: unknown[]) => unknown;

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
  const { temperature, ...params } = problem.params;
  const warmth =
    temperature === undefined ? undefined : tensor([temperature as number], undefined, at({ requiresGrad: true }));
  const { metric, normalize, reduction } = problem;
  const options = (extra: Extra): Extra => ({
    ...params,
    ...(warmth ? { temperature: warmth } : {}),
    ...(problem.miner ? { miner: miner[problem.miner.name](problem.miner.params) } : {}),
    ...(y && problem.labels ? { reference: { embeddings: seen(y), labels: problem.referenceLabels } } : {}),
    metric,
    normalize,
    reduction,
    ...extra,
  });
  const second = () => (problem.labels === undefined ? seen(y as Tensor) : problem.labels);
  const functions = loss as unknown as Record<string, Any>;
  return {
    x,
    y,
    temperature: warmth,
    now: (extra = {}) => functions[problem.loss]?.(seen(x), second(), options(extra)) as Tensor,
    later: (extra = {}) => functions[`${problem.loss}Async`]?.(seen(x), second(), options(extra)) as Promise<Tensor>,
  };
}

/** The gradient of a leaf without the gaps between its rows. */
export function gradientOf(leaf: Tensor, d: number): Float32Array {
  const data = leaf.grad?.data() as Float32Array;
  const width = leaf.shape[1] as number;
  return data.filter((_, at) => at % width < d);
}
