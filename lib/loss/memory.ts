/** Embeddings of earlier batches as further references. */
import { moved } from "../algebra/device.js";
import * as check from "../check.js";
import { converted } from "../convert.js";
import { type Dense, floats, wrap } from "../dense.js";
import { WarpweftError } from "../error.js";
import { tensorOf } from "../tensor.js";
import type { DType, Device, Reference, Tensor } from "../types.js";
import type { Exclude, Labels } from "./types.js";

/** A loss between the batch and what the memory holds: pass both options on. */
export type MemoryLoss = (
  embeddings: Tensor,
  labels: Labels,
  options: { reference: Reference; exclude?: Exclude },
) => Tensor;

export interface CrossBatchMemory {
  /**
   * The loss of a batch against the memory, which holds the batch already.
   *
   * @param base the loss, for example `(x, y, o) => loss.contrastive(x, y, o)`
   * @param embeddings [N, D], N at most the memory's size; gradients flow into these alone
   * @param labels one class id per row, or a [N, W] uint8 matrix of bit sets
   * @returns what `base` returns
   * @throws WarpweftError ERR_SHAPE for another rank, more rows than there is room for, or other columns or sets than
   * before; and whatever `base` throws, after the batch was put in.
   */
  step(base: MemoryLoss, embeddings: Tensor, labels: Labels): Tensor;
  /** Forgets everything. */
  reset(): void;
}

/** The slots in use, ring and all: the oldest row is overwritten first. */
interface Ring {
  /** [size, columns] */
  readonly rows: Float32Array;
  /** [size, words] */
  readonly labels: Int32Array;
  readonly columns: number;
  readonly words: number;
  /** of a set; undefined: class ids */
  readonly bytes: number | undefined;
  filled: number;
  next: number;
}

/**
 * A ring of the last `size` embeddings and their labels: each batch is put in first, without gradient, and then compared
 * with all that is in it; a row does not meet its own copy. Batches of earlier steps are further positives and
 * negatives at the price of N·size·D multiply-adds, without a larger batch.
 *
 * Memory: size·(D + 1) float32 on the CPU, kept from step to step; for a batch on a GPU they are copied there for the
 * step. Copies are float32, and have the batch's dtype where they are compared.
 *
 * Source: Wang et al. 2020, arXiv 1912.06798; pytorch-metric-learning 2.8.1 (CrossBatchMemory).
 *
 * @param size rows, at least 1
 * @throws WarpweftError ERR_ARGUMENT for a size that is none.
 */
export function crossBatchMemory(size: number): CrossBatchMemory {
  check.number("crossBatchMemory", "size", size, { min: 1, max: 2 ** 31 - 1, integer: true });
  let ring: Ring | undefined;
  return {
    step(base, embeddings, labels) {
      const x = check.matrix("crossBatchMemory", "embeddings", embeddings);
      const [n, columns] = x.shape as [number, number];
      if (n > size) check.fail("ERR_SHAPE", "crossBatchMemory", "embeddings", `have at most ${size} rows`, n);
      const own = check.rowLabels("crossBatchMemory", "labels", labels, n);
      ring ??= emptied(size, columns, own);
      const slots = put(fitting(ring, columns, own), size, x, own);
      const options = { reference: held(ring, x.dtype, x.device), exclude: { rows: slots, columns: all(ring.filled) } };
      return base(embeddings, labels, options);
    },
    reset() {
      ring = undefined;
    },
  };
}

function emptied(size: number, columns: number, { words, bytes }: check.RowLabels): Ring {
  const [rows, labels] = [new Float32Array(size * columns), new Int32Array(size * words)];
  return { rows, labels, columns, words, bytes, filled: 0, next: 0 };
}

function fitting(ring: Ring, columns: number, { bytes }: check.RowLabels): Ring {
  const wanted = (what: string, before: string, got: string): never => {
    const words = `crossBatchMemory: ${what} must ${before} as before, got ${got}; reset() empties the memory`;
    throw new WarpweftError("ERR_SHAPE", words);
  };
  const sets = (width: number | undefined) => (width === undefined ? "class ids" : `sets of ${width} bytes`);
  if (columns !== ring.columns) wanted("embeddings", `have ${ring.columns} columns`, `${columns}`);
  if (bytes !== ring.bytes) wanted("labels", `be ${sets(ring.bytes)}`, sets(bytes));
  return ring;
}

/** Row by row into the ring; the slots where they stand. */
function put(ring: Ring, size: number, x: Dense, { values }: check.RowLabels): Int32Array {
  const { columns, words } = ring;
  const rows = floats(x);
  return Int32Array.from({ length: x.shape[0] as number }, (_, i) => {
    const slot = ring.next;
    ring.rows.set(rows.subarray(i * columns, (i + 1) * columns), slot * columns);
    ring.labels.set(values.subarray(i * words, (i + 1) * words), slot * words);
    ring.next = (slot + 1) % size;
    ring.filled = Math.max(ring.filled, slot + 1);
    return slot;
  });
}

/** Copies of what is in the ring, as the batch is stored and where it is. */
function held({ rows, labels, columns, words, bytes, filled }: Ring, dtype: DType, device: Device): Reference {
  const kept = converted("crossBatchMemory", wrap(rows.slice(0, filled * columns), [filled, columns]), dtype);
  const there = device === "cpu" ? kept : moved("crossBatchMemory", kept, device);
  const ids = labels.slice(0, filled * words);
  return { embeddings: tensorOf(there), labels: bytes === undefined ? ids : setsOf(ids, filled, bytes) };
}

/** The sets' bytes without what fills up their last words. */
function setsOf(words: Int32Array, rows: number, bytes: number): Tensor {
  const all = new Uint8Array(words.buffer);
  const width = rows === 0 ? 0 : all.length / rows;
  return tensorOf(
    wrap(
      all.filter((_, at) => at % width < bytes),
      [rows, bytes],
      "uint8",
    ),
  );
}

const all = (count: number): Int32Array => Int32Array.from({ length: count }, (_, slot) => slot);
