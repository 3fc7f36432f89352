/** One listener per signal, however many calls wait for it: Node warns on stderr of the eleventh. */
import { WarpweftError } from "./error.js";

interface Waiting {
  readonly calls: Set<() => void>;
  readonly listener: () => void;
}
const signals = new WeakMap<AbortSignal, Waiting>();

/** Calls `cancel` when the signal is aborted. Returns what ends this; after the last end the signal has no listener. */
export function onAbort(signal: AbortSignal | undefined, cancel: () => void): () => void {
  if (!signal) return () => undefined;
  const waiting = signals.get(signal) ?? listen(signal);
  waiting.calls.add(cancel);
  return () => {
    waiting.calls.delete(cancel);
    if (waiting.calls.size > 0) return;
    signal.removeEventListener("abort", waiting.listener);
    signals.delete(signal);
  };
}

function listen(signal: AbortSignal): Waiting {
  const calls = new Set<() => void>();
  const listener = () => {
    for (const cancel of calls) cancel();
  };
  signal.addEventListener("abort", listener);
  const waiting = { calls, listener };
  signals.set(signal, waiting);
  return waiting;
}

export function aborted(fn: string, signal: AbortSignal): WarpweftError {
  return new WarpweftError("ERR_ABORTED", `${fn}: aborted by its signal`, { cause: signal.reason });
}
