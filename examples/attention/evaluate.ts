import { noGrad, scope } from "warpweft";
import type { Method } from "./methods.js";
import { layersOf, lossOf, type Model } from "./model.js";
import type { Batch } from "./text.js";

export interface Result {
  readonly method: Method;
  /** nats a byte over held-out text */
  readonly loss: number;
  /** over the first method's */
  readonly penalty: number;
}

/** Every byte of the held-out text is predicted by reading all before it from the cache. */
export function evaluate(
  model: Model,
  methods: readonly Method[],
  batches: readonly Batch[],
  onMethod?: (done: number, name: string) => void,
): Result[] {
  const layers = layersOf(model);
  const results: Result[] = [];
  for (const method of methods) {
    const attends = layers.map((layer, i) => method.attend(layer, i));
    const losses = batches.map((batch) => noGrad(() => scope(() => lossOf(model, attends, batch).item())));
    const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
    results.push({ method, loss, penalty: loss - (results[0]?.loss ?? loss) });
    onMethod?.(results.length, method.name);
  }
  return results;
}
