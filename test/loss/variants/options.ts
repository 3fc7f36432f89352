import { fill, normal } from "../../support/rows.js";
import type { Mining, Problem } from "../expected.js";
import { asTheyAre, changed, type Variant } from "./shared.js";

const miner = { name: "multiSimilarity", params: { epsilon: 0.1 } } as const;

const hardest = (params: Mining["params"]): Mining => ({ name: "hardNegatives", params });

/** In one pass on the CPU, but for distances. */
const PREFIXES: readonly Variant[] = [
  changed("multiSimilarity", { name: "prefixes", matryoshka: true, params: { beta: 10 } }),
  changed("multiSimilarity", { name: "prefixes with its miner", matryoshka: true, miner }),
  changed("multiSimilarity", {
    name: "prefixes, inner products, sets, pairs left out",
    ...{ matryoshka: true, sets: 2, exclude: true, params: { beta: 3 } },
    ...asTheyAre,
  }),
  changed("contrastive", {
    name: "prefixes",
    ...{ matryoshka: true, metric: "cosineSimilarity", params: { posMargin: 1.5, negMargin: 0.2111 } },
  }),
  changed("contrastive", { name: "prefixes of distances", matryoshka: true, params: { posMargin: 0, negMargin: 3 } }),
  changed("ntXent", { name: "prefixes", matryoshka: true }),
  changed("infoNCE", {
    name: "prefixes, both directions",
    ...{ matryoshka: true, params: { temperature: 0.2, symmetric: true } },
  }),
  changed("infoNCE", {
    name: "prefixes, weighted candidates",
    ...{ matryoshka: true, params: { temperature: 0.5, logWeights: true } },
  }),
  changed("infoNCE", {
    name: "prefixes, hardest of a guide",
    ...{ matryoshka: true, guided: true, miner: hardest({ k: 5, relative: 0.3 }) },
  }),
  changed("normalizedSoftmax", { name: "prefixes", matryoshka: true }),
];

/** Losses with a second look at their pairs, weights of them, several centres a class or whole rows of scores. */
const BESIDE: readonly Variant[] = [
  changed("liftedStructure", { name: "sets of one byte, pairs left out", sets: 1, exclude: true }),
  changed("liftedStructure", { name: "prefixes", matryoshka: true, metric: "cosineSimilarity" }),
  changed("supCon", { name: "sets of two bytes, pairs left out", sets: 2, exclude: true }),
  changed("weightedNegatives", {
    name: "prefixes, weights, pairs left out",
    ...{ matryoshka: true, exclude: true, params: { weights: true } },
  }),
  changed("crossEntropy", { name: "prefixes", matryoshka: true, params: { scale: 0.5, bias: true } }),
  changed("softTriple", { name: "prefixes, two centres", matryoshka: true, params: { centers: 2 } }),
  changed("unifiedNegativePairs", { name: "prefixes", matryoshka: true }),
  changed("squaredHinge", { name: "prefixes", matryoshka: true }),
  changed("triplet", { name: "prefixes", matryoshka: true }),
];

/** What every loss takes. Sets are those of `setsOf`, ids those of `idsOf`. */
export const OPTIONS: readonly Variant[] = [
  changed("multiSimilarity", { name: "pairs left out", exclude: true }),
  changed("multiSimilarity", { name: "with its miner, pairs left out", miner, exclude: true }),
  changed("contrastive", { name: "pairs left out", exclude: true }),
  changed("ntXent", { name: "pairs left out", exclude: true }),
  changed("infoNCE", { name: "pairs left out", exclude: true }),
  changed("infoNCE", { name: "both directions, pairs left out", exclude: true, params: { symmetric: true } }),
  changed("multiSimilarity", { name: "sets of one byte", sets: 1 }),
  changed("multiSimilarity", { name: "with its miner, sets of five bytes", miner, sets: 5 }),
  changed("ntXent", { name: "sets of five bytes", sets: 5 }),
  changed("contrastive", {
    name: "sets of four bytes, pairs left out",
    ...{ sets: 4, exclude: true, params: { posMargin: 1.37, negMargin: 0.29 } },
    ...asTheyAre,
  }),
  changed("infoNCE", { name: "false negatives dropped", miner: hardest({ absolute: 0.227 }) }),
  changed("infoNCE", {
    name: "false negatives dropped, relative, pairs left out",
    exclude: true,
    miner: hardest({ relative: -0.1 }),
  }),
  changed("infoNCE", { name: "three hardest", miner: hardest({ k: 3, absolute: 0.113 }) }),
  changed("infoNCE", { name: "hardest of a guide", guided: true, miner: hardest({ k: 60, relative: 0.3 }) }),
  changed("infoNCE", {
    name: "all that a guide believes, inner products",
    ...{ guided: true, params: { temperature: 2, targetOffset: 4 }, miner: hardest({ absolute: -0.05 }) },
    ...asTheyAre,
  }),
  changed("infoNCE", {
    name: "hardest, weighted candidates, pairs left out",
    ...{ exclude: true, params: { logWeights: true, temperature: 0.3 }, miner: hardest({ k: 4, relative: 0.3 }) },
  }),
  ...PREFIXES,
  ...BESIDE,
];

/** Every seventh row has none. */
const idsOf = (rows: number, from: number): number[] =>
  Array.from({ length: rows }, (_, i) => (i % 7 === 3 ? -1 : (i * 5 + from) % 11));

/** A bit for the class and one more; every ninth set is empty. */
const setsOf = (labels: readonly number[], bytes: number): number[][] =>
  labels.map((label, i) => {
    const set = Array.from({ length: bytes }, () => 0);
    const add = (bit: number): void => {
      const at = ((bit % (8 * bytes)) + 8 * bytes) % (8 * bytes);
      set[at >> 3] = (set[at >> 3] as number) | (1 << (at & 7));
    };
    if (i % 9 === 4) return set;
    add(label * 3);
    if (i % 2 === 0) add(label + i);
    return set;
  });

/** Of even widths all columns, of odd ones not the last; one of two columns is the least. */
const widthsOf = (d: number): number[] =>
  [...new Set([d >> 2, (d >> 1) + 1, d - (d % 2)].map((width) => Math.min(Math.max(2, width), d)))].sort(
    (a, b) => a - b,
  );

/** The problem with what the variant asks of it. */
export function withOptions(problem: Problem, { exclude, sets, guided, matryoshka }: Variant): Problem {
  const { x, y, labels, referenceLabels, miner: mining } = problem;
  const rows = (count: number, seed: number) => fill(count, 5, normal(seed + count)).map((row) => row.map(Math.fround));
  const guide = { anchors: rows(x.length, 1), candidates: rows(y?.length ?? x.length, 2) };
  const ids = { rows: idsOf(x.length, 0), ...(y ? { columns: idsOf(y.length, 3) } : {}) };
  const bits =
    sets === undefined || labels === undefined
      ? {}
      : {
          setBytes: sets,
          sets: setsOf(labels, sets),
          ...(referenceLabels ? { referenceSets: setsOf(referenceLabels, sets) } : {}),
        };
  return {
    ...problem,
    ...(matryoshka ? { prefixes: widthsOf(problem.d) } : {}),
    ...(mining && guided ? { miner: { ...mining, guide } } : {}),
    ...bits,
    ...(exclude ? { exclude: ids } : {}),
  };
}
