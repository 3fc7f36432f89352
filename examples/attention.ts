/**
 * What it costs to cut a latent cache: trains a small byte-level language model with multi-head latent attention, then decodes text
 * that it never saw from a whole cache, from slices of the latent (TPLA, GLA) and from shards of the tokens (DCP), and prints how
 * much worse each predicts. `npm run demo:attention -- --help` lists the options.
 */
import { writeFileSync } from "node:fs";
import { setThreads } from "warpweft";
import { evaluate, type Result } from "./attention/evaluate.js";
import { latentsOf, methodsFor } from "./attention/methods.js";
import { parametersOf } from "./attention/model.js";
import { HELP, type Options, readOptions } from "./attention/options.js";
import { page } from "./attention/page.js";
import { orderings } from "./attention/remarks.js";
import { textTable } from "./attention/table.js";
import { batchesOf, loadText, randomBatch } from "./attention/text.js";
import { LENGTH, SEQUENCES, type Training, train } from "./attention/train.js";
import { UsageError } from "./digits/options.js";
import { progress, silent } from "./digits/progress.js";
import { seeded } from "./digits/random.js";
import { quantile } from "./digits/table.js";

const CALIBRATION = 8; // batches of training text that the bases are fitted to

function main(options: Options): void {
  setThreads(options.threads);
  const text = loadText(process.cwd());
  const bar = (title: string, total: number) => (options.quiet ? silent : progress(title, total));

  const steps = bar("training", options.steps);
  const training = train(text.train, {
    steps: options.steps,
    random: seeded(options.seed),
    onStep: (step, loss) => steps.update(step, `loss ${loss.toFixed(3)}`),
  });

  const random = seeded(options.seed + 1);
  const calibration = Array.from({ length: CALIBRATION }, () => randomBatch(text.train, SEQUENCES, LENGTH, random));
  const methods = methodsFor(training.model, latentsOf(training.model, calibration));
  const held = batchesOf(text.held, SEQUENCES, LENGTH, options.batches);
  const methodBar = bar("decoding", methods.length);
  const results = evaluate(training.model, methods, held, (done, name) => methodBar.update(done, name));

  const remarks = orderings(results);
  const speed = describe(training, options, held.length);
  console.log(`\n${textTable(results)}\n\n${remarks.join("\n")}\n\n${speed}`);
  writeFileSync(options.out, page(reportOf(training, results, remarks, speed, text.train.length)));
  console.log(`wrote ${options.out}`);
}

function reportOf(training: Training, results: readonly Result[], remarks: string[], speed: string, bytes: number) {
  const count = parametersOf(training.model).reduce((sum, { size }) => sum + size, 0);
  return {
    title: "What it costs to cut a latent cache",
    summary: `A byte-level language model of ${(count / 1e6).toFixed(2)} million parameters with multi-head latent attention learned from ${(bytes / 1000).toFixed(0)} KB of this project's documents. It then predicts text it never saw, and every byte reads all before it from a cache: whole (MLA), cut along the latent (TPLA, GLA) or dealt out by tokens (DCP).`,
    results,
    remarks,
    losses: training.losses,
    colophon: speed.replaceAll("\n", ". "),
  };
}

function describe({ milliseconds }: Training, { threads, seed }: Options, batches: number): string {
  const median = quantile(milliseconds, 0.5).toFixed(0);
  const all = milliseconds.reduce((sum, value) => sum + value, 0) / 1000;
  const on = threads === 1 ? "one thread" : `${threads} threads`;
  return [
    `A step of ${SEQUENCES} × ${LENGTH} bytes on ${on}: median ${median} ms; training took ${all.toFixed(0)} s`,
    `Held out: ${batches} batches of ${SEQUENCES} × ${LENGTH} bytes. Seed ${seed}`,
  ].join("\n");
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(HELP);
  else main(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
