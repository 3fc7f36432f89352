/** Gradients on their way through the tape, and the last step of each: memory of its own. */
import { accumulate, moved, packed } from "./algebra/device.js";
import * as check from "./check.js";
import { converted } from "./convert.js";
import { type Dense, drop, elements, floats, hold, type Origin, type Storage, wrap } from "./dense.js";
import { WarpweftError } from "./error.js";

/** leaf → its gradient, which is held for whoever receives it */
export type Flow = ReadonlyMap<Dense, Dense>;

/**
 * Gradients on their way. One that arrives twice is summed into memory of its own, as others may share what came first.
 * Each is held from its arrival until it was used, so that memory on a GPU is free again at once.
 */
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
    hold(part);
    if (!before) {
      this.#arrived.set(target, part);
      return;
    }
    if (this.#sums.has(before)) addInto(before, part);
    else {
      const sum = copied(before);
      hold(sum);
      addInto(sum, part);
      this.#sums.add(sum);
      this.#arrived.set(target, sum);
      drop(before);
    }
    drop(part);
  }

  /** What has arrived at an entry's result, contiguous; it is needed no more afterwards, and the caller's to drop. */
  take(entry: Origin): Dense | undefined {
    const target = this.#makers.get(entry);
    const arrived = target && this.#arrived.get(target);
    if (!arrived) return undefined;
    this.#arrived.delete(target);
    const gradient = arrived.contiguous ? arrived : owned(arrived);
    this.#lent.add(gradient.storage);
    return gradient;
  }

  /** What is left has no maker. Each leaf gets memory that nothing else points at. */
  leaves(): Flow {
    const own = new Map<Dense, Dense>();
    for (const [leaf, arrived] of this.#arrived) {
      const shared = this.#lent.has(arrived.storage) || !arrived.contiguous || arrived.storage.length !== arrived.size;
      const gradient = shared ? owned(arrived) : arrived;
      this.#lent.add(gradient.storage);
      own.set(leaf, gradient);
    }
    return own;
  }
}

/** A copy, held instead of what it was made from. */
function owned(x: Dense): Dense {
  const copy = copied(x);
  hold(copy);
  drop(x);
  return copy;
}

function copied(x: Dense): Dense {
  if (x.device !== "cpu") return packed(x);
  return wrap(x.contiguous ? elements(x).slice() : elements(x), x.shape);
}

export function addInto(sum: Dense, part: Dense): void {
  if (sum.device !== "cpu") {
    accumulate(sum, part);
    return;
  }
  const [total, values] = [sum.storage.data as Float32Array, elements(part)];
  for (let i = 0; i < total.length; i++) total[i] = total[i] + values[i];
}

/** The leaf takes over the hold on its gradient. */
export function setGrad(leaf: Dense, gradient: Dense | null): void {
  if (leaf.grad) drop(leaf.grad);
  leaf.grad = gradient;
}

/** Where a pass starts: the caller's gradient, or 1 for a single element. */
export function seed(fn: string, root: Dense, gradient: unknown): Dense {
  const shape = `[${root.shape.join(", ")}]`;
  if (gradient === undefined) {
    if (root.size === 1) return placed(fn, wrap(Float32Array.of(1), root.shape), root);
    throw new WarpweftError(
      "ERR_ARGUMENT",
      `${fn}: gradient is needed because the tensor has shape ${shape}, not one element`,
    );
  }
  const given = check.ofDType(fn, "gradient", check.input(fn, "gradient", gradient), check.FLOATS);
  if (given.shape.join() !== root.shape.join())
    throw new WarpweftError("ERR_SHAPE", `${fn}: gradient must have shape ${shape}, got [${given.shape.join(", ")}]`);
  check.sameDevice(fn, "gradient", given, "the tensor", root);
  if (root.device === "cpu") return wrap(floats(given), root.shape);
  if (given.dtype !== "float32") return converted(fn, given, "float32").view(root.shape);
  return given.contiguous ? given.view(root.shape) : packed(given).view(root.shape);
}

function placed(fn: string, x: Dense, { device }: Dense): Dense {
  return device === "cpu" ? x : moved(fn, x, device);
}
