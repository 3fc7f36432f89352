/**
 * The only writer of what follows from the tables: src/<family>/{table,ops}.gen.h and docs/reference/<family>.md.
 * With --check it writes nothing, names every file that has drifted from its table, and exits 1 if there is one.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CACHE_TYPES, NORMALIZERS, SCORE_TERMS } from "../lib/attention/table.js";
import { DISTANCES, LABEL_CHOICES, ROW_REDUCTIONS } from "../lib/distance/table.js";
import { MEASURES, SINGLE_MEASURES } from "../lib/evaluate/table.js";
import { LOSSES, MINERS, REDUCTIONS } from "../lib/loss/table.js";
import {
  attentionHeader,
  distanceHeader,
  distanceOpsHeader,
  lossHeader,
  opsHeader,
  rowEntries,
} from "./generate/header.js";
import { attentionReference } from "./generate/attention-reference.js";
import { distanceReference, evaluateReference, lossReference } from "./generate/reference.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const files: Readonly<Record<string, string>> = {
  "src/attention/table.gen.h": attentionHeader(NORMALIZERS),
  "src/attention/ops.gen.h": opsHeader("attention", Object.keys(NORMALIZERS)),
  "src/distance/table.gen.h": distanceHeader(DISTANCES, ROW_REDUCTIONS, LABEL_CHOICES),
  "src/distance/ops.gen.h": distanceOpsHeader(DISTANCES),
  "src/loss/table.gen.h": lossHeader(LOSSES, MINERS, REDUCTIONS),
  "src/loss/ops.gen.h": opsHeader("loss", [...rowEntries(LOSSES), ...rowEntries(MINERS).map((name) => `mine_${name}`)]),
  "docs/reference/attention.md": attentionReference(NORMALIZERS, SCORE_TERMS, CACHE_TYPES),
  "docs/reference/distance.md": distanceReference(DISTANCES, ROW_REDUCTIONS, LABEL_CHOICES),
  "docs/reference/loss.md": lossReference(LOSSES, MINERS, REDUCTIONS),
  "docs/reference/evaluate.md": evaluateReference(MEASURES, SINGLE_MEASURES),
};

function present(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return undefined;
  }
}

const drifted = Object.keys(files).filter((path) => present(path) !== files[path]);
if (process.argv.includes("--check")) {
  for (const path of drifted) console.error(`${path} does not follow its table: run \`npm run generate\``);
  process.exitCode = drifted.length === 0 ? 0 : 1;
} else {
  for (const path of drifted) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), files[path] as string);
    console.log(`wrote ${path}`);
  }
}
