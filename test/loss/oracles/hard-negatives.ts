import type { MinerOracle } from "../oracle.js";

type Params = Readonly<Record<"k" | "absolute" | "relative", number | undefined>>;

/** Parameters: k, 0 for all; and `absolute` or `relative`, the margin of either kind. */
export const hardNegatives: MinerOracle = (row, kinds, params, f, guide) => {
  const { k = 0, absolute, relative } = params as Params;
  const positive = Math.min(...guide.filter((_, j) => kinds[j] === 1));
  const believed = (g: number): boolean => {
    if (positive === Infinity) return true;
    if (absolute !== undefined) return g <= f(positive + f(absolute));
    return relative === undefined || g <= f(positive * f(1 + relative));
  };
  const negatives = row.flatMap((s, j) => (kinds[j] === -1 && believed(guide[j] as number) ? [{ s, j }] : []));
  const hardest = negatives.sort((a, b) => b.s - a.s || a.j - b.j).slice(0, Math.round(k) || Infinity);
  const kept = new Set(hardest.map(({ j }) => j));
  return kinds.map((kind, j) => (kind === -1 && !kept.has(j) ? 0 : kind));
};
