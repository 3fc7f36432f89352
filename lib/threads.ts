/** How many threads a call uses when it does not say. */
import * as check from "./check.js";
import { WarpweftError } from "./error.js";
import { native } from "./native.js";

let chosen: number | undefined;

/**
 * Sets the number of threads for every call that does not set its own. Results do not depend on it.
 *
 * @param count an integer from 1 to 1024; 1 means that no other thread computes.
 * @throws WarpweftError ERR_ARGUMENT.
 */
export function setThreads(count: number): void {
  chosen = check.number("setThreads", "count", count, check.THREADS);
}

/**
 * The number of threads of calls that do not set their own: what `setThreads` set, else the environment variable
 * WARPWEFT_THREADS, else the hardware threads this process may use.
 *
 * @throws WarpweftError ERR_ARGUMENT when WARPWEFT_THREADS is no integer from 1 to 1024.
 */
export function threads(): number {
  chosen ??= fromEnvironment() ?? native().cores();
  return chosen;
}

function fromEnvironment(): number | undefined {
  const text = process.env.WARPWEFT_THREADS;
  if (text === undefined || text === "") return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1024) return count;
  throw new WarpweftError("ERR_ARGUMENT", `threads: WARPWEFT_THREADS must be an integer from 1 to 1024, got "${text}"`);
}
