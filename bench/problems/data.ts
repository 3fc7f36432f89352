// Seeded inputs: the same bits in every process of a run.
import type { Matrix, StorageType } from "./types.js";

/** Uniform numbers in [0, 1) from a 32-bit state (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Standard normal numbers (Box and Muller). */
export function fillNormal(target: Float32Array, seed: number, deviation = 1): Float32Array {
  const next = uniform(seed);
  for (let i = 0; i < target.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    target[i] = radius * Math.cos(angle);
    if (i + 1 < target.length) target[i + 1] = radius * Math.sin(angle);
  }
  return target;
}

/** To the nearest bfloat16, ties to even. */
export function toBfloat16(source: Float32Array): Uint16Array {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  const out = new Uint16Array(source.length);
  for (let i = 0; i < out.length; ++i) out[i] = (bits[i]! + 0x7fff + ((bits[i]! >>> 16) & 1)) >>> 16;
  return out;
}

export function fromBfloat16(source: Uint16Array): Float32Array {
  const bits = new Uint32Array(source.length);
  for (let i = 0; i < bits.length; ++i) bits[i] = source[i]! << 16;
  return new Float32Array(bits.buffer);
}

export function store(values: Float32Array, rows: number, columns: number, dtype: StorageType = "float32"): Matrix {
  return { data: dtype === "float32" ? values : toBfloat16(values), dtype, rows, columns };
}

/** The values a matrix holds, as float32. */
export function values(matrix: Matrix): Float32Array {
  return matrix.data instanceof Float32Array ? matrix.data : fromBfloat16(matrix.data);
}

export function normalMatrix(rows: number, columns: number, seed: number, dtype: StorageType = "float32"): Matrix {
  return store(fillNormal(new Float32Array(rows * columns), seed), rows, columns, dtype);
}

/** Points about 2 from the origin: well inside the Poincaré ball of curvature 0.1, whose radius is 3.16. */
export function ballMatrix(rows: number, columns: number, seed: number, dtype: StorageType = "float32"): Matrix {
  return store(fillNormal(new Float32Array(rows * columns), seed, 2 / Math.sqrt(columns)), rows, columns, dtype);
}

/** Whole numbers in [−127, 127] about 0, exact in int8, bfloat16 and float32: two a draw, so that a large base is made fast. */
export function codeMatrix(rows: number, columns: number, seed: number, scale: number): Matrix {
  const data = new Float32Array(rows * columns);
  const next = uniform(seed);
  const code = (bytes: number): number => scale * Math.max(((bytes & 255) + ((bytes >>> 8) & 255) - 255) >> 1, -127);
  for (let i = 0; i < data.length; i += 2) {
    const bits = (next() * 4294967296) >>> 0;
    data[i] = code(bits);
    data[i + 1] = code(bits >>> 16);
  }
  return { data, dtype: "float32", rows, columns };
}

/** Unit vectors about `apart` from each other, all near one direction. */
export function clusterMatrix(rows: number, columns: number, seed: number, apart: number): Matrix {
  const centre = fillNormal(new Float32Array(columns), 1);
  const data = fillNormal(new Float32Array(rows * columns), seed, apart / Math.sqrt(2 * columns));
  const norm = Math.hypot(...centre);
  for (let i = 0; i < data.length; ++i) data[i]! += centre[i % columns]! / norm;
  return { data, dtype: "float32", rows, columns };
}

/** Rows round one centre a class, labels 0, 1, … in turn; `noise` is the distance from the centre relative to its norm. */
export function labelledMatrix(
  rows: number,
  columns: number,
  classes: number,
  noise: number,
  seed: number,
): { matrix: Matrix; labels: Int32Array } {
  const centres = fillNormal(new Float32Array(classes * columns), 7);
  const data = fillNormal(new Float32Array(rows * columns), seed, noise);
  const labels = Int32Array.from({ length: rows }, (_, i) => i % classes);
  for (let i = 0; i < rows; ++i)
    for (let c = 0; c < columns; ++c) data[i * columns + c]! += centres[labels[i]! * columns + c]!;
  return { matrix: { data, dtype: "float32", rows, columns }, labels };
}
