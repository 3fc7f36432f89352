export interface Series {
  readonly name: string;
  /** a class of the page's style sheet: colour and dashes */
  readonly look: string;
  readonly values: readonly number[];
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly series: readonly Series[];
  readonly top: number;
}

const WIDTH = 400;
const HEIGHT = 230;
const BOX = { left: 42, right: WIDTH - 8, top: 10, bottom: HEIGHT - 38 };

/** Lines over 1, 2, 3, … as inline SVG, with a legend when there are several. */
export function lineChart({ title, x, series, top }: Chart): string {
  const count = Math.max(...series.map(({ values }) => values.length));
  const px = (i: number) => BOX.left + ((BOX.right - BOX.left) * i) / Math.max(1, count - 1);
  const py = (value: number) => BOX.bottom - ((BOX.bottom - BOX.top) * Math.min(value, top)) / top;
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const y = py(part * top).toFixed(1);
    const label = (part * top).toFixed(top < 10 ? 2 : 0).replace(/0$/, "");
    return `<path class="grid" d="M${BOX.left} ${y}H${BOX.right}"/><text x="${BOX.left - 6}" y="${y}" dy=".35em" text-anchor="end">${label}</text>`;
  });
  const ticks = [1, Math.round(count / 2), count].map(
    (n, i) =>
      `<text x="${px(n - 1).toFixed(1)}" y="${BOX.bottom + 17}" text-anchor="${["start", "middle", "end"][i]}">${n}</text>`,
  );
  const curves = series.map(({ look, values }) => {
    const points = values.map((value, i) => `${px(i).toFixed(1)} ${py(value).toFixed(1)}`);
    return `<path class="curve ${look}" d="M${points.join("L")}"/>`;
  });
  const axis = `<text x="${(BOX.left + BOX.right) / 2}" y="${HEIGHT - 3}" text-anchor="middle">${x}</text>`;
  const drawing = [...grid, ...ticks, axis, ...curves].join("");
  return `<figure><figcaption>${title}</figcaption>${series.length > 1 ? legend(series) : ""}<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">${drawing}</svg></figure>`;
}

function legend(series: readonly Series[]): string {
  const entries = series.map(
    ({ name, look }) =>
      `<li><svg viewBox="0 0 28 8" aria-hidden="true"><path class="curve ${look}" d="M0 4H28"/></svg>${name}</li>`,
  );
  return `<ul class="legend">${entries.join("")}</ul>`;
}

/** The mean of the `width` values around each. */
export function smooth(values: readonly number[], width: number): number[] {
  return values.map((_, i) => {
    const window = values.slice(Math.max(0, i - width / 2), i + width / 2);
    return window.reduce((sum, value) => sum + value, 0) / window.length;
  });
}
