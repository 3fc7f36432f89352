import { type Device, type Tensor, tensor } from "warpweft";
import { loss, miner } from "warpweft/loss";
import { PIXELS } from "./data.js";
import type { Random } from "./random.js";

export interface Batch {
  /** [count, 784] */
  readonly pixels: Float32Array;
  readonly labels: Int32Array;
}
type Embed = (pixels: Float32Array, count: number) => Tensor;

/** What a step makes smaller, and what learns beside the head: weights of classes, or nothing. */
export interface Objective {
  readonly parameters: readonly Tensor[];
  value(embed: Embed, batch: Batch): Tensor;
}

/** `embeddings` and `labels` in, or with one row of weights per class too. */
type OfLabels = (embeddings: Tensor, labels: Int32Array) => Tensor;
type OfClasses = (embeddings: Tensor, labels: Int32Array, weights: Tensor) => Tensor;
type OfPairs = (anchors: Tensor, candidates: Tensor) => Tensor;

const LABELED: Readonly<Record<string, OfLabels>> = {
  multiSimilarity: (x, labels) => loss.multiSimilarity(x, labels, { miner: miner.multiSimilarity({ epsilon: 0.1 }) }),
  contrastive: (x, labels) => loss.contrastive(x, labels),
  triplet: (x, labels) => loss.triplet(x, labels, { margin: 0.2, miner: miner.triplet({ type: "semihard" }) }),
  margin: (x, labels) => loss.margin(x, labels),
  circle: (x, labels) => loss.circle(x, labels),
  supCon: (x, labels) => loss.supCon(x, labels),
  ntXent: (x, labels) => loss.ntXent(x, labels),
  nPairs: (x, labels) => loss.nPairs(x, labels),
  liftedStructure: (x, labels) => loss.liftedStructure(x, labels),
  generalizedLifted: (x, labels) => loss.generalizedLifted(x, labels),
  thresholdConsistentMargin: (x, labels) => loss.thresholdConsistentMargin(x, labels),
};

const CLASSED: Readonly<Record<string, OfClasses>> = {
  crossEntropy: (x, labels, weights) => loss.crossEntropy(x, labels, weights),
  normalizedSoftmax: (x, labels, weights) => loss.normalizedSoftmax(x, labels, weights),
  arcFace: (x, labels, weights) => loss.arcFace(x, labels, weights, { scale: 16 }),
  cosFace: (x, labels, weights) => loss.cosFace(x, labels, weights, { scale: 16 }),
  elasticFace: (x, labels, weights) => loss.elasticFace(x, labels, weights, { scale: 16 }),
  unifiedNegativePairs: (x, labels, weights) => loss.unifiedNegativePairs(x, labels, weights, { scale: 16 }),
  generalizedCrossEntropy: (x, labels, weights) => loss.generalizedCrossEntropy(x, labels, weights),
  squaredHinge: (x, labels, weights) => loss.squaredHinge(x, labels, weights),
  proxyAnchor: (x, labels, weights) => loss.proxyAnchor(x, labels, weights),
  proxyNCA: (x, labels, weights) => loss.proxyNCA(x, labels, weights, { scale: 16 }),
  softTriple: (x, labels, weights) => loss.softTriple(x, labels, weights, { centers: CENTERS }),
  balancedSoftmax: (x, labels, weights) =>
    loss.balancedSoftmax(x, labels, weights, { classCounts: counted(labels, weights.shape[0] as number) }),
};
const CENTERS = 4;
const ROWS_A_CLASS: Readonly<Record<string, number>> = { softTriple: CENTERS };

const PAIRED: Readonly<Record<string, OfPairs>> = {
  infoNCE: (x, y) => loss.infoNCE(x, y, { symmetric: true }),
  sigLip: (x, y) => loss.sigLip(x, y),
  hardNegativeContrastive: (x, y) => loss.hardNegativeContrastive(x, y),
};

export const OBJECTIVES = [...Object.keys(LABELED), ...Object.keys(CLASSED), ...Object.keys(PAIRED)];

export interface Kinds {
  readonly classes: number;
  readonly width: number;
  readonly random: Random;
  readonly device: Device;
}

export function objectiveOf(name: string, kinds: Kinds): Objective {
  const [ofLabels, ofClasses, ofPairs] = [LABELED[name], CLASSED[name], PAIRED[name]];
  if (ofLabels)
    return { parameters: [], value: (embed, { pixels, labels }) => ofLabels(embed(pixels, labels.length), labels) };
  if (ofClasses) {
    const weights = weightsOf(kinds, ROWS_A_CLASS[name] ?? 1);
    return {
      parameters: [weights],
      value: (embed, { pixels, labels }) => ofClasses(embed(pixels, labels.length), labels, weights),
    };
  }
  if (!ofPairs) throw new Error(`no loss ${name}`);
  return {
    parameters: [],
    value: (embed, batch) => {
      const { anchors, candidates, count } = twins(batch);
      return ofPairs(embed(anchors, count), embed(candidates, count));
    },
  };
}

/** [classes · rows, width], normal with variance 1/width. */
function weightsOf({ classes, width, random, device }: Kinds, rows: number): Tensor {
  const deviation = Math.sqrt(1 / width);
  const values = Float32Array.from({ length: classes * rows * width }, () => random.normal() * deviation);
  return tensor(values, [classes * rows, width], { requiresGrad: true, device });
}

function counted(labels: Int32Array, classes: number): Int32Array {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label]!++;
  return counts;
}

/** Digits of one kind two by two: row i of the candidates shows the digit of row i of the anchors. */
function twins({ pixels, labels }: Batch) {
  const order = Array.from(labels.keys()).sort((a, b) => labels[a]! - labels[b]!);
  const pairs: [number, number][] = [];
  for (let i = 0; i + 1 < order.length; i++)
    if (labels[order[i]!] === labels[order[i + 1]!]) pairs.push([order[i]!, order[++i]!]);
  const side = (which: 0 | 1) => {
    const rows = new Float32Array(pairs.length * PIXELS);
    for (const [at, pair] of pairs.entries())
      rows.set(pixels.subarray(pair[which] * PIXELS, (pair[which] + 1) * PIXELS), at * PIXELS);
    return rows;
  };
  return { anchors: side(0), candidates: side(1), count: pairs.length };
}
