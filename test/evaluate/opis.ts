/** The operating-point inconsistency by its definition, pair by pair. */

export interface Pairs {
  /** [class][pair], larger is closer */
  readonly positives: readonly (readonly number[])[];
  readonly negatives: readonly (readonly number[])[];
}

export function pairsOf(scores: readonly (readonly number[])[], labels: readonly number[]): Pairs {
  const classes = [...new Set(labels)];
  const of = (same: boolean) =>
    classes.map((label) =>
      scores.flatMap((row, i) =>
        labels[i] === label ? row.filter((_, j) => j !== i && (labels[j] === label) === same) : [],
      ),
    );
  return { positives: of(true), negatives: of(false) };
}

const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** The variance over classes of the harmonic mean of specificity and sensitivity, where `accepts` says which share of a pair a threshold accepts. */
function variance({ positives, negatives }: Pairs, accepts: (score: number) => number): number {
  const utilities = positives.flatMap((own, i) => {
    const others = negatives[i] as readonly number[];
    if (own.length === 0 || others.length === 0) return [];
    const specificity = 1 - average(others.map(accepts));
    const sensitivity = average(own.map(accepts));
    const sum = specificity + sensitivity;
    return [sum === 0 ? 0 : (2 * specificity * sensitivity) / sum];
  });
  return average(utilities.map((u) => (u - average(utilities)) ** 2));
}

/** The last place at which a condition holds that holds up to there and not beyond. */
function lastPlace(holds: (t: number) => boolean, low: number, high: number): number {
  if (holds(high)) return high;
  let [a, b] = [low, high];
  for (let step = 0; step < 60; step++) {
    const middle = (a + b) / 2;
    if (holds(middle)) a = middle;
    else b = middle;
  }
  return a;
}

/** Scores are numbers of bins, each pair spread evenly over its bin [b, b + 1); trapezoids between edges. */
export function binned(pairs: Pairs, bins: number, [least, most]: readonly [number, number]): number {
  const share = (t: number) => (bin: number) => Math.min(1, Math.max(0, bin + 1 - t));
  const all = pairs.negatives.flat();
  const far = (t: number) => average(all.map(share(t)));
  const [from, to] = [lastPlace((t) => far(t) > most, 0, bins), lastPlace((t) => far(t) >= least, 0, bins)];
  const places = [from, ...Array.from({ length: bins + 1 }, (_, k) => k).filter((k) => k > from && k < to), to];
  const heights = places.map((t) => variance(pairs, share(t)));
  let area = 0;
  for (let k = 1; k < places.length; k++)
    area +=
      (((heights[k] as number) + (heights[k - 1] as number)) / 2) * ((places[k] as number) - (places[k - 1] as number));
  return area / (to - from);
}

/** Without bins: thresholds between neighbouring scores, at which everything stands still. */
export function unbinned(pairs: Pairs, [least, most]: readonly [number, number]): number {
  const all = pairs.negatives.flat();
  const edges = [...new Set([...all, ...pairs.positives.flat()])].sort((a, b) => a - b);
  let [area, width] = [0, 0];
  for (let k = 1; k < edges.length; k++) {
    const [low, high] = [edges[k - 1] as number, edges[k] as number];
    const accepts = (score: number) => (score >= high ? 1 : 0);
    const far = average(all.map(accepts));
    if (far < least || far > most) continue;
    area += (high - low) * variance(pairs, accepts);
    width += high - low;
  }
  return area / width;
}
