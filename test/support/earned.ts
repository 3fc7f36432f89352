import { expect } from "vitest";
import { here } from "./places.js";
import type { Storage } from "./rows.js";

/** How each operation of an oracle rounds: not at all, or to float32 as a naive kernel would. */
export type Round = (value: number) => number;
export const exactly: Round = (value) => value;
export const singly: Round = Math.fround;

export type Numbers = ArrayLike<number>;

/**
 * Tolerance is earned: no element may be off by more than twice what the naive float32 loop gets wrong at worst, plus
 * 4 ulp of Σ|terms|, the absolute sum of what had to be added up for that element; 8 where float32 numbers are `split`, that
 * is multiplied as three terms of two tf32 numbers each. Errors are measured in units of Σ|terms|.
 * `rounded` is what each term may be off by because its factors are rounded before they are multiplied, where documented.
 * What is below `LOST` may be lost. Where the exact value is NaN or infinite, so must the result be.
 */
export function expectEarned(
  what: string,
  got: Numbers,
  exact: Numbers,
  naive: Numbers,
  terms: Numbers,
  split = splits("float32"),
  rounded = 0,
): void {
  expect(got.length, `${what}: length`).toBe(exact.length);
  const allowed = 2 * worst(naive, exact, terms).error + (split ? 8 : 4) * 2 ** -23 + rounded;
  const { error, at } = worst(got, exact, terms);
  if (error <= allowed) return;
  const words = `${what}[${at}]: got ${got[at]}, exact ${exact[at]}, naive float32 ${naive[at]}, Σ|terms| ${terms[at]}`;
  expect.fail(`${words}; off by ${error} of Σ|terms|, allowed ${allowed}`);
}

/** On a GPU float32 rows are; 16-bit rows are not, but the float32 weights of a gradient that they are multiplied with. */
export const splits = (storage: Storage): boolean => here() !== "cpu" && storage === "float32";

/**
 * A factor below the smallest normal float32, 2⁻¹²⁶, is flushed to zero, and with it what it would have been multiplied by: a
 * share of a softmax by its scale or one over its temperature, by what comes from above and by one over a row's length.
 */
const LOST = 2 ** -126 * 2 ** 10;

function worst(got: Numbers, exact: Numbers, terms: Numbers): { error: number; at: number } {
  let found = { error: 0, at: 0 };
  for (let at = 0; at < exact.length; at++) {
    const error = distance(got[at] as number, exact[at] as number, terms[at] as number);
    if (error > found.error) found = { error, at };
  }
  return found;
}

function distance(got: number, exact: number, terms: number): number {
  if (Object.is(got, exact) || got === exact) return 0;
  if (!Number.isFinite(exact)) return Infinity;
  const off = Math.abs(got - exact);
  if (off < LOST) return 0;
  return Number.isNaN(off / terms) ? Infinity : off / terms;
}
