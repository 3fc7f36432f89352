/** Gradients on their way through the tape, and the last step of each: memory of its own. */
import { type Dense, elements, type Origin, type Storage, wrap } from "./dense.js";

/** leaf → its gradient */
export type Flow = ReadonlyMap<Dense, Dense>;

/** Gradients on their way. One that arrives twice is summed into memory of its own, as others may share what came first. */
export class Pending {
  readonly #arrived = new Map<Dense, Dense>();
  readonly #makers = new Map<Origin, Dense>();
  readonly #sums = new Set<Dense>();
  readonly #lent = new Set<Storage>();

  constructor(root: Dense, seed: Dense) {
    this.#lent.add(seed.storage);
    this.add(root, seed);
  }

  add(target: Dense, part: Dense): void {
    const before = this.#arrived.get(target);
    if (target.origin) this.#makers.set(target.origin, target);
    if (!before) this.#arrived.set(target, part);
    else if (this.#sums.has(before)) addInto(before.storage.data as Float32Array, part);
    else {
      const sum = copied(before);
      addInto(sum.storage.data as Float32Array, part);
      this.#sums.add(sum);
      this.#arrived.set(target, sum);
    }
  }

  /** What has arrived at an entry's result, contiguous; it is needed no more afterwards. */
  take(entry: Origin): Dense | undefined {
    const target = this.#makers.get(entry);
    const arrived = target && this.#arrived.get(target);
    if (!arrived) return undefined;
    this.#arrived.delete(target);
    const gradient = arrived.contiguous ? arrived : copied(arrived);
    this.#lent.add(gradient.storage);
    return gradient;
  }

  /** What is left has no maker. Each leaf gets memory that nothing else points at. */
  leaves(): Flow {
    const own = new Map<Dense, Dense>();
    for (const [leaf, arrived] of this.#arrived) {
      const shared = this.#lent.has(arrived.storage) || !arrived.contiguous || arrived.storage.length !== arrived.size;
      const gradient = shared ? copied(arrived) : arrived;
      this.#lent.add(gradient.storage);
      own.set(leaf, gradient);
    }
    return own;
  }
}

function copied(x: Dense): Dense {
  return wrap(x.contiguous ? elements(x).slice() : elements(x), x.shape);
}

export function addInto(sum: Float32Array, part: Dense): void {
  const values = elements(part);
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i] + values[i];
}
