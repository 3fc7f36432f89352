/** Who has which pages of a cache. Everything that can be wrong is found before anything changes. */
import * as check from "../check.js";
import { WarpweftError } from "../error.js";

interface Sequence {
  readonly pages: number[];
  length: number;
}

export class Pages {
  readonly #size: number;
  readonly #count: number;
  /** The last one is given out next. */
  readonly #free: number[];
  readonly #sequences = new Map<number, Sequence>();

  constructor(count: number, size: number) {
    this.#count = count;
    this.#size = size;
    this.#free = Array.from({ length: count }, (_, i) => count - 1 - i);
  }

  has(id: number): boolean {
    return this.#sequences.has(id);
  }

  of(fn: string, id: number, arg = "sequence"): { readonly pages: readonly number[]; readonly length: number } {
    return this.#sequences.get(id) ?? check.fail("ERR_ARGUMENT", fn, arg, "be the id of a sequence in the cache", id);
  }

  /** Room for `rows` more of them: where each is to go. */
  grow(fn: string, id: number, rows: number): Int32Array {
    const sequence = this.#sequences.get(id) ?? { pages: [], length: 0 };
    const start = sequence.length;
    const needed = this.#pagesFor(start + rows) - sequence.pages.length;
    if (needed > this.#free.length) {
      const words = `the cache must have ${needed} free pages of ${this.#size} rows for ${rows} more, got ${this.#free.length} of ${this.#count}`;
      throw new WarpweftError("ERR_MEMORY", `${fn}: ${words}`);
    }
    for (let i = 0; i < needed; i++) sequence.pages.push(this.#free.pop() as number);
    sequence.length += rows;
    this.#sequences.set(id, sequence);
    return this.slots(id, start, start + rows);
  }

  /** Where rows [start, end) of a sequence are. */
  slots(id: number, start: number, end: number): Int32Array {
    const { pages } = this.#sequences.get(id) as Sequence;
    const size = this.#size;
    return Int32Array.from({ length: end - start }, (_, i) => {
      const row = start + i;
      return (pages[Math.floor(row / size)] as number) * size + (row % size);
    });
  }

  truncate(fn: string, id: number, length: number): void {
    this.of(fn, id);
    const sequence = this.#sequences.get(id) as Sequence;
    const range = { min: 0, max: sequence.length, integer: true };
    sequence.length = check.number(fn, "length", length, range);
    this.#release(sequence.pages.splice(this.#pagesFor(sequence.length)));
  }

  free(fn: string, id: number): void {
    this.#release([...this.of(fn, id).pages]);
    this.#sequences.delete(id);
  }

  /** The pages of each sequence in a row of its own, and their lengths. */
  table(fn: string, ids: readonly number[]): { pages: Int32Array; width: number; lengths: Int32Array } {
    const found = ids.map((id, b) => this.of(fn, id, `sequences[${b}]`));
    const width = Math.max(0, ...found.map(({ pages }) => pages.length));
    const pages = new Int32Array(found.length * width);
    found.forEach((sequence, b) => {
      pages.set(sequence.pages, b * width);
    });
    return { pages, width, lengths: Int32Array.from(found, ({ length }) => length) };
  }

  get shift(): number {
    return Math.log2(this.#size);
  }

  #pagesFor(rows: number): number {
    return Math.ceil(rows / this.#size);
  }

  #release(pages: number[]): void {
    this.#free.push(...pages.reverse());
  }
}
