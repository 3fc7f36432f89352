/** The two matrices of a call, and what decides which of their rows match. */
import * as check from "../check.js";
import type { Dense } from "../dense.js";
import { WarpweftError } from "../error.js";
import type { Input } from "../types.js";
import type { Ids } from "./exclude.js";
import type { Matching } from "./ops.js";
import { type Assembly, type Collection, picked, stacked } from "./rows.js";
import type { CompressedRows, Reference } from "./types.js";
import { compressed, type Lists } from "./whole/lists.js";

export interface Sides {
  readonly x: Dense;
  readonly y: Dense;
  readonly self: boolean;
  readonly match: Matching;
  readonly labels: Int32Array | null;
  readonly otherLabels: Int32Array | null;
  /** int32 words of a row's label: 1, or with sets of bits as many as those fill */
  readonly words: number;
  /** What the loss sees instead of x and y. */
  readonly made?: readonly Assembly[];
  /** Ids of those rows, from the ids of x and y. */
  readonly idsOfMade?: (ids: Ids) => Ids;
  /** Where the values of those anchors belong, with reduction "none". */
  readonly collected?: Collection;
  /** where they are listed */
  readonly positives?: Lists;
}

const matchOf = ({ bytes }: check.RowLabels): Matching => (bytes === undefined ? "labels" : "sharedBits");

/** Labels are copied: what the tape keeps must not change under it. */
export function labeledSides(fn: string, embeddings: Input, labels: unknown, reference: Reference | undefined): Sides {
  const x = check.matrix(fn, "embeddings", embeddings);
  const own = check.rowLabels(fn, "labels", labels, x.shape[0] as number);
  const { values, words } = own;
  const match = matchOf(own);
  if (reference === undefined) return { x, y: x, self: true, match, labels: values, otherLabels: values, words };
  check.options(`${fn}: reference`, reference, ["embeddings", "labels"]);
  const y = check.matrix(fn, "reference.embeddings", reference.embeddings);
  check.sameColumns(fn, "reference.embeddings", y, "embeddings", x);
  check.sameDevice(fn, "reference.embeddings", y, "embeddings", x);
  const others = check.rowLabels(fn, "reference.labels", reference.labels, y.shape[0] as number);
  alike(fn, own, others);
  return { x, y, self: false, match, labels: values, otherLabels: others.values, words };
}

/** Both sides have class ids, or sets of as many bytes. */
function alike(fn: string, own: check.RowLabels, others: check.RowLabels): void {
  if (own.bytes === others.bytes) return;
  const inWords = ({ bytes }: check.RowLabels) =>
    bytes === undefined ? "class ids" : `sets of ${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  throw new WarpweftError(
    "ERR_SHAPE",
    `${fn}: reference.labels must be ${inWords(own)} like labels, got ${inWords(others)}`,
  );
}

/** Row i of the candidates belongs to row i of the anchors. */
export function pairedSides(fn: string, anchors: Input, candidates: Input): Sides {
  const x = check.matrix(fn, "anchors", anchors);
  const y = check.matrix(fn, "candidates", candidates);
  check.sameColumns(fn, "candidates", y, "anchors", x);
  check.sameDevice(fn, "candidates", y, "anchors", x);
  return { x, y, self: false, match: "position", labels: null, otherLabels: null, words: 1 };
}

/** Both views are anchors and candidates at once: row i of either is the positive of the other's, further candidates are of their own class. */
export function viewSides(fn: string, anchors: Input, candidates: Input): Sides {
  const sides = pairedSides(fn, anchors, candidates);
  const [n, m] = [sides.x.shape[0] as number, sides.y.shape[0] as number];
  const own = Int32Array.from({ length: n + m }, (_, i) => (i < n ? i : i - n));
  const to = own.map((id) => (id < n ? id : -1));
  const made = [stacked(sides.x, sides.y)];
  const idsOfMade = ({ rows, columns }: Ids): Ids => {
    const both = Int32Array.of(...rows, ...columns);
    return { rows: both, columns: both };
  };
  const collected = { length: n, to };
  return { ...sides, self: true, match: "labels", labels: own, otherLabels: own, made, idsOfMade, collected };
}

/** The first positive pair of each class, in the order of their anchors: pair k is anchor k with its own candidate. */
export function classSides(fn: string, sides: Sides): Sides {
  if (sides.match === "sharedBits")
    check.fail("ERR_ARGUMENT", fn, "labels", "be class ids, of which the loss takes a pair each", "sets of bits");
  const { x, y, self, labels, otherLabels } = sides as Sides & { labels: Int32Array; otherLabels: Int32Array };
  const partner = new Map<number, number>();
  const seen = new Set<number>();
  otherLabels.forEach((label, j) => {
    if (partner.has(label)) return;
    if (!self || seen.has(label)) partner.set(label, j);
    seen.add(label);
  });
  const anchors: number[] = [];
  const positives: number[] = [];
  labels.forEach((label, i) => {
    const j = partner.get(label);
    if (j === undefined) return;
    partner.delete(label);
    anchors.push(i);
    positives.push(j);
  });
  const made = [picked(x, anchors), picked(y, positives)];
  const collected = { length: labels.length, to: Int32Array.from(anchors) };
  const idsOfMade = ({ rows, columns }: Ids): Ids => ({
    rows: Int32Array.from(anchors, (i) => rows[i] as number),
    columns: Int32Array.from(positives, (j) => columns[j] as number),
  });
  return {
    x,
    y,
    self: false,
    match: "position",
    labels: null,
    otherLabels: null,
    words: 1,
    made,
    idsOfMade,
    collected,
  };
}

/** Labels of embeddings that belong to no class: the rows are left out. */
export const IGNORED = -100;

interface Classes {
  readonly ignored: number;
  readonly weightsFirst: boolean;
  /** rows of weights for each class */
  readonly centers: number;
}

/** Row c of the weights is class c, or rows from c · centers on; `ignored` labels none. */
export function classedSides(
  fn: string,
  embeddings: Input,
  labels: unknown,
  weights: Input,
  { ignored, weightsFirst, centers }: Classes,
): Sides {
  const x = check.matrix(fn, "embeddings", embeddings);
  const y = check.matrix(fn, "weights", weights);
  check.sameColumns(fn, "weights", y, "embeddings", x);
  check.sameDevice(fn, "weights", y, "embeddings", x);
  const own = check.labels(fn, "labels", labels, x.shape[0] as number).slice();
  const rows = y.shape[0] as number;
  if (rows % centers !== 0)
    check.fail("ERR_SHAPE", fn, "weights", `have ${centers} rows, so many as centers, for each class`, `${rows} rows`);
  const classes = rows / centers;
  own.forEach((label, i) => {
    if (label === ignored) own[i] = -1;
    else check.number(fn, `labels[${i}]`, label, { min: 0, max: classes - 1 });
  });
  if (!weightsFirst) return { x, y, self: false, match: "candidateClass", labels: own, otherLabels: null, words: 1 };
  const sides: Sides = { x: y, y: x, self: false, match: "anchorClass", labels: null, otherLabels: own, words: 1 };
  const kept = [...own.keys()].filter((i) => own[i] !== -1);
  if (kept.length === own.length) return sides;
  return { ...sides, otherLabels: own.filter((label) => label !== -1), made: [stacked(y), picked(x, kept)] };
}

/** Each anchor's candidate must be there. */
export function enough(fn: string, { x, y }: Sides, offset: number): void {
  const [n, m] = [x.shape[0] as number, y.shape[0] as number];
  if (n === 0 || m >= n + offset) return;
  const after = offset === 0 ? "" : ` after targetOffset ${offset}`;
  const wanted = `a row for each of the ${n} anchors${after}`;
  throw new WarpweftError(
    "ERR_SHAPE",
    `${fn}: candidates must have ${wanted}, so at least ${n + offset} rows, got ${m}`,
  );
}

/** The items of each user are listed. */
export function listedSides(fn: string, users: Input, items: Input, positives: unknown): Sides {
  const x = check.matrix(fn, "users", users);
  const y = check.matrix(fn, "items", items);
  check.sameColumns(fn, "items", y, "users", x);
  check.sameDevice(fn, "items", y, "users", x);
  const lists = compressed(fn, positives as CompressedRows, x.shape[0] as number, y.shape[0] as number);
  return { x, y, self: false, match: "labels", labels: null, otherLabels: null, words: 1, positives: lists };
}
