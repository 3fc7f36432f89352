import { scope } from "warpweft";
import { adamW } from "warpweft/optim";
import { averageOf } from "../digits/average.js";
import type { Random } from "../digits/random.js";
import { createModel, layersOf, lossOf, type Model, parametersOf, withParameters } from "./model.js";
import { randomBatch } from "./text.js";

export const SEQUENCES = 16;
export const LENGTH = 128;
const AVERAGED_EVERY = 4;

export interface Training {
  /** with the mean of the weights over the last third of the steps */
  readonly model: Model;
  /** of each step, nats a byte */
  readonly losses: readonly number[];
  readonly milliseconds: readonly number[];
}

export interface Plan {
  readonly steps: number;
  readonly random: Random;
  readonly onStep?: (step: number, loss: number) => void;
}

/** Next-byte prediction on random stretches of the text. */
export function train(text: Uint8Array, { steps, random, onStep }: Plan): Training {
  const model = createModel(random);
  const parameters = parametersOf(model);
  const attends = layersOf(model).map((layer) => layer.forward.bind(layer));
  const optimizer = adamW(parameters, { learningRate: 2e-3, betas: [0.9, 0.98], weightDecay: 0.1 });
  const average = averageOf(parameters);
  const [losses, milliseconds]: [number[], number[]] = [[], []];
  for (let step = 1; step <= steps; step++) {
    const started = performance.now();
    const batch = randomBatch(text, SEQUENCES, LENGTH, random);
    const value = scope(() => {
      const found = lossOf(model, attends, batch);
      optimizer.zeroGrad();
      found.backward();
      optimizer.step();
      return found.item();
    });
    if (step > (2 * steps) / 3 && (steps - step) % AVERAGED_EVERY === 0) average.add();
    milliseconds.push(performance.now() - started);
    losses.push(value);
    onStep?.(step, value);
  }
  return { model: withParameters(model, average.mean()), losses, milliseconds };
}
