/** Losses of triplets as operations of the tape: scores by blocks of anchors, terms counted over whole rows of them. */
import type { Kernel, Steps } from "../../async.js";
import type { Gradients, Op } from "../../autograd.js";
import { delivered } from "../../convert.js";
import { moved } from "../../algebra/device.js";
import { allocate, type Dense, discard, floats, wrap } from "../../dense.js";
import { native, type TripletArguments } from "../../native.js";
import { borrow } from "../../scratch.js";
import type { Device } from "../../types.js";
import { REDUCTIONS } from "../table.js";
import type { Reduction } from "../types.js";
import { type Lists, placed } from "./lists.js";
import { type PairArguments, placedPairs, type RowPairs, rowsArguments } from "./pairs.js";
import { type Rule, ruleArguments } from "./rule.js";
import { type Block, blocksOf, floatsOf, gradient, intsOf, rowsOf, type Scored, scoring, zeroed } from "./scores.js";

export interface TripletAttrs extends Omit<Scored, "x" | "y"> {
  readonly fn: string;
  readonly rule: Rule;
  readonly reduction: Reduction;
  readonly pairs: RowPairs;
  /** a triplet's negative is seen from the positive where that is closer */
  readonly swap: boolean;
  /** triplets that a miner listed, as pairs of each anchor */
  readonly mined: Lists | undefined;
  /** of the margin loss's ∂L/∂β = ± Σ of all weights */
  readonly betaSign: number;
  readonly out: Dense | undefined;
}

interface Places {
  readonly of: Scored;
  readonly pairs: PairArguments;
  readonly mined: readonly [Dense, Dense] | undefined;
  /** β, where it is a tensor */
  readonly beta: Dense | undefined;
}

/** Inputs: x, then y unless it is x, then β where it is a tensor. */
function placesOf(inputs: readonly Dense[], attrs: TripletAttrs): Places {
  const [x, ...rest] = inputs as [Dense, ...Dense[]];
  const y = attrs.self ? x : (rest.shift() as Dense);
  return {
    of: { x, y, self: attrs.self, metric: attrs.metric },
    pairs: placedPairs(attrs.fn, attrs.pairs, x.device),
    mined: attrs.mined && placed(attrs.fn, attrs.mined, x.device),
    beta: rest[0],
  };
}

/** All that native code is told before it is told whether to add up terms or to make weights. */
function head({ of, pairs, mined }: Places, { rule }: TripletAttrs, block: Block, panel: Panel): TripletArguments {
  const { positives, scores, among } = panel;
  return [
    ...ruleArguments(rule),
    ...rowsArguments(of, pairs, block, scores),
    ...(mined ? [mined[0].size / 2, intsOf(mined[0]), intsOf(mined[1])] : []),
    positives.first,
    positives.first + positives.rows,
    among ? floatsOf(among) : null,
  ];
}

/** Anchors against all candidates, for those positives that lie in a range. */
interface Panel {
  readonly positives: Block;
  readonly scores: Dense;
  /** with swap, the scores of the range's candidates with all */
  readonly among: Dense | undefined;
}

/** With swap a range of positives at a time, as their scores are needed too; else all of them at once. */
const rangesOf = ({ y }: Scored, swap: boolean): readonly Block[] =>
  swap ? blocksOf(rowsOf(y), rowsOf(y)) : [{ first: 0, rows: rowsOf(y) }];

interface Saved {
  readonly state: Dense;
  /** of all anchors, where they are one block: not more than a block in the backward pass would be */
  readonly scores: Dense | null;
}

export const tripletsOp: Op<readonly Dense[], TripletAttrs, Saved> = {
  name: "triplets",
  *forward(inputs, attrs, taped) {
    const places = placesOf(inputs, attrs);
    const { of } = places;
    const n = rowsOf(of.x);
    const parts = zeroed(attrs.fn, [3, n], of.x.device);
    const kept = yield* panels(places, attrs, { keep: taped }, function* (block, panel) {
      yield (threads, job) =>
        native().loss.triplets(threads, job, ...head(places, attrs, block, panel), floatsOf(parts));
    });
    const state = allocate(attrs.fn, [2], "float32", of.x.device);
    const result = allocate(attrs.fn, attrs.reduction === "none" ? [n] : [], "float32", of.x.device);
    const reduction = Object.keys(REDUCTIONS).indexOf(attrs.reduction);
    yield (threads, job) =>
      native().loss.total(threads, job, n, false, floatsOf(parts), reduction, floatsOf(result), floatsOf(state));
    discard(parts);
    if (!taped) discard(state);
    return { out: delivered(result, attrs.out), saved: { state, scores: kept } };
  },
  *backward(upstream, inputs, { state, scores }, attrs): Steps<Gradients<readonly Dense[]>> {
    const places = placesOf(inputs, attrs);
    const { of } = places;
    const { x, y, self } = of;
    let slope = 0;
    const room = (side: Dense) => (side.requiresGrad ? zeroed(attrs.fn, side.shape, side.device) : null);
    const dx = room(x);
    const dy = self ? dx : room(y);
    yield* panels(places, attrs, { made: scores }, function* (block, panel) {
      const weights = cleared(attrs.fn, [block.rows, rowsOf(y)], x.device);
      const { among, positives } = panel;
      const between = among && cleared(attrs.fn, among.shape, x.device);
      yield (threads, job) =>
        native().loss.triplets(
          threads,
          job,
          ...head(places, attrs, block, panel),
          null,
          attrs.reduction === "none",
          floatsOf(upstream),
          floatsOf(state),
          floatsOf(weights),
          ...(between ? [floatsOf(between)] : []),
        );
      if (places.beta?.requiresGrad) slope += attrs.betaSign * sumOf(weights);
      const only = !attrs.swap && block.rows === rowsOf(x);
      yield* gradient(of, block, panel.scores, weights, { dx, dy, only });
      if (among && between) yield* gradient(candidatesOf(of), positives, among, between, { dx: dy, dy });
      discard(weights);
      if (between) discard(between);
    });
    const { beta } = places;
    const dBeta = beta?.requiresGrad ? numberOn(attrs.fn, slope, beta) : null;
    return [dx, ...(self ? [] : [dy]), ...(beta ? [dBeta] : [])];
  },
};

/** Borrowed zeros. */
function cleared(fn: string, shape: readonly number[], device: Device): Dense {
  if (device !== "cpu") return zeroed(fn, shape, device);
  const x = borrow(fn, shape, device);
  floats(x).fill(0);
  return x;
}

const sumOf = (x: Dense): number => floats(x).reduce((a, b) => a + b, 0);

function numberOn(fn: string, value: number, like: Dense): Dense {
  const made = wrap(Float32Array.of(value), like.shape);
  return like.device === "cpu" ? made : moved(fn, made, like.device);
}

const candidatesOf = ({ y, metric }: Scored): Scored => ({ x: y, y, self: true, metric });

interface Kept {
  readonly made?: Dense | null;
  readonly keep?: boolean;
}

/** Every block of anchors with every range of positives, scores made, or made before; returns those of a single block to keep. */
function* panels(
  { of }: Places,
  attrs: TripletAttrs,
  { made, keep }: Kept,
  use: (block: Block, panel: Panel) => Generator<Kernel>,
): Steps<Dense | null> {
  const { swap } = attrs;
  const m = rowsOf(of.y);
  const blocks = blocksOf(rowsOf(of.x), m);
  const ranges = rangesOf(of, swap);
  const count = blocks.length * ranges.length;
  const room = (rows: number) => borrow(attrs.fn, [rows, m], of.x.device);
  for (const [at, block] of blocks.entries()) {
    const scores = made ?? room(block.rows);
    if (!made) yield progress(scoring(of, block, scores), at / blocks.length);
    for (const [range, positives] of ranges.entries()) {
      const done = at * ranges.length + range;
      let among: Dense | undefined;
      if (swap) {
        among = room(positives.rows);
        yield progress(scoring(candidatesOf(of), positives, among), done / count);
      }
      for (const kernel of use(block, { positives, scores, among })) yield progress(kernel, (done + 0.5) / count);
      if (among) discard(among);
    }
    if (keep && blocks.length === 1) return scores;
    if (!made) discard(scores);
  }
  return null;
}

/** A kernel that stands at a share of the whole. */
function progress(kernel: Kernel, share: number): Kernel {
  const placed: Kernel = (threads, job) => kernel(threads, job);
  placed.part = () => [Math.round(1000 * share), 1000];
  return placed;
}
