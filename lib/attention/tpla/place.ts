/** Where in the grid of latent slices and head shards a place stands. */
import { moved } from "../../algebra/device.js";
import * as check from "../../check.js";
import type { Dense } from "../../dense.js";
import { WarpweftError } from "../../error.js";
import type { Device, ProcessGroup } from "../../types.js";
import type { SliceBasis } from "../basis/index.js";
import { seenColumns } from "../basis/columns.js";
import type { Shape } from "../layer/config.js";

export interface Place {
  /** of the basis's slices */
  slice: number;
  /** of headShards; defaults 0 of 1 */
  headShard?: number;
  headShards?: number;
  /** all places that work on one result; without it results are partial, for the caller to add up */
  group?: ProcessGroup;
}

export type Heads = readonly [first: number, last: number];

/** Part i of n of a range, sizes as even as they can be. */
export function partOf([first, last]: Heads, i: number, n: number): Heads {
  const edge = (k: number) => first + Math.floor(((last - first) * k) / n);
  return [edge(i), edge(i + 1)];
}

export interface Checked {
  readonly slice: number;
  readonly slices: number;
  /** of this place's shard */
  readonly heads: Heads;
  /** that it computes in a prefill without a group: the shard's heads are dealt out to the slices */
  readonly prefillHeads: Heads;
  readonly group: ProcessGroup | undefined;
  /** U [r, r] */
  readonly basis: Dense;
  /** of the turned latent: its own columns, then those that it only scores with */
  readonly columns: readonly number[];
  /** [r, columns] */
  readonly guess: Dense | undefined;
}

/** With its matrices in host memory. */
export function placeOf(fn: string, shape: Shape, basis: SliceBasis, place: Place): Checked {
  const { slices, matrix, completion, sharedColumns = 0 } = basisOf(fn, basis);
  const r = shape.latent;
  check.number(fn, "basis.slices", slices, { min: 1, max: r, integer: true });
  if (r % slices !== 0) check.fail("ERR_ARGUMENT", fn, "basis.slices", `divide the latent width ${r}`, slices);
  check.number(fn, "basis.sharedColumns", sharedColumns, { min: 0, max: r, integer: true });
  if (place === undefined) check.fail("ERR_ARGUMENT", fn, "place", "be an object", place);
  const given = check.options(`${fn}: place`, place, ["slice", "headShard", "headShards", "group"]);
  const slice = check.number(fn, "place.slice", given.slice, { min: 0, max: slices - 1, integer: true });
  const range = { min: 1, max: shape.heads, integer: true };
  const shards = check.number(fn, "place.headShards", given.headShards ?? 1, range);
  const shard = check.number(fn, "place.headShard", given.headShard ?? 0, { min: 0, max: shards - 1, integer: true });
  const heads = partOf([0, shape.heads], shard, shards);
  const columns = seenColumns(r, slices, slice, sharedColumns);
  if (completion !== undefined && (!Array.isArray(completion) || completion.length !== slices))
    check.fail("ERR_ARGUMENT", fn, "basis.completion", `be ${slices} tensors, one per slice`, completion);
  const guess = completion?.[slice];
  return {
    slice,
    slices,
    heads,
    prefillHeads: partOf(heads, slice, slices),
    group: given.group === undefined ? undefined : groupOf(fn, given.group),
    basis: sized(fn, "basis.matrix", matrix, [r, r]),
    columns,
    guess: guess && sized(fn, `basis.completion[${slice}]`, guess, [r, columns.length]),
  };
}

/** The same with its matrices where the weights are. */
export function placedOn(fn: string, place: Checked, device: Device): Checked {
  if (device === "cpu") return place;
  const there = (x: Dense) => moved(fn, x, device);
  return { ...place, basis: there(place.basis), guess: place.guess && there(place.guess) };
}

function basisOf(fn: string, basis: SliceBasis): SliceBasis {
  if (typeof basis === "object" && basis !== null && "matrix" in basis) return basis;
  return check.fail("ERR_ARGUMENT", fn, "basis", "be what fitBasis gives", basis);
}

function sized(fn: string, arg: string, value: unknown, lengths: readonly number[]): Dense {
  const x = check.ofDType(fn, arg, check.input(fn, arg, value), check.FLOATS);
  if (x.shape.join() === lengths.join()) return x.device === "cpu" ? x.view(x.shape, x.strides) : moved(fn, x, "cpu");
  const words = `${arg} must have shape [${lengths.join(", ")}], got [${x.shape.join(", ")}]`;
  throw new WarpweftError("ERR_SHAPE", `${fn}: ${words}`);
}

const CALLS = ["allReduce", "allGather", "reduceScatter"] as const;

function groupOf(fn: string, group: ProcessGroup): ProcessGroup {
  const whole = Number.isInteger(group?.rank) && Number.isInteger(group?.size) && group.rank < group.size;
  if (whole && CALLS.every((name) => typeof group[name] === "function")) return group;
  return check.fail("ERR_ARGUMENT", fn, "place.group", "be a process group", group);
}
