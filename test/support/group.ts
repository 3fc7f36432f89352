import { tensor } from "../../lib/index.js";
import type { ProcessGroup, Tensor } from "../../lib/types.js";

/** What went over the wires: of each collective, the numbers that a rank gave. */
export interface Wire {
  readonly name: string;
  readonly size: number;
}

/** Ranks of one process. A collective settles when all of them have come to it; sums are in the order of ranks. */
export function localGroup(size: number): { ranks: ProcessGroup[]; wires: Wire[] } {
  const wires: Wire[] = [];
  let waiting: { x: Tensor; resolve(all: readonly Tensor[]): void }[] = [];
  const together = (rank: number, name: string, x: Tensor) =>
    new Promise<readonly Tensor[]>((resolve) => {
      if (rank === 0) wires.push({ name, size: x.size });
      waiting[rank] = { x, resolve };
      if (Array.from(waiting).filter(Boolean).length < size) return;
      const all = waiting;
      waiting = [];
      for (const one of all) one.resolve(all.map((other) => other.x));
    });
  const values = (x: Tensor) => x.data() as Float32Array;
  const summed = (all: readonly Tensor[]) =>
    all.slice(1).reduce((sum, x) => sum.map((v, i) => v + (values(x)[i] as number)), values(all[0] as Tensor).slice());
  const longer = ([first = 1, ...rest]: readonly number[], by: number) => [first * by, ...rest];
  const ranks = Array.from(
    { length: size },
    (_, rank): ProcessGroup => ({
      rank,
      size,
      backend: "local",
      allReduce: async (x) => tensor(summed(await together(rank, "allReduce", x)), x.shape),
      allGather: async (x) => {
        const all = await together(rank, "allGather", x);
        return tensor(Float32Array.from(all.flatMap((one) => [...values(one)])), longer(x.shape, size));
      },
      reduceScatter: async (x) => {
        const all = summed(await together(rank, "reduceScatter", x));
        const each = all.length / size;
        return tensor(all.slice(rank * each, (rank + 1) * each), longer(x.shape, 1 / size));
      },
      broadcast: async (x, root = 0) => (await together(rank, "broadcast", x))[root] as Tensor,
      barrier: async () => {},
      close: async () => {},
    }),
  );
  return { ranks, wires };
}
