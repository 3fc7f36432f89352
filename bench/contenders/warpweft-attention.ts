// Attention and absorbed decoding, as a user calls them.
import type { AttentionTask, DecodeTask, Matrix, Solution } from "../problems/types.js";
import { type Root, type Tensor, tensorOf } from "./warpweft-api.js";

interface Cache {
  append(sequence: number, latent: Tensor, rope: Tensor): void;
}
interface Attended {
  readonly output: Tensor;
  readonly lse: Tensor;
}
export interface Attention {
  attention(q: Tensor, k: Tensor, v: Tensor, options: { causal: boolean }): Attended;
  latentDecode(
    query: { latent: Tensor; rope: Tensor },
    cache: Cache,
    sequences: readonly number[],
    options: { scale: number; out?: Attended },
  ): Attended;
  readonly LatentCache: new (options: {
    pages: number;
    latentDim: number;
    ropeDim: number;
    dtype: DecodeTask["cache"];
  }) => Cache;
}

const PAGE = 64;
const ID = 0;

const shaped = (root: Root, m: Matrix, ...shape: number[]): Tensor => root.tensor(m.data, shape, { dtype: m.dtype });

export function decode(root: Root, { LatentCache, latentDecode }: Attention) {
  return async (task: DecodeTask, threads: number): Promise<Solution<"decode">> => {
    root.setThreads(threads);
    const { latents, ropes, latentQuery, ropeQuery, scale } = task;
    const cache = new LatentCache({
      pages: Math.ceil(latents.rows / PAGE),
      latentDim: latents.columns,
      ropeDim: ropes.columns,
      dtype: task.cache,
    });
    cache.append(ID, tensorOf(root, latents), tensorOf(root, ropes));
    const query = {
      latent: shaped(root, latentQuery, 1, 1, latentQuery.rows, latentQuery.columns),
      rope: shaped(root, ropeQuery, 1, 1, ropeQuery.rows, ropeQuery.columns),
    };
    let result = latentDecode(query, cache, [ID], { scale });
    return {
      call: () => {
        result = latentDecode(query, cache, [ID], { scale, out: result });
      },
      output: () => ({ values: result.output.data() }),
    };
  };
}

export function attention(root: Root, { attention: attend }: Attention) {
  return async ({ heads, q, k, v }: AttentionTask, threads: number): Promise<Solution<"attention">> => {
    root.setThreads(threads);
    const [queries, keys, values] = [q, k, v].map((m) => shaped(root, m, 1, m.rows / heads, heads, m.columns)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    let result: Attended | undefined;
    return {
      freshBytes: v.data.byteLength,
      call: () => {
        result = attend(queries, keys, values, { causal: true });
      },
      output: () => ({ values: result!.output.data() }),
    };
  };
}
