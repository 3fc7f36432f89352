/**
 * What the places of a group tell one another. Tensors go as flat runs of rank order, so gathered ones may be stacked or joined. They go
 * through host memory: what lies on a GPU is copied there and back.
 */
import { moved } from "../../algebra/device.js";
import * as check from "../../check.js";
import { type Dense, floats, wrap } from "../../dense.js";
import { tensorOf } from "../../tensor.js";
import type { Device, ProcessGroup, Tensor } from "../../types.js";
import type { LatentCache } from "../cache.js";
import { rowsOf } from "../layer/parts.js";
import type { Context } from "../layer/prefill.js";
import type { Checked, Heads } from "./place.js";

const dataOf = (x: Tensor) => floats(check.input("group", "result", x));
const toHost = (x: Tensor): Tensor => (x.device === "cpu" ? x : x.to("cpu"));
const onto = (device: Device, x: Dense): Dense => (device === "cpu" ? x : moved("group", x, device));

/** Σ over places, where `x` is. */
export async function allReduced(group: ProcessGroup, x: Tensor): Promise<Tensor> {
  const sum = await group.allReduce(toHost(x));
  return x.device === "cpu" ? sum : sum.to(x.device);
}

/** Values of some heads, summed over all places: [N, heads · d_v]. */
export interface Reduced {
  readonly values: Dense;
  readonly heads: Heads;
}

/**
 * Σ over places of the per-head values, dealt out by heads before the output projection, so that each place reads its part of W_O
 * alone. A place puts 0 for the heads of other shards; with one shard that is the reduce-scatter among slices, and nothing more.
 */
export async function reducedHeads(
  group: ProcessGroup,
  total: number,
  { heads }: Checked,
  values: Dense,
): Promise<Reduced> {
  const each = Math.ceil(total / group.size);
  const [first, last] = heads;
  const rows = values.shape[0] as number;
  const width = (values.shape[1] as number) / (last - first);
  const all = new Float32Array(group.size * each * rows * width);
  const from = floats(values);
  for (let h = first; h < last; h++)
    for (let i = 0; i < rows; i++) {
      const at = (i * (last - first) + h - first) * width;
      all.set(from.subarray(at, at + width), (h * rows + i) * width);
    }
  const part = dataOf(await group.reduceScatter(tensorOf(wrap(all, [group.size * each, rows, width]))));
  const [start, end] = [Math.min(total, group.rank * each), Math.min(total, (group.rank + 1) * each)];
  const own = new Float32Array(rows * (end - start) * width);
  for (let h = 0; h < end - start; h++)
    for (let i = 0; i < rows; i++) {
      const at = (h * rows + i) * width;
      own.set(part.subarray(at, at + width), (i * (end - start) + h) * width);
    }
  return { values: onto(values.device, wrap(own, [rows, (end - start) * width])), heads: [start, end] };
}

/** The tokens that are cached already, whole again: every slice sends what it has of them. Memory O(length · latent). */
export async function gatheredContext(
  fn: string,
  group: ProcessGroup,
  cache: LatentCache,
  id: number,
  { slice, slices }: Checked,
  ropeDim: number,
): Promise<Context> {
  const length = cache.length(id);
  const { latent, rope } = cache.read(id);
  const own = cache.latentDim;
  const names = dataOf(await group.allGather(tensorOf(wrap(Float32Array.of(slice), [1]))));
  const parts = dataOf(await group.allGather(toHost(latent)));
  const whole = new Float32Array(length * own * slices);
  for (let j = 0; j < slices; j++) {
    const holder = names.indexOf(j);
    if (holder < 0)
      check.fail("ERR_ARGUMENT", fn, "place.group", `have a place with slice ${j}`, [...names].join(", "));
    for (let t = 0; t < length; t++) {
      const at = (holder * length + t) * own;
      whole.set(parts.subarray(at, at + own), (t * slices + j) * own);
    }
  }
  const latents = onto(cache.device, wrap(whole, [length, own * slices]));
  const shared = check.input(fn, "rope", rope.columns(cache.ropeDim - ropeDim, cache.ropeDim));
  return {
    length,
    read: (start, end) => ({ latent: rowsOf(latents, start, end), rope: rowsOf(shared, start, end) }),
  };
}
