import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const BENCH = fileURLToPath(new URL("..", import.meta.url));

/** A program of ceiling/, built by `npm run bench:setup`. */
export function program(name: "machine" | "openblas" | "onednn"): string {
  return `${BENCH}build/${name}`;
}

export function isBuilt(name: "machine" | "openblas" | "onednn"): boolean {
  return existsSync(program(name));
}
