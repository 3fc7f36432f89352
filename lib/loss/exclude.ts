/** Pairs that are left out: neither positives nor negatives. */
import * as check from "../check.js";
import { WarpweftError } from "../error.js";
import type { Sides } from "./sides.js";
import type { Exclude } from "./types.js";

export interface Ids {
  /** [n] */
  readonly rows: Int32Array;
  /** [m] */
  readonly columns: Int32Array;
}

/** Ids are copied, as labels are. Where both sides are the same rows, so are their ids. */
export function excludedIds(fn: string, given: Exclude | undefined, sides: Sides): Ids | undefined {
  if (given === undefined) return undefined;
  const { x, y, self } = sides;
  check.options(`${fn}: exclude`, given, ["rows", "columns"]);
  const rows = check.labels(fn, "exclude.rows", given.rows, x.shape[0] as number).slice();
  const other = given.columns === undefined ? ["rows", rows] : ["columns", given.columns];
  const columns = check.labels(fn, `exclude.${other[0]}`, other[1], y.shape[0] as number).slice();
  if (self && !sides.made && columns.some((id, at) => id !== rows[at]))
    throw new WarpweftError(
      "ERR_ARGUMENT",
      `${fn}: exclude.columns must be exclude.rows where embeddings are compared with themselves; give a reference`,
    );
  return sides.idsOfMade?.({ rows, columns }) ?? { rows, columns };
}
