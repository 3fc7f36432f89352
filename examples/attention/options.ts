import { parseArgs } from "node:util";
import { integer, inWords } from "../digits/options.js";

export interface Options {
  readonly steps: number;
  /** batches of held-out text */
  readonly batches: number;
  readonly threads: number;
  readonly seed: number;
  readonly out: string;
  readonly quiet: boolean;
  readonly help: boolean;
}

export const HELP = `Trains a byte-level language model with latent attention on this repository's own documents, then
decodes held-out text from whole, sliced and sharded caches.

Usage: npm run demo:attention -- [options]

  --steps <n>    training steps of 2,048 bytes each (1500)
  --batches <n>  at most so many batches of 16 × 128 held-out bytes (8)
  --threads <n>  threads to compute with (2)
  --seed <n>     seed of the weights and the batches (1)
  --out <file>   where the page goes (attention.html)
  --quiet        no progress bar
  --help         this text
`;

export function readOptions(args: readonly string[]): Options {
  const { values } = inWords(
    () =>
      parseArgs({
        args: [...args],
        options: {
          steps: { type: "string", default: "1500" },
          batches: { type: "string", default: "8" },
          threads: { type: "string", default: "2" },
          seed: { type: "string", default: "1" },
          out: { type: "string", default: "attention.html" },
          quiet: { type: "boolean", default: false },
          help: { type: "boolean", default: false },
        },
      }),
    "demo:attention",
  );
  const whole = (name: "steps" | "batches" | "threads" | "seed", least: number) =>
    integer(`--${name}`, values[name], least);
  return {
    steps: whole("steps", 1),
    batches: whole("batches", 1),
    threads: whole("threads", 1),
    seed: whole("seed", 0),
    out: values.out,
    quiet: values.quiet,
    help: values.help,
  };
}
