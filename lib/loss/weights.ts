/** Parameters that weigh pairs. */
import * as check from "../check.js";
import type { Dense } from "../dense.js";
import { WarpweftError } from "../error.js";
import type { Input } from "../types.js";
import type { Clusters } from "./ops.js";
import type { Sides } from "./sides.js";
import type { ParamSpecs } from "./table.js";

export interface Weights {
  /** [anchors, candidates] */
  readonly weights: Dense | undefined;
  readonly clusters: Clusters | undefined;
}

export function weightsOf(
  fn: string,
  specs: ParamSpecs,
  { weights, clusters }: Readonly<Record<string, unknown>>,
  sides: Sides,
): Weights {
  if (specs.clusters?.kind !== "clusters") return { weights: undefined, clusters: undefined };
  if (weights === undefined) return { weights, clusters: clustersOf(fn, clusters, sides) };
  if (clusters !== undefined)
    throw new WarpweftError("ERR_ARGUMENT", `${fn}: weights or clusters may be given, not both`);
  return { weights: matrixOf(fn, weights, sides), clusters };
}

function matrixOf(fn: string, value: unknown, { x, y }: Sides): Dense {
  const v = check.ofDType(fn, "weights", check.input(fn, "weights", value as Input), ["float32"]);
  const [n, m] = [x.shape[0] as number, y.shape[0] as number];
  if (v.shape.length !== 2 || v.shape[0] !== n || v.shape[1] !== m)
    throw new WarpweftError("ERR_SHAPE", `${fn}: weights must have shape [${n}, ${m}], got [${v.shape.join(", ")}]`);
  check.sameDevice(fn, "weights", v, "anchors", x);
  return v;
}

/** Without any, each candidate is a cluster of its own. */
function clustersOf(fn: string, given: unknown, { x, y }: Sides): Clusters {
  const [n, m] = [x.shape[0] as number, y.shape[0] as number];
  const lists = given === undefined ? [Int32Array.from({ length: m }, (_, j) => j)] : given;
  if (!Array.isArray(lists)) return check.fail("ERR_ARGUMENT", fn, "clusters", "be an array of lists of ids", given);
  const ids = lists.map((list, k) => check.labels(fn, `clusters[${k}]`, list, m));
  const joined = (rows: number): Int32Array => Int32Array.from(ids.flatMap((list) => [...list.subarray(0, rows)]));
  return { count: ids.length, x: joined(n), y: joined(m) };
}
