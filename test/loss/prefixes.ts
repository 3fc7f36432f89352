import type { Round } from "../support/earned.js";
import type { Rows } from "../support/rows.js";
import type { Expected, Problem } from "./expected.js";

/** The same problem over the first columns of each width. */
export function prefixProblems(problem: Problem): readonly Problem[] {
  const { prefixes, ...rest } = problem;
  const cut = (rows: Rows, d: number): Rows => rows.map((row) => row.slice(0, d));
  return (prefixes ?? [problem.d]).map((d) => ({
    ...rest,
    d,
    x: cut(problem.x, d),
    ...(problem.y ? { y: cut(problem.y, d) } : {}),
  }));
}

/** Their sum, gradients in the columns where they belong. */
export function summed({ x, y, d, prefixes = [] }: Problem, parts: readonly Expected[], f: Round): Expected {
  const add = (arrays: readonly Float64Array[]): Float64Array =>
    (arrays[0] as Float64Array).map((_, at) => arrays.reduce((sum, array) => f(sum + (array[at] as number)), 0));
  const rows = (count: number, of: readonly Float64Array[]): Float64Array => {
    const out = new Float64Array(count * d);
    for (const [g, array] of of.entries())
      array.forEach((value, at) => {
        const width = prefixes[g] as number;
        const place = Math.floor(at / width) * d + (at % width);
        out[place] = f((out[place] as number) + value);
      });
    return out;
  };
  const n = x.length;
  const m = y?.length ?? 0;
  const tensors: Record<string, { slope: number; terms: number }> = {};
  for (const part of parts)
    for (const [name, { slope, terms }] of Object.entries(part.tensors)) {
      const sum = tensors[name] ?? { slope: 0, terms: 0 };
      tensors[name] = { slope: f(sum.slope + slope), terms: sum.terms + terms };
    }
  return {
    value: add(parts.map(({ value }) => value)),
    valueTerms: add(parts.map(({ valueTerms }) => valueTerms)),
    dx: rows(
      n,
      parts.map(({ dx }) => dx),
    ),
    dxTerms: rows(
      n,
      parts.map(({ dxTerms }) => dxTerms),
    ),
    dy: rows(
      m,
      parts.map(({ dy }) => dy),
    ),
    dyTerms: rows(
      m,
      parts.map(({ dyTerms }) => dyTerms),
    ),
    tensors,
    beside: add(parts.map(({ beside }) => beside)),
    besideTerms: add(parts.map(({ besideTerms }) => besideTerms)),
    pairs: add(parts.map(({ pairs }) => pairs)),
    pairsTerms: add(parts.map(({ pairsTerms }) => pairsTerms)),
  };
}
