/** Rows of several matrices put together before a loss sees them, and values of such rows brought back. Both are on the tape. */
import { moved } from "../algebra/device.js";
import type { Op } from "../autograd.js";
import { converted } from "../convert.js";
import { allocate, type Dense, floats, matrix, memory, wrap } from "../dense.js";
import { type DeviceArray, type Memory, onDevice } from "../device-array.js";
import { native } from "../native.js";
import type { NumericArray } from "../types.js";

/** Rows [row, row + count) of one of the matrices. */
interface Run {
  readonly from: number;
  readonly row: number;
  readonly count: number;
}
/** A matrix made of rows of `sources`, run after run. No row is taken twice, so that gradients go back by copies too. */
export interface Assembly {
  readonly sources: readonly Dense[];
  readonly runs: readonly Run[];
}

/** All rows of each, one matrix below the other. */
export const stacked = (...sources: readonly Dense[]): Assembly => ({
  sources,
  runs: sources.map(({ shape }, from) => ({ from, row: 0, count: shape[0] as number })),
});

/** Those rows of one matrix; neighbours are copied together. */
export function picked(source: Dense, rows: readonly number[]): Assembly {
  const runs: Run[] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last && row === last.row + last.count) runs.splice(-1, 1, { ...last, count: last.count + 1 });
    else runs.push({ from: 0, row, count: 1 });
  }
  return { sources: [source], runs };
}

/** Forward: copies of the rows, float32 where their dtypes differ. Backward: each gradient back to its row, 0 for rows not taken. O(rows·D). */
export const assemble: Op<readonly Dense[], { fn: string; runs: readonly Run[] }, null> = {
  name: "assemble",
  forward: (inputs, { fn, runs }) => {
    const [first] = inputs as [Dense];
    const dtype = inputs.every((input) => input.dtype === first.dtype) ? first.dtype : "float32";
    const sources = inputs.map((input) => matrix(converted(fn, input, dtype)));
    const d = first.shape[1] as number;
    const out = allocate(fn, [runs.reduce((sum, { count }) => sum + count, 0), d], dtype, first.device);
    eachRun(runs, ({ from, row, count }, at) => {
      const [data, , , stride] = sources[from] as (typeof sources)[number];
      copyRows(memory(out), at, d, data, row, stride, count, d);
    });
    return { out, saved: null };
  },
  backward: (gradient, inputs, _, { fn, runs }) => {
    const back = inputs.map((input) => (input.requiresGrad ? zeros(fn, input) : null));
    const d = gradient.shape[1] as number;
    eachRun(runs, ({ from, row, count }, at) => {
      const to = back[from];
      if (to) copyRows(memory(to), row, d, memory(gradient), at, d, count, d);
    });
    return back;
  },
};

/** value[i] is added to element to[i] of the result, [length]; to[i] < 0: to none. */
export interface Collection {
  readonly length: number;
  readonly to: Int32Array;
}
/** Forward: sums in the order of the values, in host memory. Backward: each value's element of the gradient. */
export const collect: Op<readonly [Dense], Collection & { fn: string }, null> = {
  name: "collect",
  forward: ([value], { fn, length, to }) => {
    const sums = new Float32Array(length);
    floats(value).forEach((term, i) => {
      const at = to[i] as number;
      if (at >= 0) sums[at] = (sums[at] as number) + term;
    });
    return { out: placed(fn, sums, value), saved: null };
  },
  backward: (gradient, [value], _, { fn, to }) => {
    const given = floats(gradient);
    return [
      placed(
        fn,
        Float32Array.from(to, (at) => (at >= 0 ? (given[at] as number) : 0)),
        value,
      ),
    ];
  },
};

function placed(fn: string, values: Float32Array, beside: Dense): Dense {
  const x = wrap(values, [values.length]);
  return beside.device === "cpu" ? x : moved(fn, x, beside.device);
}

function zeros(fn: string, like: Dense): Dense {
  const x = allocate(fn, like.shape, "float32", like.device);
  const data = memory(x);
  if (onDevice(data) && data.length > 0) native().gpu.zero(data);
  return x;
}

function eachRun(runs: readonly Run[], body: (run: Run, at: number) => void): void {
  let at = 0;
  for (const run of runs) {
    if (run.count > 0) body(run, at);
    at += run.count;
  }
}

/** `count` rows of d elements; rows without gaps on both sides are one copy. */
function copyRows(
  to: Memory,
  toRow: number,
  toStride: number,
  from: Memory,
  fromRow: number,
  fromStride: number,
  count: number,
  d: number,
): void {
  if (d === 0) return;
  const whole = toStride === d && fromStride === d;
  for (let done = 0; done < count; done += whole ? count : 1) {
    const [start, begin] = [(toRow + done) * toStride, (fromRow + done) * fromStride];
    const length = whole ? count * d : d;
    if (onDevice(to))
      native().gpu.copy(to.subarray(start, start + length), (from as DeviceArray).subarray(begin, begin + length));
    else to.set((from as NumericArray).subarray(begin, begin + length) as never, start);
  }
}
