/** Everything in an options object: names, numbers, choices, and what every function shares. */
import { type ErrorCode, WarpweftError } from "../error.js";
import type { AsyncOptions } from "../types.js";

export function fail(code: ErrorCode, fn: string, arg: string, wanted: string, got: unknown): never {
  throw new WarpweftError(code, `${fn}: ${arg} must ${wanted}, got ${show(got)}`);
}

/** A value in an error message: short, and never the elements of an array. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (typeof value === "object" && value !== null) return named(value);
  if (typeof value === "function") return "a function";
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Some objects say what they are. */
function named(value: object): string {
  const name = (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (typeof name !== "string") return "an object";
  return `${/^[aeiou]/i.test(name) ? "an" : "a"} ${name}`;
}

export interface Range {
  readonly min?: number;
  readonly max?: number;
  /** min itself is out */
  readonly above?: boolean;
  /** max itself is out */
  readonly below?: boolean;
  readonly integer?: boolean;
}
export const THREADS: Range = { min: 1, max: 1024, integer: true };

/** A finite number in a range. */
export function number(fn: string, arg: string, value: unknown, range: Range = {}): number {
  const { min = -Infinity, max = Infinity, above = false, below = false, integer = false } = range;
  const finite = typeof value === "number" && Number.isFinite(value);
  const inside = finite && (above ? value > min : value >= min) && (below ? value < max : value <= max);
  if (inside && (!integer || Number.isInteger(value))) return value;
  return fail("ERR_ARGUMENT", fn, arg, `be ${rangeInWords({ min, max, above, below, integer })}`, value);
}

function rangeInWords({ min, max, above, below, integer }: Required<Range>): string {
  const what = integer ? "an integer" : "a finite number";
  const from = above ? `above ${min}` : `of at least ${min}`;
  const to = below ? `below ${max}` : `of at most ${max}`;
  if (min === -Infinity) return max === Infinity ? what : `${what} ${to}`;
  if (max === Infinity) return `${what} ${from}`;
  return above || below ? `${what} ${from} and ${to}` : `${what} from ${min} to ${max}`;
}

export function boolean(fn: string, arg: string, value: unknown): boolean {
  return typeof value === "boolean" ? value : fail("ERR_ARGUMENT", fn, arg, "be true or false", value);
}

/** One of a few strings: a metric, a reduction, a mode. */
export function choice<C extends string>(fn: string, arg: string, value: unknown, known: readonly C[]): C {
  if (known.includes(value as C)) return value as C;
  return fail("ERR_ARGUMENT", fn, arg, `be one of ${known.join(", ")}`, value);
}

/** How many neighbours: an integer from 1 to the number of rows there are. */
export function count(fn: string, arg: string, value: unknown, rows: number, of: string): number {
  const k = number(fn, arg, value, { min: 1, integer: true });
  if (k <= rows) return k;
  return fail("ERR_ARGUMENT", fn, arg, `be at most ${rows}, the number of rows of ${of}`, value);
}

/** A plain object with known names only, or nothing. `later` maps names of the contract to the reason they are refused. */
export function options<O extends object>(
  fn: string,
  value: O | undefined,
  known: readonly string[],
  later: Readonly<Record<string, string>> = {},
): Partial<O> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    return fail("ERR_ARGUMENT", fn, "options", "be an object", value);
  for (const name of Object.keys(value)) {
    if (known.includes(name) || value[name as keyof O] === undefined) continue;
    if (Object.hasOwn(later, name)) throw new WarpweftError("ERR_ARGUMENT", `${fn}: ${name} ${later[name]}`);
    const hint = name === "signal" || name === "onProgress" ? ` (it belongs to ${fn}Async)` : "";
    throw new WarpweftError(
      "ERR_ARGUMENT",
      `${fn}: there is no option ${show(name)}${hint}; known are ${known.join(", ") || "none"}`,
    );
  }
  return value;
}

/** undefined: the process default. */
export function threads(fn: string, value: unknown): number | undefined {
  return value === undefined ? undefined : number(fn, "threads", value, THREADS);
}

export function asyncOptions(fn: string, { signal, onProgress }: AsyncOptions): void {
  const isSignal = signal === undefined || (typeof signal?.aborted === "boolean" && !!signal.addEventListener);
  if (!isSignal) fail("ERR_ARGUMENT", fn, "signal", "be an AbortSignal", signal);
  if (onProgress !== undefined && typeof onProgress !== "function")
    fail("ERR_ARGUMENT", fn, "onProgress", "be a function", onProgress);
}

/** A mining rule as `miner.…()` makes it. */
export function miner<M extends { readonly name: string }>(
  fn: string,
  value: M | undefined,
  known: readonly string[],
): M | undefined {
  if (value === undefined) return undefined;
  const isMiner = typeof value === "object" && value !== null && typeof value.name === "string";
  if (isMiner && known.includes(value.name)) return value;
  const wanted = `be a miner that it can use (${known.map((name) => `miner.${name}()`).join(", ") || "none"})`;
  return fail("ERR_ARGUMENT", fn, "miner", wanted, isMiner ? value.name : value);
}
