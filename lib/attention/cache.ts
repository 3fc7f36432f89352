/** A paged cache of [latent | rope] rows, several sequences in one block of memory. */
import { type Kernel, type Steps, now } from "../async.js";
import * as check from "../check.js";
import { allocate, type Dense, drop, hold, matrix, memory } from "../dense.js";
import { present } from "../device.js";
import type { Memory } from "../device-array.js";
import { FLOATS } from "../dtype.js";
import { WarpweftError } from "../error.js";
import { type Floats, native } from "../native.js";
import type { CacheArguments } from "../native-attention.js";
import { tensorOf } from "../tensor.js";
import type { Device, DType, Input, Tensor } from "../types.js";
import { Pages } from "./pages.js";
import { CACHE_TYPES } from "./table.js";
import type { CacheType, LatentCacheOptions } from "./types.js";

const TYPES = Object.keys(CACHE_TYPES) as CacheType[];
/** What the rows lie in; rows of codes are bytes. */
const KEPT_IN: Readonly<Record<CacheType, DType>> = {
  float32: "float32",
  float16: "float16",
  bfloat16: "bfloat16",
  fp8: "uint8",
};
const MOST_ROWS = 2 ** 31 - 1;
const MOST_COLUMNS = 2 ** 20;

/** Rows and queries lie where the cache does. @throws WarpweftError ERR_DEVICE. */
export function onCache(fn: string, arg: string, x: Dense, { device }: LatentCache): Dense {
  if (x.device === device) return x;
  throw new WarpweftError("ERR_DEVICE", `${fn}: ${arg} must be on ${device} like the cache, got ${x.device}`);
}

function* only(kernel: Kernel): Steps<void> {
  yield kernel;
}

/** What `latentDecode` reads of a cache. */
export interface Cached {
  readonly head: CacheArguments;
  readonly pages: Pages;
}

let insides: (cache: LatentCache, fn: string, arg: string) => Cached;

/** @throws WarpweftError ERR_ARGUMENT for what is no cache, ERR_DISPOSED. */
export function insideOf(fn: string, arg: string, cache: unknown): Cached {
  if (cache instanceof LatentCache) return insides(cache, fn, arg);
  return check.fail("ERR_ARGUMENT", fn, arg, "be a LatentCache", cache);
}

/**
 * A paged cache of rows [latent | rope]. One row serves as key (all columns) and as value (the latent columns).
 *
 * Sequences are named by integers; each holds whole pages, which need not follow one another. All memory is taken at once, by the
 * constructor. Misuse is an error and changes nothing.
 *
 * fp8 keeps latent columns as e4m3 codes with a float32 power of two for each 128 of a row, and the rope as bfloat16: for 512 + 64
 * columns 656 bytes a row, against 1152 of bfloat16 and 2304 of float32; on a GPU rows take a multiple of 32. docs/reference/attention.md has how each type rounds.
 */
export class LatentCache implements Disposable {
  readonly pages: number;
  readonly pageSize: number;
  readonly latentDim: number;
  readonly ropeDim: number;
  readonly dtype: CacheType;
  readonly device: Device;
  #rows: Dense | null;
  readonly #pages: Pages;

  /**
   * @param options pages: how many there are. pageSize: rows of each, a power of two from 1, default 64. latentDim ≥ 1, ropeDim ≥ 0:
   * columns of a row. dtype: default "float32". device: where the rows lie, default "cpu".
   * @throws WarpweftError ERR_ARGUMENT for an unknown option or a number out of range, ERR_DEVICE, ERR_MEMORY.
   */
  constructor(options: LatentCacheOptions) {
    const fn = "LatentCache";
    const given = check.options(fn, options, ["pages", "pageSize", "latentDim", "ropeDim", "dtype", "device"]);
    const integer = (arg: string, value: unknown, min: number, max: number) =>
      check.number(fn, arg, value, { min, max, integer: true });
    this.pageSize = integer("pageSize", given.pageSize ?? 64, 1, MOST_ROWS);
    if (!Number.isInteger(Math.log2(this.pageSize)))
      check.fail("ERR_ARGUMENT", fn, "pageSize", "be a power of two", this.pageSize);
    this.pages = integer("pages", given.pages, 0, Math.floor(MOST_ROWS / this.pageSize));
    this.latentDim = integer("latentDim", given.latentDim, 1, MOST_COLUMNS);
    this.ropeDim = integer("ropeDim", given.ropeDim, 0, MOST_COLUMNS);
    this.dtype = check.choice(fn, "dtype", given.dtype ?? "float32", TYPES);
    this.device = present(fn, "device", given.device ?? "cpu");
    const there = this.device !== "cpu";
    const kept = there ? "uint8" : KEPT_IN[this.dtype];
    const width =
      kept === "uint8"
        ? native().attention.rowBytes(TYPES.indexOf(this.dtype), this.latentDim, this.ropeDim, there)
        : this.latentDim + this.ropeDim;
    this.#rows = allocate(fn, [this.pages * this.pageSize, width], kept, this.device);
    hold(this.#rows);
    this.#pages = new Pages(this.pages, this.pageSize);
  }

  static {
    insides = (cache, fn, arg) => ({ head: cache.#head(fn, arg), pages: cache.#pages });
  }

  /**
   * Adds rows to the end of a sequence; an unknown id starts one.
   *
   * @param sequence any safe integer.
   * @param latent [T, latentDim], float32, float16 or bfloat16; rounded once to the cache's dtype.
   * @param rope [T, ropeDim], likewise.
   * @throws WarpweftError ERR_MEMORY where too few pages are free, ERR_SHAPE, ERR_DTYPE, ERR_DEVICE, ERR_ARGUMENT, ERR_DISPOSED; the
   * cache is then as it was.
   *
   * Time O(T · columns), and O(1) for each page.
   */
  append(sequence: number, latent: Input, rope: Input): void {
    const fn = "LatentCache.append";
    const head = this.#head(fn, "the cache");
    const id = check.number(fn, "sequence", sequence, { integer: true });
    const part = (arg: string, value: Input, columns: number): Dense => {
      const x = onCache(fn, arg, check.matrix(fn, arg, value, FLOATS), this);
      if (x.shape[1] === columns) return x;
      throw new WarpweftError("ERR_SHAPE", `${fn}: ${arg} must have ${columns} columns, got ${x.shape[1]}`);
    };
    const [latents, ropes] = [part("latent", latent, this.latentDim), part("rope", rope, this.ropeDim)];
    check.rows(fn, "rope", ropes, latents.shape[0] as number, "latent");
    const rows = [...matrix(latents), ...matrix(ropes)] as const;
    const known = this.#pages.has(id);
    const slots = this.#pages.grow(fn, id, latents.shape[0] as number);
    try {
      now(
        fn,
        only((threads, job) => native().attention.append(threads, job, ...head, ...rows, slots)),
      );
    } catch (error) {
      this.#pages.truncate(fn, id, this.#pages.of(fn, id).length - slots.length);
      if (!known) this.#pages.free(fn, id);
      throw error;
    }
  }

  /** Rows of a sequence. @throws WarpweftError ERR_ARGUMENT for an unknown id, ERR_DISPOSED. */
  length(sequence: number): number {
    this.#head("LatentCache.length", "the cache");
    return this.#pages.of("LatentCache.length", sequence).length;
  }

  /** Whether there is such a sequence. @throws WarpweftError ERR_DISPOSED. */
  has(sequence: number): boolean {
    this.#head("LatentCache.has", "the cache");
    return this.#pages.has(sequence);
  }

  /** Forgets a sequence; its pages are free again. @throws WarpweftError ERR_ARGUMENT for an unknown id, ERR_DISPOSED. */
  free(sequence: number): void {
    this.#head("LatentCache.free", "the cache");
    this.#pages.free("LatentCache.free", sequence);
  }

  /**
   * Forgets the rows of a sequence from `length` on; pages that are no longer needed are free again.
   *
   * @throws WarpweftError ERR_ARGUMENT for an unknown id or a length above the present one, ERR_DISPOSED.
   */
  truncate(sequence: number, length: number): void {
    this.#head("LatentCache.truncate", "the cache");
    this.#pages.truncate("LatentCache.truncate", sequence, length);
  }

  /**
   * Rows [start, end) of a sequence as float32, as the cache keeps them, and where it keeps them.
   *
   * @param start default 0. @param end default the length.
   * @returns latent [end − start, latentDim], rope [end − start, ropeDim].
   * @throws WarpweftError ERR_ARGUMENT for an unknown id or a range that is not within the sequence, ERR_DISPOSED, ERR_MEMORY.
   */
  read(sequence: number, start = 0, end?: number): { latent: Tensor; rope: Tensor } {
    const fn = "LatentCache.read";
    const head = this.#head(fn, "the cache");
    const { length } = this.#pages.of(fn, sequence);
    const stop = check.number(fn, "end", end ?? length, { min: 0, max: length, integer: true });
    const first = check.number(fn, "start", start, { min: 0, max: stop, integer: true });
    const count = stop - first;
    const room = (columns: number) => allocate(fn, [count, columns], "float32", this.device);
    const [latent, rope] = [room(this.latentDim), room(this.ropeDim)];
    const slots = this.#pages.slots(sequence, first, stop);
    now(
      fn,
      only((threads, job) =>
        native().attention.read(threads, job, ...head, count, slots, memory(latent) as Floats, memory(rope) as Floats),
      ),
    );
    return { latent: tensorOf(latent), rope: tensorOf(rope) };
  }

  /** Bytes of the rows; 0 once disposed. */
  get bytes(): number {
    return this.#rows ? memory(this.#rows).byteLength : 0;
  }

  /** Lets the memory go; calls that still run finish. Anything but another `dispose` is then ERR_DISPOSED. */
  dispose(): void {
    if (this.#rows) drop(this.#rows);
    this.#rows = null;
  }
  [Symbol.dispose](): void {
    this.dispose();
  }

  #head(fn: string, arg: string): CacheArguments {
    if (!this.#rows) throw new WarpweftError("ERR_DISPOSED", `${fn}: ${arg} was disposed`);
    const data: Memory = memory(this.#rows);
    return [data, TYPES.indexOf(this.dtype), this.pages * this.pageSize, this.latentDim, this.ropeDim];
  }
}
