import { type Device, scope, tensor } from "warpweft";
import { adamW } from "warpweft/optim";
import { averageOf } from "./average.js";
import { batches, copyRows, type Digits, PIXELS } from "./data.js";
import { type Head, headOf, type Parameters, WIDTH } from "./head.js";
import { objectiveOf } from "./objective.js";
import type { Random } from "./random.js";

export const BATCH = 256;
const AVERAGED_EVERY = 4;

export interface Training {
  /** that the steps ran on */
  readonly device: Device;
  /** on the CPU, with the mean of the weights over the last half of the steps */
  readonly head: Head;
  /** of each step */
  readonly losses: readonly number[];
  readonly milliseconds: readonly number[];
}

export interface Plan {
  /** of objective.ts */
  readonly loss: string;
  readonly steps: number;
  readonly random: Random;
  readonly onStep?: (step: number, loss: number) => void;
}

/**
 * Pulls rows of one digit together and pushes others apart, as the loss has it. All of a step happens on the device that the head is
 * on.
 */
export function train(head: Head, digits: Digits, plan: Plan): Training {
  const { device } = head.parameters[0];
  const classes = digits.labels.reduce((most, label) => Math.max(most, label + 1), 0);
  const objective = objectiveOf(plan.loss, { classes, width: WIDTH, random: plan.random, device });
  const optimizer = adamW([...head.parameters, ...objective.parameters], { learningRate: 4e-3, weightDecay: 0.5 });
  const average = averageOf(head.parameters);
  const embed = (pixels: Float32Array, count: number) => head.embed(tensor(pixels, [count, PIXELS], { device }));
  const rows = batches(digits.count, BATCH, plan.random);
  const pixels = new Float32Array(BATCH * PIXELS);
  const labels = new Int32Array(BATCH);
  const losses: number[] = [];
  const milliseconds: number[] = [];
  for (let step = 1; step <= plan.steps; step++) {
    const started = performance.now();
    copyRows(digits, rows.next().value, pixels, labels);
    const value = scope(() => {
      const batchLoss = objective.value(embed, { pixels, labels });
      optimizer.zeroGrad();
      batchLoss.backward();
      optimizer.step();
      return batchLoss.item();
    });
    if (step > plan.steps / 2 && (plan.steps - step) % AVERAGED_EVERY === 0) average.add();
    milliseconds.push(performance.now() - started);
    losses.push(value);
    plan.onStep?.(step, value);
  }
  return { device, head: headOf(average.mean() as unknown as Parameters), losses, milliseconds };
}
