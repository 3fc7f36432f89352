import { lineChart, smooth } from "./chart.js";
import { type Digits, PIXELS, SIDE } from "./data.js";
import type { Neighbours } from "./evaluate.js";
import { inkPng } from "./png.js";
import { STYLE } from "./style.js";
import { htmlTable, type Section } from "./table.js";

export const SHOWN = 5;

export interface Report {
  readonly title: string;
  readonly summary: string;
  readonly sections: readonly Section[];
  /** what the last section teaches */
  readonly remark: string;
  readonly losses: readonly number[];
  readonly precision: {
    readonly raw: readonly number[];
    readonly untrained: readonly number[];
    readonly trained: readonly number[];
  };
  readonly digits: Digits;
  readonly queries: readonly number[];
  readonly before: Neighbours;
  readonly after: Neighbours;
  readonly colophon: string;
}

/** One file that needs nothing else: pictures, curves and style are all inside. */
export function page(report: Report): string {
  const { title, summary, sections, remark, losses, precision, digits, queries, before, after, colophon } = report;
  const curves = [
    lineChart({
      title: "Loss of each batch, and its mean over 20",
      x: "training step",
      top: Math.ceil(4 * Math.max(...losses)) / 4,
      series: [
        { name: "each batch", look: "each", values: losses },
        { name: "mean over 20", look: "trained", values: smooth(losses, 20) },
      ],
    }),
    lineChart({
      title: "Share of neighbours that show the same digit",
      x: "rank of the neighbour",
      top: 1,
      series: [
        { name: "trained head", look: "trained", values: precision.trained },
        { name: "untrained head", look: "untrained", values: precision.untrained },
        { name: "raw pixels", look: "raw", values: precision.raw },
      ],
    }),
  ];
  const wrong = (neighbours: Neighbours) =>
    queries.reduce(
      (sum, query) => sum + shown(neighbours, query).filter((row) => isWrong(digits, query, row)).length,
      0,
    );
  const total = queries.length * SHOWN;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${STYLE}</style></head>
<body><main>
<h1>${title}</h1>
<p>${summary}</p>
<div class="pair">${sections.map((section) => `<div class="table">${htmlTable(section)}</div>`).join("")}</div>
<p class="soft" style="margin-top:14px">${remark}</p>
<div class="pair">${curves.join("")}</div>
<h2>Twenty queries and their five nearest neighbours</h2>
<p>Two of each digit, drawn by lot from the held-out ones. A neighbour that shows another digit is framed and marked ✗:
${wrong(before)} of ${total} before training, ${wrong(after)} of ${total} after it.</p>
<div class="queries">
${queries.map((query) => card(digits, query, before, after)).join("\n")}
</div>
<footer>${colophon}</footer>
</main></body>
</html>
`;
}

const shown = (neighbours: Neighbours, query: number) => [...neighbours.of(query).subarray(0, SHOWN)];

const isWrong = (digits: Digits, query: number, row: number) => digits.labels[row] !== digits.labels[query];

function card(digits: Digits, query: number, before: Neighbours, after: Neighbours): string {
  const list = (neighbours: Neighbours) => {
    const items = shown(neighbours, query).map((row) => {
      const wrong = isWrong(digits, query, row);
      return `<li${wrong ? ' class="wrong"' : ""}>${picture(digits, row)}${wrong ? "✗ " : ""}${digits.labels[row]}</li>`;
    });
    return `<ol>${items.join("")}</ol>`;
  };
  return `<article class="query"><div class="asked">${picture(digits, query)}${digits.labels[query]}</div><div><p class="when">before</p>${list(before)}<p class="when">after</p>${list(after)}</div></article>`;
}

function picture(digits: Digits, row: number): string {
  const pixels = digits.images.subarray(row * PIXELS, (row + 1) * PIXELS);
  return `<img alt="a handwritten ${digits.labels[row]}" src="${inkPng(pixels, SIDE)}">`;
}
