/** Lists of triplets and pairs that grow, up to a bound. */
import { WarpweftError } from "../../error.js";

/** Entries that a list may have: three such lists of triplets are 1.5 GiB. */
export const MOST_MINED = 2 ** 27;

export function tooMany(what: string): never {
  const wanted = "give the miner to a loss, which lists nothing, or mine fewer rows at a time";
  throw new WarpweftError("ERR_MEMORY", `mine: more than ${MOST_MINED} ${what} would be listed; ${wanted}`);
}

/** Tuples of `width` integers, as one array for each place. */
export class Tuples {
  readonly #width: number;
  readonly #what: string;
  #data = new Int32Array(1024);
  #length = 0;

  constructor(width: number, what: string) {
    this.#width = width;
    this.#what = what;
  }

  push(...values: readonly number[]): void {
    if (this.#length / this.#width >= MOST_MINED) tooMany(this.#what);
    if (this.#length + this.#width > this.#data.length) {
      const grown = new Int32Array(2 * this.#data.length);
      grown.set(this.#data);
      this.#data = grown;
    }
    for (const value of values) this.#data[this.#length++] = value;
  }

  column(place: number): Int32Array {
    return Int32Array.from(
      { length: this.#length / this.#width },
      (_, at) => this.#data[at * this.#width + place] as number,
    );
  }
}
