/** Partial results of disjoint sets of keys, as shards of a sequence give them. */
import { deliver } from "../algebra/device.js";
import { type Steps, twins } from "../async.js";
import * as check from "../check.js";
import { allocate, type Dense, discard, floats, memory, rowMajor, sizeOf } from "../dense.js";
import { FLOATS } from "../dtype.js";
import { WarpweftError } from "../error.js";
import { type Floats, native } from "../native.js";
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
  for (const [i, x] of values.entries()) alike(fn, `outputs[${i}]`, x, shape, values[0] as Dense);
  for (const [i, x] of logs.entries()) alike(fn, `lses[${i}]`, x, rows, values[0] as Dense);
  const { device } = values[0] as Dense;
  const [output, lse] = [allocate(fn, shape, "float32", device), allocate(fn, rows, "float32", device)];
  const [all, allLogs] = [together(fn, values), together(fn, logs)];
  const lengths = [values.length, sizeOf(rows), shape.at(-1) as number] as const;
  const arrays = [all, allLogs, output, lse].map((x) => memory(x) as Floats) as [Floats, Floats, Floats, Floats];
  yield (threads, job) => native().attention.mergePartials(threads, job, ...lengths, ...arrays);
  for (const copy of [all, allLogs]) discard(copy);
  return { output: tensorOf(output), lse: tensorOf(lse) };
}

function list(fn: string, arg: string, value: readonly Tensor[]): Dense[] {
  if (!Array.isArray(value)) check.fail("ERR_ARGUMENT", fn, arg, "be an array of tensors", value);
  return value.map((x, i) => check.ofDType(fn, `${arg}[${i}]`, check.input(fn, `${arg}[${i}]`, x), FLOATS));
}

function alike(fn: string, arg: string, x: Dense, wanted: readonly number[], first: Dense): void {
  check.sameDevice(fn, arg, x, "outputs[0]", first);
  if (x.shape.join() === wanted.join()) return;
  throw new WarpweftError(
    "ERR_SHAPE",
    `${fn}: ${arg} must have shape [${wanted.join(", ")}], got [${x.shape.join(", ")}]`,
  );
}

/** One after the other, as float32. */
function together(fn: string, parts: readonly Dense[]): Dense {
  const { size, device } = parts[0] as Dense;
  const all = allocate(fn, [parts.length, size], "float32", device);
  for (const [i, part] of parts.entries()) {
    if (device === "cpu") (memory(all) as Float32Array).set(floats(part), i * size);
    else deliver(fn, part, all.view(part.shape, rowMajor(part.shape), i * size));
  }
  return all;
}

const [mergeNow] = twins("mergePartials", mergeSteps);

/**
 * Merges partial results of disjoint sets of keys: output = Σ e^(lseₚ − lse) outputₚ with lse = ln Σ e^(lseₚ), in the order of the parts.
 *
 * What `attention` or `latentDecode` gives for shards of a sequence becomes the result for all of it. A part whose lse is −∞ saw
 * nothing and does not count, whatever its output holds; where none saw anything the output is 0 and lse −∞. No gradient.
 *
 * @param outputs P tensors [..., Dv], float32, float16 or bfloat16, all in one place, as are the lses.
 * @param lses P tensors [...], natural logarithms.
 * @returns output [..., Dv] and lse [...], float32.
 * @throws WarpweftError ERR_SHAPE for no parts or shapes that differ; ERR_DTYPE, ERR_DEVICE, ERR_ARGUMENT, ERR_DISPOSED, ERR_MEMORY.
 *
 * Time and memory O(P · rows · Dv).
 */
export function mergePartials(outputs: readonly Tensor[], lses: readonly Tensor[]): Attended {
  return mergeNow(outputs, lses);
}
