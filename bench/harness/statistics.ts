export interface Sample {
  readonly ms: number;
  /** GFLOP/s of the slowest core before and after, whichever is lower */
  readonly spin: number;
}

export interface Summary {
  readonly median: number;
  /** tenth and ninetieth percentile */
  readonly low: number;
  readonly high: number;
  readonly kept: number;
  readonly taken: number;
}

export const GATE = 0.9; // of the FMA peak

export function percentile(sorted: readonly number[], part: number): number {
  const at = part * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at));
}

export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/** What one core sustains: measured at the start, or more where the spins of the run show that this was disturbed. */
export function sustained(atStart: number, spins: readonly number[]): number {
  return spins.length === 0
    ? atStart
    : Math.max(
        atStart,
        percentile(
          [...spins].sort((a, b) => a - b),
          0.9,
        ),
      );
}

/** Of the samples taken while every core was free; of all of them where that leaves none. */
export function summarize(samples: readonly Sample[], peak: number): Summary {
  const quiet = samples.filter(({ spin }) => spin >= GATE * peak);
  const times = (quiet.length > 0 ? quiet : samples).map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    median: percentile(times, 0.5),
    low: percentile(times, 0.1),
    high: percentile(times, 0.9),
    kept: quiet.length,
    taken: samples.length,
  };
}
