/** Partial results of disjoint sets of keys, as shards of a sequence give them. */
import { type Steps, twins } from "../async.js";
import * as check from "../check.js";
import { allocateFloats, type Dense, floats, sizeOf, wrap } from "../dense.js";
import { FLOATS } from "../dtype.js";
import { WarpweftError } from "../error.js";
import { native } from "../native.js";
import { tensorOf } from "../tensor.js";
import type { Tensor } from "../types.js";
import type { Attended } from "./types.js";

export function* mergeSteps(outputs: readonly Tensor[], lses: readonly Tensor[]): Steps<Attended> {
  const fn = "mergePartials";
  const values = list(fn, "outputs", outputs);
  const logs = list(fn, "lses", lses);
  if (values.length === 0) check.fail("ERR_SHAPE", fn, "outputs", "have at least one entry", 0);
  if (logs.length !== values.length)
    check.fail("ERR_SHAPE", fn, "lses", `have ${values.length} entries like outputs`, logs.length);
  const shape = (values[0] as Dense).shape;
  if (shape.length === 0) throw new WarpweftError("ERR_SHAPE", `${fn}: outputs[0] must have columns, got shape []`);
  const rows = shape.slice(0, -1);
  for (const [i, x] of values.entries()) sameShape(fn, `outputs[${i}]`, x, shape);
  for (const [i, x] of logs.entries()) sameShape(fn, `lses[${i}]`, x, rows);
  const [out, lse] = [allocateFloats(fn, ...shape), allocateFloats(fn, ...rows)];
  const [all, allLogs] = [together(fn, values), together(fn, logs)];
  const lengths = [values.length, sizeOf(rows), shape.at(-1) as number] as const;
  yield (threads, job) => native().attention.mergePartials(threads, job, ...lengths, all, allLogs, out, lse);
  return { output: tensorOf(wrap(out, shape)), lse: tensorOf(wrap(lse, rows)) };
}

function list(fn: string, arg: string, value: readonly Tensor[]): Dense[] {
  if (!Array.isArray(value)) check.fail("ERR_ARGUMENT", fn, arg, "be an array of tensors", value);
  return value.map((x, i) =>
    check.onCpu(fn, `${arg}[${i}]`, check.ofDType(fn, `${arg}[${i}]`, check.input(fn, `${arg}[${i}]`, x), FLOATS)),
  );
}

function sameShape(fn: string, arg: string, x: Dense, wanted: readonly number[]): void {
  if (x.shape.join() === wanted.join()) return;
  throw new WarpweftError(
    "ERR_SHAPE",
    `${fn}: ${arg} must have shape [${wanted.join(", ")}], got [${x.shape.join(", ")}]`,
  );
}

/** One after the other. */
function together(fn: string, parts: readonly Dense[]): Float32Array {
  const size = (parts[0] as Dense).size;
  const all = allocateFloats(fn, parts.length * size);
  for (const [i, part] of parts.entries()) all.set(floats(part), i * size);
  return all;
}

const [mergeNow] = twins("mergePartials", mergeSteps);

/**
 * Merges partial results of disjoint sets of keys: output = Σ e^(lseₚ − lse) outputₚ with lse = ln Σ e^(lseₚ), in the order of the parts.
 *
 * What `attention` or `latentDecode` gives for shards of a sequence becomes the result for all of it. A part whose lse is −∞ saw
 * nothing and does not count, whatever its output holds; where none saw anything the output is 0 and lse −∞. No gradient.
 *
 * @param outputs P tensors [..., Dv], float32, float16 or bfloat16.
 * @param lses P tensors [...], natural logarithms.
 * @returns output [..., Dv] and lse [...], float32.
 * @throws WarpweftError ERR_SHAPE for no parts or shapes that differ; ERR_DTYPE, ERR_DEVICE, ERR_ARGUMENT, ERR_DISPOSED, ERR_MEMORY.
 *
 * Time and memory O(P · rows · Dv).
 */
export function mergePartials(outputs: readonly Tensor[], lses: readonly Tensor[]): Attended {
  return mergeNow(outputs, lses);
}
