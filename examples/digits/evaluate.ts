import { noGrad, type Tensor, tensor } from "warpweft";
import { topK } from "warpweft/distance";
import { retrieval } from "warpweft/evaluate";
import { type Digits, PIXELS } from "./data.js";
import { type Head, headOf } from "./head.js";

export interface Row {
  readonly name: string;
  readonly recallAt1: number;
  readonly mapAtR: number;
  readonly rPrecision: number;
}

/** For each query, the rows nearest to it, closest first. */
export interface Neighbours {
  readonly k: number;
  of(query: number): Int32Array;
}

export const pixelsOf = (digits: Digits): Tensor => tensor(digits.images, [digits.count, PIXELS]);

/** On the CPU, wherever the head is. */
export function embeddingsOf({ parameters: [a, b, c, d] }: Head, digits: Digits): Tensor {
  return noGrad(() => headOf([a.to("cpu"), b.to("cpu"), c.to("cpu"), d.to("cpu")]).embed(pixelsOf(digits)));
}

/** Every digit asks for its kind among all the others, by cosine similarity. */
export function measure(name: string, embeddings: Tensor, digits: Digits): Row {
  const { recallAt, mapAtR, rPrecision } = retrieval(embeddings, digits.labels, { k: [1] });
  return { name, recallAt1: recallAt[1]!, mapAtR, rPrecision };
}

export function nearest(embeddings: Tensor, k: number): Neighbours {
  const { indices } = topK(embeddings, embeddings, { k, metric: "cosineSimilarity", excludeSelf: true });
  const flat = indices.data() as Int32Array;
  return { k, of: (query) => flat.subarray(query * k, (query + 1) * k) };
}

/** Entry r is the share of queries whose neighbour of rank r + 1 shows the same digit. */
export function precisionByRank(neighbours: Neighbours, labels: Int32Array): number[] {
  const right = new Array<number>(neighbours.k).fill(0);
  for (const [query, label] of labels.entries())
    for (const [rank, row] of neighbours.of(query).entries()) if (labels[row] === label) right[rank]!++;
  return right.map((count) => count / labels.length);
}
