// Prints the losses of the demo's first steps: <device> <steps>
import type { Device } from "warpweft";
import { loadDigits, split } from "../../examples/digits/data.js";
import { createHead } from "../../examples/digits/head.js";
import { seeded } from "../../examples/digits/random.js";
import { train } from "../../examples/digits/train.js";

const [device, steps] = process.argv.slice(2);
const random = seeded(2);
const { train: digits } = split(loadDigits(), 2000, seeded(1));
const { losses } = train(createHead(random, device as Device), digits, {
  loss: "multiSimilarity",
  steps: Number(steps),
  random,
});
console.log(JSON.stringify(losses));
