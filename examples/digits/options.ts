import { parseArgs } from "node:util";
import type { Device } from "warpweft";
import { OBJECTIVES } from "./objective.js";

export interface Options {
  /** undefined: not said */
  readonly steps: number | undefined;
  /** of `warpweft/loss`, by name */
  readonly loss: string;
  /** where the head is trained */
  readonly device: Device;
  readonly threads: number;
  readonly seed: number;
  readonly out: string;
  readonly quiet: boolean;
  readonly help: boolean;
}

export const HELP = `Trains an embedding head on 8,000 handwritten digits and searches 2,000 others with it.

Usage: npm run demo -- [options]

  --steps <n>    training steps of 256 digits each (400; 5 on a virtual GPU)
  --loss <name>  what to train with (multiSimilarity):
${wrapped(OBJECTIVES)}
  --device <d>   where to train: cpu, cuda or cuda:<n> (cpu)
  --threads <n>  threads to compute with on the CPU (1)
  --seed <n>     seed of the split, the weights and the batches (1)
  --out <file>   where the page goes (digits.html)
  --quiet        no progress bar
  --help         this text
`;

/** Names in lines below an option. */
function wrapped(names: readonly string[]): string {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.pop();
    if (last === undefined) lines.push(name);
    else if (last.length + name.length > 60) lines.push(`${last},`, name);
    else lines.push(`${last}, ${name}`);
  }
  return lines.map((line) => `                 ${line}`).join("\n");
}

export class UsageError extends Error {}

export function readOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  return {
    steps: values.steps === undefined ? undefined : integer("--steps", values.steps, 1),
    loss: lossName(values.loss),
    device: device(values.device),
    threads: integer("--threads", values.threads, 1),
    seed: integer("--seed", values.seed, 0),
    out: values.out,
    quiet: values.quiet,
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  return inWords(() =>
    parseArgs({
      args: [...args],
      options: {
        steps: { type: "string" },
        loss: { type: "string", default: "multiSimilarity" },
        device: { type: "string", default: "cpu" },
        threads: { type: "string", default: "1" },
        seed: { type: "string", default: "1" },
        out: { type: "string", default: "digits.html" },
        quiet: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }),
  );
}

/** What `parseArgs` does not understand, as a sentence of ours. */
export function inWords<T>(parse: () => T, command = "demo"): T {
  try {
    return parse();
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. |\n/, 1);
    throw new UsageError(`${sentence}. \`npm run ${command} -- --help\` lists the options.`);
  }
}

export function integer(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < least)
    throw new UsageError(`${name} must be a whole number of at least ${least}, got "${text}".`);
  return value;
}

function lossName(text: string): string {
  if (OBJECTIVES.includes(text)) return text;
  throw new UsageError(`--loss must be one of ${OBJECTIVES.join(", ")}, got "${text}".`);
}

function device(text: string): Device {
  if (/^(cpu|cuda|cuda:\d+)$/.test(text)) return text as Device;
  throw new UsageError(`--device must be cpu, cuda or cuda:<n>, got "${text}".`);
}
