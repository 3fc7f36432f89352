/** Parameters that are a number for each candidate or for each anchor. */
import { moved } from "../algebra/device.js";
import * as check from "../check.js";
import { type Dense, wrap } from "../dense.js";
import type { Input } from "../types.js";
import type { Sides } from "./sides.js";
import type { ParamSpecs } from "./table.js";

export interface Vectors {
  /** [candidates] added to logits */
  readonly beside: Dense | undefined;
  /** [anchors] */
  readonly given: Dense | undefined;
}

export function vectorsOf(
  fn: string,
  specs: ParamSpecs,
  given: Readonly<Record<string, unknown>>,
  { x, y }: Sides,
): Vectors {
  let [beside, own]: (Dense | undefined)[] = [];
  for (const [name, { kind, ...spec }] of Object.entries(specs)) {
    const value = given[name];
    if (kind === "counts") beside = logarithms(fn, name, value, y);
    if (kind !== "vector" || value === undefined) continue;
    if ((spec as { per?: string }).per === "candidate") beside = vector(fn, name, value, y);
    else own = vector(fn, name, value, x);
  }
  return { beside, given: own };
}

/** Parameters that are matrices beside the anchors or the candidates, by name; those of one call have as many columns. */
export function matricesOf(
  fn: string,
  specs: ParamSpecs,
  given: Readonly<Record<string, unknown>>,
  { x, y }: Sides,
): Readonly<Record<string, Dense>> {
  const found: Record<string, Dense> = {};
  let first: readonly [string, Dense] | undefined;
  for (const [name, spec] of Object.entries(specs)) {
    if (spec.kind !== "rows" || given[name] === undefined) continue;
    const rows = check.matrix(fn, name, given[name] as Input);
    const [side, like] = spec.per === "anchor" ? (["anchors", x] as const) : (["candidates", y] as const);
    check.rows(fn, name, rows, like.shape[0] as number, side);
    check.sameDevice(fn, name, rows, side, like);
    if (first) check.sameColumns(fn, name, rows, ...first);
    first ??= [name, rows];
    found[name] = rows;
  }
  return found;
}

/** One float32 a row of `rows`, where those are. */
function vector(fn: string, name: string, value: unknown, rows: Dense): Dense {
  const v = check.ofDType(fn, name, check.input(fn, name, value as Input), ["float32"]);
  const length = rows.shape[0] as number;
  if (v.shape.length !== 1 || v.size !== length)
    check.fail("ERR_SHAPE", fn, name, `have shape [${length}]`, `[${v.shape.join(", ")}]`);
  check.sameDevice(fn, name, v, "embeddings", rows);
  return v;
}

/** ln n of how often each class occurs; a class that never does counts as once. */
function logarithms(fn: string, name: string, value: unknown, classes: Dense): Dense {
  const counts = check.labels(fn, name, value, classes.shape[0] as number);
  const logs = Float32Array.from(counts, (count, at) =>
    Math.log(Math.max(1, check.number(fn, `${name}[${at}]`, count, { min: 0 }))),
  );
  const beside = wrap(logs, [logs.length]);
  return classes.device === "cpu" ? beside : moved(fn, beside, classes.device);
}
