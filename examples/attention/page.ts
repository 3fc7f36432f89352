import { lineChart, smooth } from "../digits/chart.js";
import { STYLE } from "../digits/style.js";
import type { Result } from "./evaluate.js";
import { plot } from "./plot.js";
import { htmlTable } from "./table.js";

export interface Report {
  readonly title: string;
  readonly summary: string;
  readonly results: readonly Result[];
  /** what the table teaches, sentence by sentence */
  readonly remarks: readonly string[];
  readonly losses: readonly number[];
  readonly colophon: string;
}

const OWN = `
:root { --mark: 42% } @media (prefers-color-scheme: dark) { :root { --mark: 68% } }
.join { fill: none; stroke-width: 1.5; opacity: .6 } .mark { stroke: var(--card); stroke-width: 1 }
.wide { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px; margin: 24px 0 0; overflow-x: auto }
.legend svg { height: 14px }`;

/** One file that needs nothing else. */
export function page({ title, summary, results, remarks, losses, colophon }: Report): string {
  const curve = lineChart({
    title: "Loss of each batch, and its mean over 20, nats a byte",
    x: "training step",
    top: Math.ceil(Math.max(...losses)),
    series: [
      { name: "each batch", look: "each", values: losses },
      { name: "mean over 20", look: "trained", values: smooth(losses, 20) },
    ],
  });
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${STYLE}${OWN}</style></head>
<body><main>
<h1>${title}</h1>
<p>${summary}</p>
<div class="wide">${plot(results)}</div>
<div class="wide">${htmlTable(results)}</div>
<ul>${remarks.map((remark) => `<li>${remark}</li>`).join("")}</ul>
<div class="pair">${curve}</div>
<footer>${colophon}</footer>
</main></body>
</html>
`;
}
