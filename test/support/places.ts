import { afterAll, beforeAll } from "vitest";
import { native } from "../../lib/native.js";

/** Everywhere that a kernel can run on this machine: its instruction sets. A test that goes through them all has seen every kernel it can. */
export function places(): string[] {
  return native().instructionSets();
}

/** Inside a `describe`: its tests run on `place`, and what was in use before is put back. */
export function runOn(place: string): void {
  let before = "";
  beforeAll(() => {
    before = native().instructionSet();
    native().useInstructionSet(place);
  });
  afterAll(() => native().useInstructionSet(before));
}
