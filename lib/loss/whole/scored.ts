/** Row losses over scores that are made first, for metrics whose gradients need more than the score. */
import type { Steps } from "../../async.js";
import type { Gradients, Op } from "../../autograd.js";
import { delivered } from "../../convert.js";
import { allocate, type Dense, discard } from "../../dense.js";
import { native } from "../../native.js";
import { borrow } from "../../scratch.js";
import { LOSSES, type LossSpec, REDUCTIONS } from "../table.js";
import type { LossName, Reduction } from "../types.js";
import { type PairArguments, placedPairs, type RowPairs, rowsArguments } from "./pairs.js";
import { type Block, blocksOf, floatsOf, gradient, rowsOf, type Scored, scoring, zeroed } from "./scores.js";

export interface ScoredAttrs extends Omit<Scored, "x" | "y"> {
  readonly fn: string;
  readonly loss: LossName;
  readonly scalars: Float64Array;
  readonly reduction: Reduction;
  readonly pairs: RowPairs;
  /** scores of a candidate, which are pooled to one */
  readonly centers: number;
  readonly out: Dense | undefined;
}

const sidesOf = ([x, y = x]: readonly Dense[], { self, metric }: ScoredAttrs): Scored =>
  ({ x, y, self, metric }) as Scored;

const head = (of: Scored, { loss, scalars, centers }: ScoredAttrs, pairs: PairArguments, block: Block, scores: Dense) =>
  [Object.keys(LOSSES).indexOf(loss), scalars, centers, ...rowsArguments(of, pairs, block, scores, centers)] as const;

export const scoredOp: Op<readonly Dense[], ScoredAttrs, Dense> = {
  name: "scored",
  *forward(inputs, attrs) {
    const of = sidesOf(inputs, attrs);
    const n = rowsOf(of.x);
    const pairs = placedPairs(attrs.fn, attrs.pairs, of.x.device);
    const parts = zeroed(attrs.fn, [6, n], of.x.device);
    for (const block of blocksOf(n, rowsOf(of.y))) {
      const scores = borrow(attrs.fn, [block.rows, rowsOf(of.y)], of.x.device);
      yield scoring(of, block, scores);
      yield (threads, job) =>
        native().loss.scored(threads, job, ...head(of, attrs, pairs, block, scores), null, null, null, floatsOf(parts));
      discard(scores);
    }
    const state = allocate(attrs.fn, [2], "float32", of.x.device);
    const result = allocate(attrs.fn, attrs.reduction === "none" ? [n] : [], "float32", of.x.device);
    const reduction = Object.keys(REDUCTIONS).indexOf(attrs.reduction);
    const twoParts = (LOSSES[attrs.loss] as LossSpec).terms === "pairs";
    yield (threads, job) =>
      native().loss.total(threads, job, n, twoParts, floatsOf(parts), reduction, floatsOf(result), floatsOf(state));
    return { out: delivered(result, attrs.out), saved: state };
  },
  *backward(upstream, inputs, state, attrs): Steps<Gradients<readonly Dense[]>> {
    const of = sidesOf(inputs, attrs);
    const pairs = placedPairs(attrs.fn, attrs.pairs, of.x.device);
    const room = (side: Dense) => (side.requiresGrad ? zeroed(attrs.fn, side.shape, side.device) : null);
    const dx = room(of.x);
    const dy = of.self ? dx : room(of.y);
    for (const block of blocksOf(rowsOf(of.x), rowsOf(of.y))) {
      const panel = () => borrow(attrs.fn, [block.rows, rowsOf(of.y)], of.x.device);
      const [scores, weights] = [panel(), panel()];
      yield scoring(of, block, scores);
      yield (threads, job) =>
        native().loss.scored(
          threads,
          job,
          ...head(of, attrs, pairs, block, scores),
          null,
          null,
          null,
          null,
          attrs.reduction === "none",
          floatsOf(upstream),
          floatsOf(state),
          floatsOf(weights),
        );
      yield* gradient(of, block, scores, weights, { dx, dy, only: block.rows === rowsOf(of.x) });
      discard(scores);
      discard(weights);
    }
    return of.self ? [dx] : [dx, dy];
  },
};
