import type { Result } from "./evaluate.js";

/** An ordering that the theory leads one to expect, or that was seen on another small model (trained on Python sources). */
interface Expectation {
  readonly words: string;
  holds(penalty: (name: string, places: number) => number): boolean;
}

const ROUNDING = 1e-4; // nats: what float32 leaves of an equality

const BY_SLICES: readonly ((g: number) => Expectation)[] = [
  (g) => ({
    words: `PCA is the best basis for ${g} slices`,
    holds: (p) => p("TPLA, PCA", g) < Math.min(p("TPLA, no transform", g), p("TPLA, Hadamard", g)),
  }),
  (g) => ({
    words: `completion helps a Hadamard basis of ${g} slices`,
    holds: (p) => p("TPLA, Hadamard + completion", g) < p("TPLA, Hadamard", g),
  }),
  (g) => ({
    words: `completion helps ${g} slices without a transform`,
    holds: (p) => p("TPLA, no transform + completion", g) < p("TPLA, no transform", g),
  }),
  (g) => ({
    words: `completion does nothing for PCA in ${g} slices`,
    holds: (p) => Math.abs(p("TPLA, PCA + completion", g) - p("TPLA, PCA", g)) < ROUNDING,
  }),
  (g) => ({
    words: `shared columns help PCA in ${g} slices`,
    holds: (p) => p("TPLA, PCA + 16 shared columns", g) < p("TPLA, PCA", g),
  }),
  (g) => ({
    words: `GLA, where a head reads but one of ${g} slices, is far worse than any TPLA`,
    holds: (p) => p("GLA", g) > 3 * Math.max(p("TPLA, no transform", g), p("TPLA, Hadamard", g), p("TPLA, PCA", g)),
  }),
  (g) => ({ words: `DCP over ${g} shards is exact`, holds: (p) => Math.abs(p("DCP", g)) < ROUNDING }),
];

const EXPECTED: readonly Expectation[] = [
  { words: "TPLA with one slice is MLA in any basis", holds: (p) => Math.abs(p("TPLA, Hadamard", 1)) < ROUNDING },
  ...[2, 4].flatMap((g) => BY_SLICES.map((of) => of(g))),
  {
    words: "no transform is a little better than Hadamard in 2 slices",
    holds: (p) => p("TPLA, no transform", 2) < p("TPLA, Hadamard", 2),
  },
  {
    words: "Hadamard with completion is as good as PCA in 4 slices",
    holds: (p) => p("TPLA, Hadamard + completion", 4) < 1.05 * p("TPLA, PCA", 4),
  },
  {
    words: "four slices cost more than two in every basis",
    holds: (p) => ["no transform", "Hadamard", "PCA"].every((name) => p(`TPLA, ${name}`, 4) > p(`TPLA, ${name}`, 2)),
  },
];

/** What held and what did not, as sentences. */
export function orderings(results: readonly Result[]): string[] {
  const penalty = (name: string, places: number) => {
    const found = results.find(({ method }) => method.name === name && method.places === places);
    if (!found) throw new Error(`no result for ${name} in ${places}`);
    return found.penalty;
  };
  const judged = EXPECTED.map(({ words, holds }) => ({ words, held: holds(penalty) }));
  const listed = (held: boolean) => judged.filter((one) => one.held === held).map(({ words }) => words);
  return [
    `As expected: ${listed(true).join("; ") || "nothing"}.`,
    `Not as expected: ${listed(false).join("; ") || "nothing"}.`,
  ];
}
