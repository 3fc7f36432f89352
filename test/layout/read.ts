// Reads the repository's own files for the layout tests: which exist, what each one includes or imports.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const BUILT = new Set(["build", "node_modules", "dist"]);

export interface Source {
  readonly path: string;
  readonly text: string;
}

export const exists = (path: string): boolean => statSync(join(root, path), { throwIfNoEntry: false }) !== undefined;

/** The files under a folder (none when it does not exist), built things left out, in order. */
export function filesOf(folder: string): Source[] {
  if (!exists(folder)) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !BUILT.has(entry.name))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesOf(path) : [{ path, text: readFileSync(join(root, path), "utf8") }];
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

export interface Use {
  readonly from: string;
  /** a path of the repository, or the name as written when it is not one of ours */
  readonly to: string;
  /** erased by the compiler: `import type`, `export type … from` */
  readonly typeOnly: boolean;
}

/** `#include "…"` is relative to src or cuda, or to the file's own folder; `<…>` is not ours. */
export function includes({ path, text }: Source): Use[] {
  return [...text.matchAll(/^[ \t]*#[ \t]*include[ \t]+(?:"([^"]+)"|<([^>]+)>)/gm)].map(([, ours, theirs]) => {
    const candidates = ours ? [`src/${ours}`, ours, posix.normalize(posix.join(posix.dirname(path), ours))] : [];
    return { from: path, to: candidates.find(exists) ?? ours ?? theirs!, typeOnly: false };
  });
}

export function imports({ path, text }: Source): Use[] {
  const statements = /^[ \t]*(import|export)\s+(type\s+)?(?:[^"';]*?\s+from\s+)?"([^"]+)"/gm;
  const calls = /\b(?:import|require)\("([^"]+)"\)/g;
  return [
    ...[...text.matchAll(statements)].map(([, , type, to]) => ({ to: to!, typeOnly: type !== undefined })),
    ...[...text.matchAll(calls)].map(([, to]) => ({ to: to!, typeOnly: false })),
  ].map(({ to, typeOnly }) => ({ from: path, to: to.startsWith(".") ? resolved(path, to) : to, typeOnly }));
}

/** Specifiers end in .js where the source ends in .ts. */
function resolved(from: string, to: string): string {
  const path = relative(root, join(root, dirname(from), to)).replaceAll("\\", "/");
  const source = path.replace(/\.js$/, ".ts");
  return exists(source) ? source : path;
}
