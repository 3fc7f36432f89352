import { expect } from "vitest";
import { type ErrorCode, WarpweftError } from "../../lib/error.js";

/** A call that must be refused, with the code and the whole sentence. */
export type Refusal = readonly [what: string, call: () => unknown, code: ErrorCode, message: string];

/** Also when the call returns a promise, which must then reject. */
export async function expectRefused([what, call, code, message]: Refusal): Promise<void> {
  let error: unknown;
  try {
    await call();
  } catch (thrown) {
    error = thrown;
  }
  expect(error, `${what} was accepted`).toBeInstanceOf(WarpweftError);
  expect({ code: (error as WarpweftError).code, message: (error as WarpweftError).message }).toEqual({ code, message });
}
