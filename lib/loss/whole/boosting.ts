/** Deep boosting: the hardest negative of each row and of each column of a student's scores, seen beside a teacher's. */
import { moved } from "../../algebra/device.js";
import type { Steps } from "../../async.js";
import type { Gradients, Op } from "../../autograd.js";
import { delivered } from "../../convert.js";
import { allocate, type Dense, discard, floats, wrap } from "../../dense.js";
import type { Ids } from "../exclude.js";
import type { Reduction } from "../types.js";
import { leftOut } from "./pairs.js";
import { type Block, blocksOf, gradient, rowsOf, type Scored, scoring, zeroed } from "./scores.js";

export interface BoostingAttrs {
  readonly fn: string;
  readonly student: Pick<Scored, "metric" | "self">;
  /** rows as the metric sees them, or none in mode base */
  readonly teacher: Scored | undefined;
  readonly mode: "base" | "absolute" | "relative";
  /** m */
  readonly margin: number;
  readonly gamma: number;
  readonly reduction: Reduction;
  /** pairs of equal ids are none, and an anchor whose own candidate is none contributes 0 */
  readonly ids: Ids | undefined;
  readonly out: Dense | undefined;
}

/** The largest key of each row and of each column, the pair of a row with itself left out. */
interface Best {
  readonly key: Float64Array;
  readonly at: Int32Array;
}
interface Saved {
  readonly rows: Best;
  readonly columns: Best;
  /** [N] scores of the pairs, of student and teacher */
  readonly own: Float64Array;
  readonly theirs: Float64Array;
  /** what each anchor's terms are multiplied with */
  readonly factor: number;
}

const noBest = (count: number): Best => ({
  key: new Float64Array(count).fill(-Infinity),
  at: new Int32Array(count).fill(-1),
});

/** Also a NaN, which stays. */
function offer({ key, at }: Best, place: number, value: number, from: number): void {
  const now = key[place] as number;
  if (!(value > now || (Number.isNaN(value) && !Number.isNaN(now)))) return;
  key[place] = value;
  at[place] = from;
}

const sidesOf = ([x, y = x]: readonly Dense[], { student }: BoostingAttrs): Scored => ({ x, y, ...student }) as Scored;

function* scoresOf(fn: string, of: Scored, block: Block): Steps<Float32Array> {
  const scores = allocate(fn, [block.rows, rowsOf(of.y)], "float32", of.x.device);
  yield scoring(of, block, scores);
  const values = floats(scores);
  discard(scores);
  return values;
}

function* extremes(of: Scored, { fn, teacher, ids }: BoostingAttrs): Steps<Omit<Saved, "factor">> {
  const [n, m] = [rowsOf(of.x), rowsOf(of.y)];
  const [rows, columns] = [noBest(n), noBest(n)];
  const [own, theirs] = [new Float64Array(n), new Float64Array(n)];
  for (const block of blocksOf(n, m)) {
    const s = yield* scoresOf(fn, of, block);
    const t = teacher && (yield* scoresOf(fn, teacher, block));
    for (let r = 0; r < block.rows; r++) {
      const i = block.first + r;
      own[i] = s[r * m + i] as number;
      theirs[i] = t ? (t[r * m + i] as number) : 0;
      for (let j = 0; j < m; j++) {
        if (j === i || leftOut(ids, i, j)) continue;
        const key = (s[r * m + j] as number) - (t ? (t[r * m + j] as number) : 0);
        offer(rows, i, key, j);
        if (j < n) offer(columns, j, key, i);
      }
    }
  }
  return { rows, columns, own, theirs };
}

/** What a hinge holds beside its key, for row or column i. */
function offset(
  i: number,
  { mode, margin, gamma }: BoostingAttrs,
  { own, theirs }: Pick<Saved, "own" | "theirs">,
): number {
  if (mode === "absolute") return (1 - gamma) * margin;
  return margin - (own[i] as number) + (mode === "relative" ? (theirs[i] as number) : 0);
}

/** [γ m + t_ii − s_ii] of mode absolute */
const pull = (i: number, { margin, gamma }: BoostingAttrs, { own, theirs }: Pick<Saved, "own" | "theirs">): number =>
  gamma * margin + (theirs[i] as number) - (own[i] as number);

/** [v]₊; a NaN stays. */
const hinge = (v: number): number => (v <= 0 ? 0 : v);

function termOf(i: number, attrs: BoostingAttrs, found: Omit<Saved, "factor">): number {
  if (leftOut(attrs.ids, i, i)) return 0;
  const side = ({ key, at }: Best): number => (at[i] === -1 ? 0 : hinge(offset(i, attrs, found) + (key[i] as number)));
  const near = attrs.mode === "absolute" ? 2 * hinge(pull(i, attrs, found)) : 0;
  return near + side(found.rows) + side(found.columns);
}

export const boostingOp: Op<readonly Dense[], BoostingAttrs, Saved> = {
  name: "boosting",
  *forward(inputs, attrs) {
    const of = sidesOf(inputs, attrs);
    const found = yield* extremes(of, attrs);
    const terms = Float64Array.from({ length: rowsOf(of.x) }, (_, i) => termOf(i, attrs, found));
    const none = attrs.reduction === "none";
    const divisors = { mean: terms.length, meanNonZero: terms.filter((t) => t > 0).length, sum: 1, none: 1 };
    const divisor = divisors[attrs.reduction];
    const factor = divisor > 0 ? 1 / divisor : 0;
    const value = none ? Float32Array.from(terms) : Float32Array.of(terms.reduce((a, b) => a + b, 0) * factor);
    const made = wrap(value, none ? [terms.length] : []);
    const result = of.x.device === "cpu" ? made : moved(attrs.fn, made, of.x.device);
    return { out: delivered(result, attrs.out), saved: { ...found, factor } };
  },
  *backward(upstream, inputs, saved, attrs): Steps<Gradients<readonly Dense[]>> {
    const of = sidesOf(inputs, attrs);
    const { x, y } = of;
    const room = (side: Dense) => (side.requiresGrad ? zeroed(attrs.fn, side.shape, side.device) : null);
    const [dx, dy] = [room(x), room(y)];
    const arrived = floats(upstream);
    const share = (i: number): number => saved.factor * (arrived[attrs.reduction === "none" ? i : 0] as number);
    for (const block of blocksOf(rowsOf(x), rowsOf(y))) {
      const scores = allocate(attrs.fn, [block.rows, rowsOf(y)], "float32", x.device);
      yield scoring(of, block, scores);
      const weights = wrap(weightsOf(block, rowsOf(y), attrs, saved, share), [block.rows, rowsOf(y)]);
      yield* gradient(of, block, scores, x.device === "cpu" ? weights : moved(attrs.fn, weights, x.device), { dx, dy });
      discard(scores);
    }
    return [dx, dy];
  },
};

/** At most three entries for each row and column of the block. */
function weightsOf(
  { first, rows }: Block,
  m: number,
  attrs: BoostingAttrs,
  saved: Saved,
  share: (i: number) => number,
): Float32Array {
  const out = new Float32Array(rows * m);
  const add = (i: number, j: number, w: number): void => {
    if (i >= first && i < first + rows) out[(i - first) * m + j] += w;
  };
  for (let i = 0; i < saved.own.length; i++) {
    if (leftOut(attrs.ids, i, i)) continue;
    const v = offset(i, attrs, saved);
    const [row, column] = [saved.rows.at[i] as number, saved.columns.at[i] as number];
    const opposes = attrs.mode === "absolute" ? 0 : -share(i);
    if (row >= 0 && v + (saved.rows.key[i] as number) > 0) {
      add(i, row, share(i));
      add(i, i, opposes);
    }
    if (column >= 0 && v + (saved.columns.key[i] as number) > 0) {
      add(column, i, share(i));
      add(i, i, opposes);
    }
    if (attrs.mode === "absolute" && pull(i, attrs, saved) > 0) add(i, i, -2 * share(i));
  }
  return out;
}
