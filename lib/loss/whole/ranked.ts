/** infoNCE on a GPU with a miner that ranks negatives or asks a guide: over blocks of whole rows, in one direction or both. */
import { moved } from "../../algebra/device.js";
import type { Kernel, Steps } from "../../async.js";
import type { Gradients, Op } from "../../autograd.js";
import { delivered } from "../../convert.js";
import { allocate, type Dense, discard, floats, wrap } from "../../dense.js";
import { native } from "../../native.js";
import type { Ids } from "../exclude.js";
import type { GuideRows } from "../ops.js";
import { LOSSES, REDUCTIONS } from "../table.js";
import type { Reduction } from "../types.js";
import { positioned } from "./lists.js";
import { type PairArguments, placedPairs, rowsArguments } from "./pairs.js";
import { type Block, blocksOf, floatsOf, gradient, intsOf, rowsOf, type Scored, scoring, zeroed } from "./scores.js";

export interface RankedAttrs extends Pick<Scored, "metric"> {
  readonly fn: string;
  readonly scalars: Float64Array;
  readonly reduction: Reduction;
  /** of the miner */
  readonly mining: Float64Array;
  /** rows whose scores are believed, as the metric sees them */
  readonly guide: GuideRows | undefined;
  /** candidate i + offset is anchor i's own */
  readonly offset: number;
  readonly symmetric: boolean;
  readonly temperature: number;
  readonly ids: Ids | undefined;
  /** an input is added to the logits of the candidates */
  readonly beside: boolean;
  readonly out: Dense | undefined;
}

/** Anchors look at candidates, or, across, candidates at anchors. */
interface Direction {
  readonly across: boolean;
  readonly of: Scored;
  readonly guide: Scored | undefined;
  readonly pairs: PairArguments;
}

function directionsOf([x, y]: readonly Dense[], attrs: RankedAttrs): readonly Direction[] {
  const { fn, metric, guide, offset, ids } = attrs;
  const one = (across: boolean): Direction => {
    const of = (left: Dense, right: Dense): Scored =>
      across ? { x: right, y: left, self: false, metric } : { x: left, y: right, self: false, metric };
    const seen = of(x as Dense, y as Dense);
    const turned = ids && across ? { rows: ids.columns, columns: ids.rows } : ids;
    const lists = positioned(rowsOf(seen.x), rowsOf(seen.y), across ? -offset : offset);
    const pairs = placedPairs(fn, { lists, sets: undefined, ids: turned }, seen.x.device);
    return { across, of: seen, guide: guide && of(guide.x, guide.y), pairs };
  };
  return attrs.symmetric ? [one(false), one(true)] : [one(false)];
}

/** A block's scores, and which of its negatives are kept: `use` them while they are there. */
export function* blocks(
  direction: Omit<Direction, "across">,
  { fn, mining }: Pick<RankedAttrs, "fn" | "mining">,
  use: (block: Block, scores: Dense, kept: Dense) => Generator<Kernel>,
): Steps<void> {
  const { of, guide } = direction;
  const m = rowsOf(of.y);
  for (const block of blocksOf(rowsOf(of.x), m)) {
    const room = (dtype: "float32" | "int32") => allocate(fn, [block.rows, m], dtype, of.x.device);
    const [scores, kept] = [room("float32"), room("int32")];
    yield scoring(of, block, scores);
    const believed = guide ? room("float32") : scores;
    if (guide) yield scoring(guide, block, believed);
    const where = rowsArguments(direction.of, direction.pairs, block, scores);
    yield (threads, job) => native().loss.rank(threads, job, mining, ...where, floatsOf(believed), intsOf(kept));
    if (guide) discard(believed);
    yield* use(block, scores, kept);
    discard(scores);
    discard(kept);
  }
}

/** The loss over a block's scores, told where its terms go or what its weights are made of. */
function scored(
  direction: Direction,
  { scalars }: RankedAttrs,
  { block, scores, kept, beside }: { block: Block; scores: Dense; kept: Dense; beside: Dense | undefined },
) {
  const added = beside ? floatsOf(beside) : null;
  return [
    Object.keys(LOSSES).indexOf("infoNCE"),
    scalars,
    1,
    ...rowsArguments(direction.of, direction.pairs, block, scores),
    intsOf(kept),
    direction.across ? added : null,
    direction.across ? null : added,
  ] as const;
}

const hosted = (fn: string, values: Float32Array, shape: readonly number[], like: Dense): Dense =>
  moved(fn, wrap(values, shape), like.device);

/** Of both directions: the mean of an anchor's own term and that of its candidate. Rows of sums, terms, and terms above zero. */
function joined(own: Float32Array, back: Float32Array | undefined, n: number, m: number, offset: number): Float32Array {
  if (!back) return own.slice(0, 3 * n);
  const out = own.slice(0, 3 * n);
  for (let i = 0; i < n; i++) {
    const target = i + offset;
    const theirs = target >= 0 && target < m ? (back[target] as number) : 0;
    out[i] = 0.5 * ((own[i] as number) + theirs);
    out[2 * n + i] = Number((out[i] as number) > 0);
  }
  return out;
}

export const rankedOp: Op<readonly Dense[], RankedAttrs, Dense> = {
  name: "ranked",
  *forward(inputs, attrs, taped) {
    const [x, y] = inputs as [Dense, Dense];
    const { fn, offset, reduction } = attrs;
    const [n, m] = [rowsOf(x), rowsOf(y)];
    const beside = attrs.beside ? inputs[2] : undefined;
    const found: Float32Array[] = [];
    for (const direction of directionsOf(inputs, attrs)) {
      const parts = zeroed(fn, [6, rowsOf(direction.of.x)], x.device);
      yield* blocks(direction, attrs, function* (block, scores, kept) {
        const told = scored(direction, attrs, { block, scores, kept, beside });
        yield (threads, job) => native().loss.scored(threads, job, ...told, floatsOf(parts));
      });
      found.push(floats(parts).slice());
      discard(parts);
    }
    const parts = hosted(fn, joined(found[0] as Float32Array, found[1], n, m, offset), [3, n], x);
    const state = allocate(fn, [2], "float32", x.device);
    const result = allocate(fn, reduction === "none" ? [n] : [], "float32", x.device);
    const id = Object.keys(REDUCTIONS).indexOf(reduction);
    yield (threads, job) =>
      native().loss.total(threads, job, n, false, floatsOf(parts), id, floatsOf(result), floatsOf(state));
    discard(parts);
    if (!taped) discard(state);
    return { out: delivered(result, attrs.out), saved: state };
  },
  *backward(upstream, inputs, state, attrs): Steps<Gradients<readonly Dense[]>> {
    const [x, y, ...rest] = inputs as [Dense, Dense, ...Dense[]];
    const { fn, temperature } = attrs;
    const beside = attrs.beside ? rest.shift() : undefined;
    const room = (side: Dense) => (side.requiresGrad ? zeroed(fn, side.shape, side.device) : null);
    const [dx, dy] = [room(x), room(y)];
    const [ofTemperature, ofBeside] = [rest[0]?.requiresGrad ?? false, beside?.requiresGrad ?? false];
    const ones = hosted(fn, Float32Array.of(1, 1), [2], x);
    const sums = { along: 0, candidates: new Float64Array(rowsOf(y)) };
    for (const direction of directionsOf(inputs, attrs)) {
      const { of, across } = direction;
      const shares = hosted(
        fn,
        sharesOf(floats(upstream), floats(state)[0] as number, direction, attrs),
        [rowsOf(of.x)],
        x,
      );
      yield* blocks(direction, attrs, function* (block, scores, kept) {
        const weights = allocate(fn, scores.shape, "float32", x.device);
        const told = scored(direction, attrs, { block, scores, kept, beside });
        yield (threads, job) =>
          native().loss.scored(threads, job, ...told, null, true, floatsOf(shares), floatsOf(ones), floatsOf(weights));
        if (ofTemperature || ofBeside) addUp(sums, floats(weights), floats(scores), block, across);
        yield* gradient(of, block, scores, weights, across ? { dx: dy, dy: dx } : { dx, dy });
        discard(weights);
      });
      discard(shares);
    }
    const dBeside =
      ofBeside && beside
        ? hosted(
            fn,
            Float32Array.from(sums.candidates, (w) => w * temperature),
            beside.shape,
            x,
          )
        : null;
    const slope = Float32Array.of(-sums.along / temperature);
    return [
      dx,
      dy,
      ...(beside ? [dBeside] : []),
      ...rest.map((tensor) => (ofTemperature ? hosted(fn, slope, tensor.shape, x) : null)),
    ];
  },
};

/** What each anchor's term counts for; of both directions each has half. */
function sharesOf(
  upstream: Float32Array,
  factor: number,
  { across, of }: Direction,
  { reduction, symmetric, offset }: RankedAttrs,
): Float32Array {
  const anchors = across ? rowsOf(of.y) : rowsOf(of.x);
  return Float32Array.from({ length: rowsOf(of.x) }, (_, at) => {
    const anchor = across ? at - offset : at;
    if (anchor < 0 || anchor >= anchors) return 0;
    return (symmetric ? 0.5 : 1) * (upstream[reduction === "none" ? anchor : 0] as number) * factor;
  });
}

/** Σ weight · score of all pairs, and Σ weight of each candidate's. */
function addUp(
  sums: { along: number; readonly candidates: Float64Array },
  weights: Float32Array,
  scores: Float32Array,
  { first, rows }: Block,
  across: boolean,
): void {
  const m = weights.length / rows;
  weights.forEach((w, at) => {
    sums.along += w * (scores[at] as number);
    const candidate = across ? first + Math.floor(at / m) : at % m;
    sums.candidates[candidate] = (sums.candidates[candidate] as number) + w;
  });
}
