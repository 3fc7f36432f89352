/**
 * The loops over elements, one per operation: no function is called per element. An operand is read with a start, a
 * step from row to row and a step within the row (0 repeats one element), which covers same shapes, bias rows, scalars
 * and strided views at once. Rows without gaps go four at a time, all reads before the writes: the engine checks a typed
 * array at every access, and this halves the time.
 */
/** Where an operand's block of rows lies. */
export interface Walk {
  readonly data: Float32Array;
  readonly row: number;
  readonly step: number;
}
export type Loop = (
  out: Float32Array,
  o: number,
  rows: number,
  n: number,
  a: Walk,
  ai: number,
  b: Walk,
  bi: number,
) => void;

/** a + b */
export const add: Loop = (out, o, rows, n, a, ai, b, bi) => {
  const [x, y, xs, ys] = [a.data, b.data, a.step, b.step];
  const even = xs === 1 && ys === 1 ? n - (n % 4) : 0;
  for (let r = 0; r < rows; r++, o += n) {
    let [p, q, i] = [ai + r * a.row, bi + r * b.row, 0];
    for (; i < even; i += 4, p += 4, q += 4) {
      const v0 = x[p] + y[q];
      const v1 = x[p + 1] + y[q + 1];
      const v2 = x[p + 2] + y[q + 2];
      const v3 = x[p + 3] + y[q + 3];
      out[o + i] = v0;
      out[o + i + 1] = v1;
      out[o + i + 2] = v2;
      out[o + i + 3] = v3;
    }
    for (; i < n; i++, p += xs, q += ys) out[o + i] = x[p] + y[q];
  }
};

/** a − b */
export const sub: Loop = (out, o, rows, n, a, ai, b, bi) => {
  const [x, y, xs, ys] = [a.data, b.data, a.step, b.step];
  const even = xs === 1 && ys === 1 ? n - (n % 4) : 0;
  for (let r = 0; r < rows; r++, o += n) {
    let [p, q, i] = [ai + r * a.row, bi + r * b.row, 0];
    for (; i < even; i += 4, p += 4, q += 4) {
      const v0 = x[p] - y[q];
      const v1 = x[p + 1] - y[q + 1];
      const v2 = x[p + 2] - y[q + 2];
      const v3 = x[p + 3] - y[q + 3];
      out[o + i] = v0;
      out[o + i + 1] = v1;
      out[o + i + 2] = v2;
      out[o + i + 3] = v3;
    }
    for (; i < n; i++, p += xs, q += ys) out[o + i] = x[p] - y[q];
  }
};

/** a · b */
export const mul: Loop = (out, o, rows, n, a, ai, b, bi) => {
  const [x, y, xs, ys] = [a.data, b.data, a.step, b.step];
  const even = xs === 1 && ys === 1 ? n - (n % 4) : 0;
  for (let r = 0; r < rows; r++, o += n) {
    let [p, q, i] = [ai + r * a.row, bi + r * b.row, 0];
    for (; i < even; i += 4, p += 4, q += 4) {
      const v0 = x[p] * y[q];
      const v1 = x[p + 1] * y[q + 1];
      const v2 = x[p + 2] * y[q + 2];
      const v3 = x[p + 3] * y[q + 3];
      out[o + i] = v0;
      out[o + i + 1] = v1;
      out[o + i + 2] = v2;
      out[o + i + 3] = v3;
    }
    for (; i < n; i++, p += xs, q += ys) out[o + i] = x[p] * y[q];
  }
};

/** a / b */
export const div: Loop = (out, o, rows, n, a, ai, b, bi) => {
  const [x, y, xs, ys] = [a.data, b.data, a.step, b.step];
  const even = xs === 1 && ys === 1 ? n - (n % 4) : 0;
  for (let r = 0; r < rows; r++, o += n) {
    let [p, q, i] = [ai + r * a.row, bi + r * b.row, 0];
    for (; i < even; i += 4, p += 4, q += 4) {
      const v0 = x[p] / y[q];
      const v1 = x[p + 1] / y[q + 1];
      const v2 = x[p + 2] / y[q + 2];
      const v3 = x[p + 3] / y[q + 3];
      out[o + i] = v0;
      out[o + i + 1] = v1;
      out[o + i + 2] = v2;
      out[o + i + 3] = v3;
    }
    for (; i < n; i++, p += xs, q += ys) out[o + i] = x[p] / y[q];
  }
};

/**
 * a where b > 0 or NaN, else 0: relu with b = a, and its gradient with b its input. On the bits, because a branch on the
 * sign of an activation is guessed wrong every other time; that costs more than all the rest.
 */
export const where: Loop = (out, o, rows, n, a, ai, b, bi) => {
  const [z, x, y, xs, ys] = [bits(out), bits(a.data), bits(b.data), a.step, b.step];
  const even = xs === 1 && ys === 1 ? n - (n % 4) : 0;
  for (let r = 0; r < rows; r++, o += n) {
    let [p, q, i] = [ai + r * a.row, bi + r * b.row, 0];
    for (; i < even; i += 4, p += 4, q += 4) {
      const v0 = x[p] & mask(y[q]);
      const v1 = x[p + 1] & mask(y[q + 1]);
      const v2 = x[p + 2] & mask(y[q + 2]);
      const v3 = x[p + 3] & mask(y[q + 3]);
      z[o + i] = v0;
      z[o + i + 1] = v1;
      z[o + i + 2] = v2;
      z[o + i + 3] = v3;
    }
    for (; i < n; i++, p += xs, q += ys) z[o + i] = x[p] & mask(y[q]);
  }
};

/** The operations of two operands by name. */
export const LOOPS = { add, sub, mul, div, where } as const;
export type Binary = keyof typeof LOOPS;

const bits = (x: Float32Array) => new Int32Array(x.buffer, x.byteOffset, x.length);
const MINUS_INFINITY = 0xff800000 | 0;

/** All ones for a positive number (w > 0) and for NaN of either sign (w < 0 is one beyond −∞), else zeros. */
function mask(w: number): number {
  return ((-w & ~w) | ((MINUS_INFINITY - w) & w)) >> 31;
}
