/** What `miner.hardNegatives` is told, and the rows of its guide. */
import * as check from "../check.js";
import type { GuideRows, Mining } from "./ops.js";
import type { Sides } from "./sides.js";
import type { Guide, HardNegatives } from "./types.js";

/** Beyond it a candidate's number is no float32. */
const MOST_RANKED = 2 ** 24;

/** The table's parameters. A guide alone drops what it finds more like the anchor than the positive is. */
export function hardNegativesParams(fn: string, options: HardNegatives): Record<string, number | string> {
  const { k, falseNegative, guide } = check.options(fn, options, ["k", "falseNegative", "guide"]);
  if (k !== undefined) check.number(fn, "k", k, { min: 1, max: 2 ** 31 - 1, integer: true });
  if (guide !== undefined) check.options(`${fn}: guide`, guide, ["anchors", "candidates"]);
  const kept = k ?? 0;
  if (falseNegative === undefined) return { k: kept, filter: guide ? "absolute" : "none", margin: 0 };
  check.options(`${fn}: falseNegative`, falseNegative, ["margin", "kind"]);
  const margin = check.number(fn, "falseNegative.margin", falseNegative.margin);
  return {
    k: kept,
    filter: check.choice(fn, "falseNegative.kind", falseNegative.kind, ["absolute", "relative"]),
    margin,
  };
}

/** The guide's rows beside those of the call. */
export function guideRows(fn: string, guide: Guide | undefined, { x, y }: Sides): GuideRows | undefined {
  if (guide === undefined) return undefined;
  const left = check.matrix(fn, "guide.anchors", guide.anchors);
  const right = check.matrix(fn, "guide.candidates", guide.candidates);
  check.sameColumns(fn, "guide.candidates", right, "guide.anchors", left);
  check.rows(fn, "guide.anchors", left, x.shape[0] as number, "the anchors");
  check.rows(fn, "guide.candidates", right, y.shape[0] as number, "the candidates");
  check.sameDevice(fn, "guide.anchors", left, "embeddings", x);
  check.sameDevice(fn, "guide.candidates", right, "embeddings", x);
  return { x: left, y: right };
}

/** Whether it keeps a number of each anchor's, or asks a guide; else it drops false negatives by the embeddings' own scores alone. */
export const ranks = ({ name, scalars, guide }: Pick<Mining, "name" | "scalars" | "guide">): boolean =>
  name === "hardNegatives" && (scalars[0] !== 0 || guide !== undefined);

/** Places of candidates are float32 numbers where they are ranked. */
export function rankable(fn: string, mining: Mining, { x, y }: Sides): void {
  if (!ranks(mining) || mining.scalars[0] === 0) return;
  const most = Math.max(x.shape[0] as number, y.shape[0] as number);
  if (most > MOST_RANKED) check.fail("ERR_ARGUMENT", fn, "k", `be left out for more than ${MOST_RANKED} rows`, most);
}
