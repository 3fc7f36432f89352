/** A base that has been prepared, as searches meet it: the pair that it makes with rows of a caller. */
import * as check from "../check.js";
import { type Dense, matrix } from "../dense.js";
import { FLOATS } from "../dtype.js";
import { WarpweftError } from "../error.js";
import { native } from "../native.js";
import type { BaseHandle, Side } from "../native-distance.js";
import type { Device, Input } from "../types.js";
import { type MetricUse, metricUse } from "./metric.js";
import type { PreparedBase } from "./types.js";

export const KEPT = ["float32", "bfloat16", "int8"] as const;

/** What a base holds, once it is ready. */
interface Content {
  readonly rows: number;
  readonly columns: number;
  /** of the rows that were given, of which the first `columns` are kept */
  readonly width: number;
  readonly dtype: (typeof KEPT)[number];
  readonly metric: MetricUse;
  readonly device: Device;
}

export class Prepared implements PreparedBase {
  readonly rows: number;
  readonly columns: number;
  readonly content: Content;
  #handle: BaseHandle | null;
  #bytes: number;

  constructor(handle: BaseHandle, content: Content) {
    this.#handle = handle;
    this.#bytes = native().distance.prepared.bytes(handle);
    this.rows = content.rows;
    this.columns = content.columns;
    this.content = content;
  }

  get bytes(): number {
    return this.#bytes;
  }
  handle(fn: string, arg: string): BaseHandle {
    if (this.#handle) return this.#handle;
    throw new WarpweftError("ERR_DISPOSED", `${fn}: ${arg} was disposed`);
  }
  dispose(): void {
    if (this.#handle) native().distance.prepared.release(this.#handle);
    this.#handle = null;
    this.#bytes = 0;
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
  /** What an error says of it where rows are wanted. */
  get [Symbol.toStringTag](): string {
    return "prepared base";
  }
}

/** One side of a call. */
export interface Searched {
  readonly handle: BaseHandle;
  readonly rows: number;
  readonly columns: number;
  /** of the other side's codes */
  readonly scale: number;
}

export interface MetricGiven {
  readonly metric?: unknown;
  readonly dims?: unknown;
}

/** All that can be wrong with rows for a base that has been prepared. `scale`: of int8 rows. */
export function against(
  fn: string,
  [xArg, queries]: readonly [string, Input],
  [yArg, base]: readonly [string, Prepared],
  given: MetricGiven & { readonly scale?: unknown },
): { x: Dense; y: Searched; metric: MetricUse } {
  const handle = base.handle(fn, yArg);
  const { width, columns, dtype, device, metric } = base.content;
  sameMetric(fn, base.content, given);
  const full = check.matrix(fn, xArg, queries, dtype === "int8" ? [...FLOATS, "int8"] : FLOATS);
  if (full.device !== device) {
    const place = device === "cpu" ? "the CPU" : device;
    throw new WarpweftError(
      "ERR_DEVICE",
      `${fn}: ${xArg} must be on ${place} like the base, got one on ${full.device}`,
    );
  }
  const got = full.shape[1] as number;
  if (got !== width && got !== columns) {
    const wanted = width === columns ? columns : `${width} or ${columns}`;
    throw new WarpweftError("ERR_SHAPE", `${fn}: ${xArg} must have ${wanted} columns like the base, got ${got}`);
  }
  if (given.scale !== undefined && full.dtype !== "int8")
    check.fail("ERR_ARGUMENT", fn, "scale", `be left out unless ${xArg} are int8 codes`, given.scale);
  const scale = check.number(fn, "scale", given.scale ?? 1, { min: 0, above: true });
  const x = got === columns ? full : full.view([full.shape[0] as number, columns], full.strides);
  return { x, y: { handle, rows: base.rows, columns, scale }, metric };
}

/** What a base was prepared for is what it can be asked. */
function sameMetric(fn: string, base: Content, { metric, dims }: MetricGiven): void {
  if (dims !== undefined && dims !== base.columns)
    check.fail("ERR_ARGUMENT", fn, "dims", `be ${base.columns}, for which the base was prepared`, dims);
  if (metric === undefined) return;
  const { name, scalars, tensors } = metricUse(fn, metric);
  const own = base.metric;
  const same =
    name === own.name &&
    scalars.every((value, i) => value === own.scalars[i]) &&
    Object.keys({ ...tensors, ...own.tensors }).every((key) => tensors[key] === own.tensors[key]);
  if (same) return;
  const wanted = `be ${own.name} with the same parameters, for which the base was prepared`;
  check.fail("ERR_ARGUMENT", fn, "metric", wanted, name);
}

/** The four positional values by which native code takes a side, be it rows or a base. */
export function sideArguments(side: Dense | Searched): Side {
  return "handle" in side ? [side.handle, side.scale, side.rows, side.columns] : matrix(side);
}
