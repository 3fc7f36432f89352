/** From histograms of scores to the inconsistency of thresholds over classes. */

/** Pairs by value, a row of bins for each class, in which larger bins are closer. Values of a bin are taken as spread evenly. */
export interface Histograms {
  readonly classes: number;
  readonly bins: number;
  /** [classes, bins] */
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
}

/** How many of the pairs of each row a threshold at the lower edge of bin k accepts, for k = 0 … bins. */
function accepted(counts: Float64Array, row: number, bins: number): Float64Array {
  const sums = new Float64Array(bins + 1);
  for (let k = bins - 1; k >= 0; k--) sums[k] = sums[k + 1] + counts[row * bins + k];
  return sums;
}

/** The value at `place`, a number of bins from the first edge, linear between edges. */
function between(edges: Float64Array, place: number): number {
  const k = Math.min(Math.floor(place), edges.length - 2);
  return edges[k] + (place - k) * (edges[k + 1] - edges[k]);
}

/** The thresholds at which the overall false acceptance rate is within `farRange`: from its larger end to its smaller. */
function calibration({ classes, bins, negatives }: Histograms, [least, most]: readonly [number, number]) {
  const all = new Float64Array(bins);
  for (let i = 0; i < classes; i++) for (let b = 0; b < bins; b++) all[b] += negatives[i * bins + b];
  const rate = accepted(all, 0, bins);
  const pairs = rate[0];
  for (let k = 0; k <= bins; k++) rate[k] /= pairs;
  const first = rate.findIndex((far) => far <= most);
  const last = rate.findLastIndex((far) => far >= least);
  const from = first === 0 ? 0 : first - (most - rate[first]) / (rate[first - 1] - rate[first]);
  const to = last === bins ? bins : last + (rate[last] - least) / (rate[last] - rate[last + 1]);
  return { from, to };
}

/** Both ends of the range and the edges between them, where the integrand has its kinks. */
function thresholds(from: number, to: number): Float64Array {
  const inside: number[] = [];
  for (let k = Math.floor(from) + 1; k < to; k++) inside.push(k);
  return Float64Array.of(from, ...inside, to);
}

/** Harmonic mean of specificity and sensitivity of class i at each threshold. */
function utility({ bins, positives, negatives }: Histograms, i: number, places: Float64Array): Float64Array {
  const [hits, errors] = [accepted(positives, i, bins), accepted(negatives, i, bins)];
  const [ofPositives, ofNegatives] = [hits[0], errors[0]];
  return places.map((place) => {
    const specificity = 1 - between(errors, place) / ofNegatives;
    const sensitivity = between(hits, place) / ofPositives;
    const sum = specificity + sensitivity;
    return sum === 0 ? 0 : (2 * specificity * sensitivity) / sum;
  });
}

/** The mean over classes of a number at each threshold. */
function averaged(classes: readonly number[], length: number, of: (i: number) => Float64Array): Float64Array {
  const mean = new Float64Array(length);
  for (const i of classes) for (const [at, value] of of(i).entries()) mean[at] += value / classes.length;
  return mean;
}

/** 1/(t₂ − t₁) ∫ meanᵢ (Uᵢ − U)² dt by trapezoids, over the classes that have pairs of both kinds; NaN if none has. */
export function inconsistency(histograms: Histograms, farRange: readonly [number, number]): number {
  const { bins, positives, negatives } = histograms;
  const has = (counts: Float64Array, i: number) => counts.subarray(i * bins, (i + 1) * bins).some((n) => n > 0);
  const judged = [...new Array(histograms.classes).keys()].filter((i) => has(positives, i) && has(negatives, i));
  if (judged.length === 0) return Number.NaN;
  const { from, to } = calibration(histograms, farRange);
  const places = thresholds(from, to);
  const mean = averaged(judged, places.length, (i) => utility(histograms, i, places));
  const spread = averaged(judged, places.length, (i) =>
    utility(histograms, i, places).map((u, at) => (u - mean[at]) ** 2),
  );
  let area = 0;
  for (let at = 1; at < places.length; at++)
    area += ((places[at] - places[at - 1]) * (spread[at] + spread[at - 1])) / 2;
  return area / (to - from);
}
