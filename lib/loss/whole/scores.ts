/** Scores of a block of anchors with all candidates, and the gradient that comes back through them. */
import type { Kernel } from "../../async.js";
import { zeros } from "../../algebra/device.js";
import { normalize } from "../../algebra/normalize.js";
import { allocate, type Dense, discard, matrix, memory, wrap } from "../../dense.js";
import type { DeviceArray } from "../../device-array.js";
import { metricId } from "../../distance/metric.js";
import type { MetricName } from "../../distance/types.js";
import { addInto } from "../../gradients.js";
import { native } from "../../native.js";
import { borrow } from "../../scratch.js";
import type { Device } from "../../types.js";

/** Elements of a block's scores: 4 MiB, but one row at least. */
const PANEL = 1 << 20;

export const rowsOf = (x: Dense): number => x.shape[0] as number;
export const floatsOf = (x: Dense) => memory(x) as Float32Array | DeviceArray;
export const intsOf = (x: Dense) => memory(x) as Int32Array | DeviceArray;

export interface Block {
  readonly first: number;
  readonly rows: number;
}

/** Cut by the shape alone, so that sums have one order. */
export function blocksOf(rows: number, columns: number): readonly Block[] {
  const most = Math.max(1, Math.floor(PANEL / Math.max(1, columns)));
  const count = columns === 0 ? 0 : Math.ceil(rows / most);
  return Array.from({ length: count }, (_, at) => ({ first: at * most, rows: Math.min(most, rows - at * most) }));
}

/** The rows of a block where they are. */
function part(x: Dense, { first, rows }: Block): Dense {
  const [step, by] = x.strides as [number, number];
  return x.view([rows, x.shape[1] as number], [step, by], x.offset + first * step);
}

export interface Scored {
  readonly x: Dense;
  readonly y: Dense;
  readonly self: boolean;
  readonly metric: MetricName;
}

function pair({ x, y, self, metric }: Scored, block: Block) {
  const whole = self && block.rows === rowsOf(x);
  const own = whole ? x : part(x, block);
  return [metricId(metric), 0, 0, ...matrix(own), ...matrix(y), x.shape[1] as number, whole, null] as const;
}

/** Into `scores` [rows, m]. */
export function scoring(of: Scored, block: Block, scores: Dense): Kernel {
  const [data, dtype, , stride] = matrix(scores);
  return (threads, job) => native().distance.pairwise(threads, job, ...pair(of, block), data, dtype, stride);
}

export interface Sums {
  readonly dx: Dense | null;
  /** dx itself where y is x */
  readonly dy: Dense | null;
  /** nothing else is added: the block is all of x, and its sums are written where they shall stand */
  readonly only?: boolean;
}

export const zeroed = (fn: string, shape: readonly number[], device: Device): Dense =>
  device === "cpu" ? allocate(fn, shape) : zeros(fn, shape, device);

/** Adds what a block's weights make of the rows of both sides. */
export function* gradient(
  of: Scored,
  block: Block,
  scores: Dense,
  weights: Dense,
  { dx, dy, only = false }: Sums,
): Generator<Kernel> {
  const whole = of.self && block.rows === rowsOf(of.x);
  const d = of.x.shape[1] as number;
  const room = (rows: number) => borrow("loss", [rows, d], of.x.device);
  const ofRows = only ? dx : dx && room(block.rows);
  const columns = whole ? null : dy;
  const ofColumns = only ? columns : columns && room(rowsOf(of.y));
  yield (threads, job) =>
    native().distance.pairwiseBackward(
      threads,
      job,
      ...pair(of, block),
      floatsOf(scores),
      floatsOf(weights),
      ofRows && floatsOf(ofRows),
      ofColumns && floatsOf(ofColumns),
    );
  if (only) return;
  if (dx && ofRows) addTo(dx, block, ofRows);
  if (dy && ofColumns) addTo(dy, { first: 0, rows: rowsOf(dy) }, ofColumns);
}

function addTo(sum: Dense, { first, rows }: Block, more: Dense): void {
  const d = sum.shape[1] as number;
  const into = floatsOf(sum).subarray(first * d, (first + rows) * d);
  addInto(wrap(into, [rows, d]), more);
  discard(more);
}

/** Rows as the metric sees them, without a place on the tape. */
export const unitRows = (rows: Dense, normalized: boolean): Dense =>
  normalized ? (normalize.forward([rows], null, false) as { out: Dense }).out : rows;

/**
 * On rows of unit length a cosine similarity is the inner product. So is a cosine distance, turned round: 1 − the score.
 */
export function onUnitRows(metric: MetricName, normalized: boolean): { metric: MetricName; turned: boolean } {
  if (!normalized || (metric !== "cosineSimilarity" && metric !== "cosine")) return { metric, turned: false };
  return { metric: "inner", turned: metric === "cosine" };
}
