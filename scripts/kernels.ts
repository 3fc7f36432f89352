/**
 * `npm run kernels`: writes docs/kernels.md, what each kernel takes of each chip, from `ptxas -v` on the PTX that the addon carries.
 * With --check it writes nothing and exits 1 if a kernel spills registers, or if the page has drifted. Numbers are ptxas's, so
 * the page is only compared where the version is the one it was written with.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CHIPS, warpsResident } from "./kernels/occupancy.js";
import { type Usage, usageOf, version } from "./kernels/ptxas.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const images = resolve(root, process.env.WARPWEFT_KERNELS_FROM ?? "build/cuda");
const page = join(root, "docs/kernels.md");
const chips = Object.keys(CHIPS);

/** Dynamic shared memory of a launch, as src/base/tile.h counts it: three stages of both sides' slices, or of a panel and its rows. */
const TILE = 3 * (128 + 64) * 64;
const PANEL = 3 * 16 * (128 + 8 + 64 + 8) * 4;
/** Decoding from rows of 512 + 64 columns with one stage of keys, as src/attention/launch.h counts it; undefined for other kernels. */
function decoding(kernel: string): number | undefined {
  const [, kept, asked, rows] = /^attention_decode_([a-z]+\d+|e4m3)_([a-z]+\d+)_(\d+)$/.exec(kernel) ?? [];
  if (kept === undefined) return undefined;
  const apart = (bytes: number) => Math.ceil((bytes - 32) / 128) * 128 + 32;
  const [size, querySize] = [kept, asked].map((type) => (type === "float32" ? 4 : 2)) as [number, number];
  const keys = 64 / size;
  const partial = Math.max(Number(rows) * 4 * 4 * (keys + 8), kept === "e4m3" ? keys * apart(672) : 0);
  return Number(rows) * (apart(576 * querySize) + 4) + partial + keys * apart(576 * size);
}
/** Of attention, as src/attention/launch_prefill.h counts it: three stages of 16 rows that are added up, or of two slices of 64 rows. */
const ROWS = { float32: 3 * 16 * (128 * 4 + 16), narrow: 3 * 2 * 64 * 64 };

function dynamicOf(kernel: string): number {
  const decoded = decoding(kernel);
  if (decoded !== undefined) return decoded;
  if (kernel.startsWith("attention_")) return /float16$/.test(kernel) ? ROWS.narrow : ROWS.float32;
  return kernel.includes("_panel_") ? PANEL : TILE;
}
/** A kernel without launch bounds is launched with this many. */
const ROW_THREADS = 128;

interface Launch {
  readonly threads: number;
  readonly shared: number;
}

/** From a kernel's own text: its bound on threads, and whether it uses the memory that a launch asks for. */
function launchesOf(ptx: string): Map<string, Launch> {
  const dynamic = [...ptx.matchAll(/\.extern \.shared [^;]*?(\w+)\[\]/g)].map(([, name]) => name as string);
  const launches = new Map<string, Launch>();
  for (const text of ptx.split(/(?=\.visible \.entry )/).slice(1)) {
    const kernel = /\.entry (\w+)/.exec(text)?.[1] as string;
    const threads = Number(/\.maxntid (\d+)/.exec(text)?.[1] ?? ROW_THREADS);
    const uses = dynamic.some((name) => new RegExp(`\\b${name}\\b`).test(text));
    launches.set(kernel, { threads, shared: uses ? dynamicOf(kernel) : 0 });
  }
  return launches;
}

interface Family {
  readonly name: string;
  readonly launches: Map<string, Launch>;
  /** By chip. */
  readonly usage: Readonly<Record<string, readonly Usage[]>>;
}

async function examine(name: string): Promise<Family> {
  const file = join(images, `${name}.ptx`);
  const usage = await Promise.all(chips.map(async (chip) => [chip, await usageOf(file, chip)] as const));
  return { name, launches: launchesOf(readFileSync(file, "utf8")), usage: Object.fromEntries(usage) };
}

function sectionOf({ name, launches, usage }: Family): string {
  const rows = (usage[chips[0] as string] as readonly Usage[]).map(({ kernel, staticShared }, at) => {
    const launch = launches.get(kernel) as Launch;
    const shared = staticShared + launch.shared;
    const cells = chips.map((chip) => {
      const { registers, spilled } = (usage[chip] as readonly Usage[])[at] as Usage;
      const warps = warpsResident(CHIPS[chip] as (typeof CHIPS)[string], registers, shared, launch.threads);
      return `${registers} · ${warps}${spilled > 0 ? ` · **${spilled} B spilled**` : ""}`;
    });
    return `| \`${kernel}\` | ${launch.threads} | ${shared} | ${cells.join(" | ")} |`;
  });
  return [
    `## ${name}`,
    "",
    `| kernel | threads | shared | ${chips.map((chip) => `sm_${chip}`).join(" | ")} |`,
    `| --- | ${["threads", "shared", ...chips].map(() => "---:").join(" | ")} |`,
    ...rows,
    "",
  ].join("\n");
}

const families = readdirSync(images)
  .filter((file) => file.endsWith(".ptx"))
  .map((file) => file.slice(0, -4))
  .sort();
if (families.length === 0) throw new Error(`no PTX in ${images}: build the addon with nvcc first`);
const examined: Family[] = [];
for (const name of families) examined.push(await examine(name));

const ptxas = await version();
const text = [
  "# Kernels",
  "",
  "What every GPU kernel takes, as ptxas reports it when it assembles the PTX that the addon carries. Written by `npm run kernels`; a",
  "test fails on any spilled register and on drift.",
  "",
  `ptxas ${ptxas}. Under each chip: registers a thread · warps that share a multiprocessor (of ${chips.map((chip) => CHIPS[chip]?.warps).join(", ")}).`,
  "`shared` is bytes a block, with what the launch asks for; `topK` asks for 1024 more for each of up to 40 neighbours that it lists,",
  "`attention` forward for 4096 more for each of up to 12 slices of 64 bytes of a query. Decoding is shown for rows of 512 + 64 columns with",
  "one stage of keys; where 32 rows of queries would leave no room (0 warps), 16 are taken.",
  `The chips: ${chips.map((chip) => `sm_${chip} ${CHIPS[chip]?.name}`).join(", ")}.`,
  "",
  ...examined.map(sectionOf),
].join("\n");

const spilling = examined.flatMap(({ usage }) =>
  chips.flatMap((chip) =>
    (usage[chip] as readonly Usage[])
      .filter(({ spilled }) => spilled > 0)
      .map(({ kernel, spilled }) => `${kernel} spills ${spilled} bytes on sm_${chip}`),
  ),
);
for (const words of spilling) console.error(words);
if (spilling.length > 0) process.exitCode = 1;

if (!process.argv.includes("--check")) {
  writeFileSync(page, text);
  console.log(`wrote docs/kernels.md: ${families.join(", ")}`);
} else {
  const written = readFileSync(page, "utf8");
  if (written.includes(`ptxas ${ptxas}.`) && written !== text) {
    console.error("docs/kernels.md does not say what ptxas says: run `npm run kernels`");
    process.exitCode = 1;
  }
}
