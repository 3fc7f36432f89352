/** Parts of matrices and matrices of parts, where they are; none of it is on the tape. */
import { deliver } from "../../algebra/device.js";
import { allocate, allocateFloats, type Dense, floats, wrap } from "../../dense.js";

/** Columns [start, end), as a view. */
export function sliced(x: Dense, start: number, end: number): Dense {
  const [rows] = x.shape as [number, number];
  return x.view([rows, end - start], x.strides, x.offset + start * (x.strides[1] as number));
}

/** [a | b] */
export function sideBySide(a: Dense, b: Dense): Dense {
  const [rows, left] = a.shape as [number, number];
  const right = b.shape[1] as number;
  if (a.device !== "cpu") return placed(rows, [a, b]);
  const [x, y] = [floats(a), floats(b)];
  const out = allocateFloats("columns", rows, left + right);
  for (let i = 0; i < rows; i++) {
    out.set(x.subarray(i * left, (i + 1) * left), i * (left + right));
    out.set(y.subarray(i * right, (i + 1) * right), i * (left + right) + left);
  }
  return wrap(out, [rows, left + right]);
}

/** Those columns, in that order. */
export function gathered(x: Dense, columns: readonly number[]): Dense {
  const [rows, width] = x.shape as [number, number];
  if (x.device !== "cpu")
    return placed(
      rows,
      runsOf(columns).map(([start, end]) => sliced(x, start, end)),
    );
  const from = floats(x);
  const out = allocateFloats("columns", rows, columns.length);
  for (let i = 0; i < rows; i++)
    for (const [k, column] of columns.entries()) out[i * columns.length + k] = from[i * width + column] as number;
  return wrap(out, [rows, columns.length]);
}

/** Matrices side by side on a GPU. */
function placed(rows: number, parts: readonly Dense[]): Dense {
  const widths = parts.map(({ shape }) => shape[1] as number);
  const [{ device }] = parts as [Dense];
  const out = allocate("columns", [rows, widths.reduce((sum, width) => sum + width, 0)], "float32", device);
  let at = 0;
  for (const [i, width] of widths.entries()) {
    deliver("columns", parts[i] as Dense, sliced(out, at, at + width));
    at += width;
  }
  return out;
}

/** Columns that follow one another, as ranges. */
function runsOf(columns: readonly number[]): (readonly [start: number, end: number])[] {
  const starts = columns.flatMap((column, k) => (k > 0 && columns[k - 1] === column - 1 ? [] : [k]));
  return starts.map((k, i) => {
    const first = columns[k] as number;
    return [first, first + (starts[i + 1] ?? columns.length) - k] as const;
  });
}

/** Rows [start, end), as a view. */
export function rowsOf(x: Dense, start: number, end: number): Dense {
  return x.view([end - start, x.shape[1] as number], x.strides, x.offset + start * (x.strides[0] as number));
}
