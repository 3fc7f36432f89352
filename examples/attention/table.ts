import type { Result } from "./evaluate.js";

export const HEADINGS = ["places", "bytes/token", "nats/byte", "penalty"] as const;

export const cells = ({ method, loss, penalty }: Result): readonly string[] => [
  String(method.places),
  method.bytes.toFixed(0),
  loss.toFixed(4),
  signed(penalty),
];

const signed = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;

export function textTable(results: readonly Result[]): string {
  const width = Math.max(...results.map(({ method }) => method.name.length));
  const line = (name: string, values: readonly string[]) =>
    `  ${name.padEnd(width)}  ${values.map((value, i) => value.padStart(HEADINGS[i]!.length)).join("  ")}`;
  return [line("", HEADINGS), ...results.map((result) => line(result.method.name, cells(result)))].join("\n");
}

export function htmlTable(results: readonly Result[]): string {
  const head = HEADINGS.map((heading) => `<th scope="col">${heading}</th>`).join("");
  const body = results.map((result) => {
    const values = cells(result).map((value) => `<td>${value}</td>`);
    return `<tr><th scope="row">${result.method.name}</th>${values.join("")}</tr>`;
  });
  return `<table><thead><tr><td></td>${head}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}
