/**
 * Ten losses on the same 8,000 digits, with the same head, batches and optimizer: how well 2,000 others are found afterwards, and what a
 * step costs. Prints the table of docs/loss.md. `node build/examples/losses.js [steps] [seeds]`
 */
import { setThreads } from "warpweft";
import { loadDigits, split } from "./digits/data.js";
import { embeddingsOf, measure } from "./digits/evaluate.js";
import { createHead } from "./digits/head.js";
import { seeded } from "./digits/random.js";
import { quantile } from "./digits/table.js";
import { train } from "./digits/train.js";

const LOSSES = [
  "multiSimilarity",
  "supCon",
  "ntXent",
  "circle",
  "triplet",
  "proxyAnchor",
  "normalizedSoftmax",
  "arcFace",
  "crossEntropy",
  "infoNCE",
] as const;

const [steps = 400, seeds = 3] = process.argv.slice(2).map(Number);
setThreads(1);

function run(loss: string, seed: number): { mapAtR: number; recallAt1: number; milliseconds: number } {
  const data = split(loadDigits(), 2000, seeded(seed));
  const random = seeded(seed + 1);
  const { head, milliseconds } = train(createHead(random), data.train, { loss, steps, random });
  const { mapAtR, recallAt1 } = measure(loss, embeddingsOf(head, data.test), data.test);
  return { mapAtR, recallAt1, milliseconds: quantile(milliseconds, 0.5) };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const spread = (values: readonly number[]): string =>
  `${mean(values).toFixed(3)} (${Math.min(...values).toFixed(3)}–${Math.max(...values).toFixed(3)})`;

console.log("| loss | MAP@R | Recall@1 | ms a step |\n| --- | --- | --- | --- |");
for (const loss of LOSSES) {
  const runs = Array.from({ length: seeds }, (_, i) => run(loss, i + 1));
  const cells = [
    spread(runs.map(({ mapAtR }) => mapAtR)),
    mean(runs.map(({ recallAt1 }) => recallAt1)).toFixed(3),
    mean(runs.map(({ milliseconds }) => milliseconds)).toFixed(1),
  ];
  console.log(`| \`${loss}\` | ${cells.join(" | ")} |`);
}
