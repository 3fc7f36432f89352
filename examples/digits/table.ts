import type { Row } from "./evaluate.js";

/** Rows that belong together, and what they were measured on. */
export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

const HEADINGS = ["Recall@1", "MAP@R", "R-precision"] as const;

export const cells = (row: Row): readonly string[] =>
  [row.recallAt1, row.mapAtR, row.rPrecision].map((value) => value.toFixed(3));

export function textTable({ title, rows }: Section): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const line = (name: string, values: readonly string[]) =>
    `  ${name.padEnd(width)}  ${values.map((value, i) => value.padStart(HEADINGS[i]!.length)).join("  ")}`;
  return [title, line("", HEADINGS), ...rows.map((row) => line(row.name, cells(row)))].join("\n");
}

export function htmlTable({ title, rows }: Section): string {
  const best = HEADINGS.map((_, column) => Math.max(...rows.map((row) => Number(cells(row)[column]))));
  const body = rows.map((row) => {
    const values = cells(row).map((value, i) => `<td${Number(value) === best[i] ? ' class="best"' : ""}>${value}</td>`);
    return `<tr><th scope="row">${row.name}</th>${values.join("")}</tr>`;
  });
  const head = HEADINGS.map((heading) => `<th scope="col">${heading}</th>`).join("");
  return `<table><caption>${title}</caption><thead><tr><td></td>${head}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}

/** The value below which the share `q` of `values` lies. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}
