// Numbers in words, the same in every table.
import type { Row } from "./results.js";

export function milliseconds(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toPrecision(3)} s`;
  if (ms >= 1) return `${ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3)} ms`;
  return `${(ms * 1000).toPrecision(3)} µs`;
}

/** Median with its tenth and ninetieth percentile; ≈ marks a time scaled up from part of the problem. */
export function timeOf({ time, share = 1 }: Row): string {
  if (!time) return "—";
  const scaled = share < 1 ? "≈ " : "";
  return `${scaled}${milliseconds(time.median)} (${milliseconds(time.low)}–${milliseconds(time.high)})`;
}

export const threadCount = (count: number): string => `${count} ${count === 1 ? "thread" : "threads"}`;
export const percent = (part: number | undefined): string =>
  part === undefined ? "—" : `${(100 * part).toFixed(part < 0.1 ? 1 : 0)} %`;
export const gflopsOf = ({ gflops }: Row): string => (gflops === undefined ? "—" : gflops.toPrecision(3));
export const memoryOf = ({ extraBytes }: Row): string =>
  extraBytes === null || extraBytes === undefined ? "—" : `${(extraBytes / 1e6).toFixed(1)} MB`;

export function checkOf({ status, error, reason }: Row): string {
  if (status === "failed") return `failed: ${reason}`;
  if (status === "wrong") return `wrong by ${error!.toPrecision(2)}, not timed`;
  const size = error === 0 ? "0" : error!.toExponential(1);
  return status === "inexact" ? `inexact, ${size}` : size;
}

/** Quiet samples of those taken. */
export const gateOf = ({ time }: Row): string =>
  time ? `${time.kept}/${time.taken}${time.kept === 0 ? " noisy" : ""}` : "—";

/** What a table shows of a row, in the order of its heads. */
export function columns(row: Row): string[] {
  return [
    row.contender,
    String(row.threads),
    timeOf(row),
    gflopsOf(row),
    percent(row.ofCeiling),
    memoryOf(row),
    checkOf(row),
    gateOf(row),
  ];
}
