// Attention row by row in float64, from the formula.
import { values } from "../problems/data.js";
import type { AttentionTask, DecodeTask } from "../problems/types.js";
import { dot } from "./rows.js";

/** Σ softmax(scores)ₜ · values row t. */
function mean(scores: readonly number[], row: (t: number) => Float32Array, columns: number): number[] {
  const top = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = scores.map((s) => Math.exp(s - top));
  const sum = weights.reduce((a, b) => a + b, 0);
  const out = new Array<number>(columns).fill(0);
  weights.forEach((weight, t) => {
    const from = row(t);
    for (let c = 0; c < columns; ++c) out[c]! += (weight / sum) * from[c]!;
  });
  return out;
}

let stored: { readonly task: DecodeTask; readonly latents: Float32Array; readonly ropes: Float32Array } | undefined;

/** One head's output, [latent]. What fp8 rounds is left to the limit. */
export function decodeRow(task: DecodeTask, head: number): number[] {
  if (stored?.task !== task) stored = { task, latents: values(task.latents), ropes: values(task.ropes) };
  const { latents, ropes } = stored;
  const [latentQuery, ropeQuery] = [values(task.latentQuery), values(task.ropeQuery)];
  const { columns, rows } = task.latents;
  const scores = Array.from(
    { length: rows },
    (_, t) =>
      task.scale * (dot(latentQuery, head, latents, t, columns) + dot(ropeQuery, head, ropes, t, task.ropes.columns)),
  );
  return mean(scores, (t) => latents.subarray(t * columns, (t + 1) * columns), columns);
}

/** Row `row` of [tokens · heads, columns]. */
export function attentionRow({ heads, q, k, v }: AttentionTask, row: number): number[] {
  const [queries, keys, all] = [values(q), values(k), values(v)];
  const [token, head] = [Math.floor(row / heads), row % heads];
  const { columns } = q;
  const scores = Array.from(
    { length: token + 1 },
    (_, t) => dot(queries, row, keys, t * heads + head, columns) / Math.sqrt(columns),
  );
  const at = (t: number) => (t * heads + head) * columns;
  return mean(scores, (t) => all.subarray(at(t), at(t) + columns), columns);
}
