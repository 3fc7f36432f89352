/** Rows of a table by their numbers. */
import { part } from "../algebra/device.js";
import type { Steps } from "../async.js";
import { type Forward, type Gradients, type Op, record } from "../autograd.js";
import * as check from "../check.js";
import { allocate, allocateFloats, type Dense, elements, floats, matrix, wrap } from "../dense.js";
import { native } from "../native.js";
import { tensorOf } from "../tensor.js";
import type { Input, Labels, Tensor } from "../types.js";

/** y_i = table[n_i]; ∂table[v] = Σ g_i over the rows with n_i = v, in ascending order. */
const embeddingOp: Op<readonly [Dense], { rows: Int32Array }, null> = {
  name: "embedding",
  *forward([table], { rows }): Steps<Forward<null>> {
    return { out: table.device === "cpu" ? gathered(table, rows) : yield* gatheredOn(table, rows), saved: null };
  },
  *backward(gradient, [table], _, { rows }): Steps<Gradients<readonly [Dense]>> {
    if (table.device !== "cpu") return [yield* scatteredOn(gradient, table.shape, rows)];
    return [scattered(floats(gradient), table.shape, rows)];
  },
};

function* gatheredOn(table: Dense, rows: Int32Array): Steps<Dense> {
  const d = table.shape[1] as number;
  const out = allocate("embedding", [rows.length, d], "float32", table.device);
  yield (threads, job) => native().attention.embed(threads, job, ...matrix(table), d, rows.length, rows, part(out));
  return out;
}

function* scatteredOn(g: Dense, shape: readonly number[], rows: Int32Array): Steps<Dense> {
  const [count, d] = shape as [number, number];
  const out = allocate("embedding", [count, d], "float32", g.device);
  yield (threads, job) =>
    native().attention.embedBackward(threads, job, count, d, rows.length, rows, part(g), part(out));
  return out;
}

/** Rows are copied as they are stored and converted afterwards, so that the table is not. */
function gathered(table: Dense, rows: Int32Array): Dense {
  const d = table.shape[1] as number;
  const source = elements(table);
  const found = allocate("embedding", [rows.length, d], table.dtype);
  const into = elements(found);
  for (const [i, row] of rows.entries()) into.set(source.subarray(row * d, (row + 1) * d), i * d);
  return table.dtype === "float32" ? found : wrap(floats(found), found.shape);
}

function scattered(g: Float32Array, shape: readonly number[], rows: Int32Array): Dense {
  const [count, d] = shape as [number, number];
  const sums = allocateFloats("embedding", count, d);
  for (let i = 0; i < rows.length; i++) {
    const at = (rows[i] as number) * d;
    for (let k = 0; k < d; k++) (sums[at + k] as number) += g[i * d + k] as number;
  }
  return wrap(sums, shape);
}

/**
 * Rows of a table: y_i = table[indices_i]. Differentiable in the table; rows that are asked for more than once add up in the
 * order of the indices, so the same input gives the same bits.
 *
 * @param table [V, D], float32, float16 or bfloat16.
 * @param indices N whole numbers in [0, V); any kind that labels may have.
 * @returns [N, D] float32.
 * @throws WarpweftError ERR_SHAPE for another rank; ERR_DTYPE for a table of integers; ERR_ARGUMENT for an index outside the
 * table; ERR_DISPOSED.
 *
 * Time and memory O(N·D), on the way back and O(V·D).
 */
export function embedding(table: Input, indices: Labels): Tensor {
  const rows = check.matrix("embedding", "table", table);
  const numbers = check.indices("embedding", "indices", indices, rows.shape[0] as number, "table");
  return tensorOf(record(embeddingOp, [rows], { rows: numbers }));
}
