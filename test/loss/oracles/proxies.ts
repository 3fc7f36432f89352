import { columns, logSumExp, type Oracle, slope, type Term } from "./shared.js";

/** Rows whose label is no class have no term. */
export const proxyNCA: Oracle = (scores, kinds, params, f) => {
  const scale = f(params.scale as number);
  return [
    scores.flatMap((row, i) =>
      columns(kinds[i] as number[], 1).map((target): Term => {
        const z = row.map((d) => f(-scale * d));
        const lse = logSumExp(z, f);
        const others = logSumExp(
          z.filter((_, c) => c !== target),
          f,
        );
        const slopes = z.map((logit, c) => {
          const p = f(Math.exp(f(logit - lse)));
          const w = c === target ? f(scale * f(Math.exp(f(others - lse)))) : f(-scale * p);
          return { i, j: c, w, size: scale * (p + (c === target ? 1 : 0)) };
        });
        const own = z[target] as number;
        const terms = Math.abs(lse) + Math.abs(own) + scale;
        return { row: i, value: f(lse - own), terms, slopes, exponent: 4 * scale + Math.abs(lse) };
      }),
    ),
  ];
};

/** Anchors are the classes. */
export const proxyAnchor: Oracle = (scores, kinds, params, f) => {
  const [delta, alpha] = [f(params.margin as number), f(params.alpha as number)];
  const part = (kind: number, counted: (pairs: number) => boolean): Term[] =>
    scores.flatMap((row, c) => {
      const pairs = columns(kinds[c] as number[], kind);
      if (!counted(pairs.length)) return [];
      const z = pairs.map((i) => f(-kind * f(alpha * f((row[i] as number) - f(kind * delta)))));
      const value = logSumExp([0, ...z], f);
      const slopes = pairs.map((i, at) => slope(c, i, f(-kind * f(alpha * Math.exp(f((z[at] as number) - value))))));
      const exponent = alpha * (1 + Math.abs(delta));
      const flow = pairs.length > 0 ? exponent * (1 - Math.exp(-value)) : 0;
      return [{ row: c, value, terms: value + flow, slopes, exponent }];
    });
  return [part(1, (pairs) => pairs > 0), part(-1, () => true)];
};
