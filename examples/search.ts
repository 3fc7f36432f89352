/** The ten nearest of 50,000 random vectors for 2,000 queries, from float32 and from bfloat16: half the bytes, nearly the same answers. */
import { type Tensor, tensor } from "warpweft";
import { topK } from "warpweft/distance";
import { seeded } from "./digits/random.js";

const [QUERIES, BASE, WIDTH, K] = [2_000, 50_000, 128, 10];

const random = seeded(7);
const vectors = (rows: number) =>
  tensor(
    Float32Array.from({ length: rows * WIDTH }, () => random.normal()),
    [rows, WIDTH],
  );
const queries = vectors(QUERIES);
const base = vectors(BASE);

function search(name: string, base: Tensor): Int32Array {
  const started = performance.now();
  const { indices } = topK(queries.to(base.dtype), base, { k: K, metric: "cosineSimilarity" });
  console.log(`${name.padEnd(9)} ${(performance.now() - started).toFixed(0).padStart(5)} ms`);
  return indices.data() as Int32Array;
}

const exact = search("float32", base);
const half = search("bfloat16", base.to("bfloat16"));

let shared = 0;
for (let start = 0; start < exact.length; start += K) {
  const wanted = new Set(exact.subarray(start, start + K));
  for (const index of half.subarray(start, start + K)) if (wanted.has(index)) shared++;
}
console.log(`${((100 * shared) / exact.length).toFixed(1)} % of the neighbours are the same`);
