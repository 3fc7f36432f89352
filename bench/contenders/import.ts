import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** A peer by name: its types are the caller's, so that the benchmark compiles where no peer is installed. */
export async function load<T>(name: string): Promise<T> {
  const module = (await import(name)) as T & { default?: T };
  return module.default ?? module;
}

/** A package that is nothing but a Node-API file. */
export const loadAddon = <T>(name: string): T => require(name) as T;

/** The installed version, or null where the package is not installed. */
export function versionOf(name: string): string | null {
  for (const folder of require.resolve.paths(name) ?? [])
    try {
      return (JSON.parse(readFileSync(`${folder}/${name}/package.json`, "utf8")) as { version: string }).version;
    } catch {
      // not in this folder: look in the next
    }
  return null;
}
