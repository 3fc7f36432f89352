/** Uses of the contract that must compile with this release, and misuses that must not. The first group is that of api.use.ts. */
import { pairwise, pairwiseAsync, topK, topKAsync } from "../../lib/distance/index.js";
import { tensor, vjp } from "../../lib/index.js";
import { loss, miner } from "../../lib/loss/index.js";

// biome-ignore format: lines of the contract
export function uses(): void {
const x = tensor([[1,2],[3,4]], undefined, {requiresGrad:true}); const y=[0,1];
loss.multiSimilarity(x,y); loss.multiSimilarity(x,y,{alpha:2, miner: miner.multiSimilarity()}); loss.multiSimilarityAsync(x,y,{alpha:2, signal: new AbortController().signal});
loss.infoNCE(x,x,{temperature:x});
topK(x,x,{k:1}); topKAsync(x,x,{k:1, onProgress(){} }); topK({data:new Float32Array(4), dims:[2,2]}, x, {k:1, metric:"cosine"});
vjp((a)=>a,[x] as const);
}

export function more(): void {
  const x = tensor([[1, 2]]);
  pairwise(x);
  pairwiseAsync(x, undefined, { metric: "inner" });
  // @ts-expect-error k is required
  topK(x, x);
  // @ts-expect-error labels are required
  loss.multiSimilarity(x);
  pairwise(x, x, { metric: { name: "gaussian" } });
  // @ts-expect-error a metric whose power is missing
  pairwise(x, x, { metric: { name: "minkowski" } });
  // @ts-expect-error a distance where a similarity is due
  loss.infoNCE(x, x, { metric: "euclidean" });
  // @ts-expect-error a miner that the loss cannot use
  loss.contrastive(x, [0], { miner: miner.multiSimilarity() });
  // @ts-expect-error no such option
  loss.contrastive(x, [0], { margin: 1 });
  // @ts-expect-error a signal belongs to the Async twin
  loss.contrastive(x, [0], { signal: new AbortController().signal });
}
