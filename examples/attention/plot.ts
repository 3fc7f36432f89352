import type { Result } from "./evaluate.js";

const WIDTH = 720;
const HEIGHT = 400;
const BOX = { left: 76, right: WIDTH - 16, top: 14, bottom: HEIGHT - 44 };
/** Penalties below are drawn there: what is left is rounding. */
const FLOOR = 1e-4;

/** Colour and shape of a family's marks. */
const MARKS = ["circle", "square", "diamond", "triangle"] as const;
const HUES = [212, 24, 45, 280, 310, 150, 115, 175, 0, 235];

/** Penalty (logarithmic) against what one place keeps of a token; the points of a family are joined. */
export function plot(results: readonly Result[]): string {
  const families = [...new Set(results.map(({ method }) => method.family))];
  const most = Math.max(...results.map(({ method }) => method.bytes));
  const top = 10 ** Math.ceil(Math.log10(Math.max(FLOOR * 10, ...results.map(({ penalty }) => penalty))));
  const px = (bytes: number) => BOX.left + ((BOX.right - BOX.left) * bytes) / (most * 1.05);
  const part = (penalty: number) => Math.log(Math.max(penalty, FLOOR) / FLOOR) / Math.log(top / FLOOR);
  const py = (penalty: number) => BOX.bottom - (BOX.bottom - BOX.top) * part(penalty);
  const grid = Array.from({ length: Math.round(Math.log10(top / FLOOR)) + 1 }, (_, i) => FLOOR * 10 ** i).map(
    (value) =>
      `<path class="grid" d="M${BOX.left} ${py(value).toFixed(1)}H${BOX.right}"/><text x="${BOX.left - 8}" y="${py(value).toFixed(1)}" dy=".35em" text-anchor="end">${value === FLOOR ? "≤ " : ""}${Number(value.toPrecision(1))}</text>`,
  );
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<text x="${px(share * most).toFixed(1)}" y="${BOX.bottom + 18}" text-anchor="middle">${Math.round(share * most)}</text>`,
  );
  const drawn = families.map((family, i) => {
    const points = results
      .filter(({ method }) => method.family === family)
      .map(({ method, penalty }) => ({ method, x: px(method.bytes), y: py(penalty) }));
    const line = points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");
    const join = family === "MLA" ? "" : `<path class="join" style="stroke:${colour(i)}" d="M${line}"/>`;
    const marks = points.map(({ method, x, y }) => mark(i, x, y, `${method.name}, ${method.places} places`));
    return `${join}${marks.join("")}`;
  });
  const middle = (BOX.left + BOX.right) / 2;
  const axis = `<text x="${middle}" y="${HEIGHT - 6}" text-anchor="middle">bytes that one place keeps of a token and layer</text>`;
  const drawing = [...grid, ...ticks, axis, ...drawn].join("");
  const title = "Penalty in nats a byte over MLA, against cache size";
  return `<figure><figcaption>${title}</figcaption>${legend(families)}<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">${drawing}</svg></figure>`;
}

const colour = (family: number) => `hsl(${HUES[family % HUES.length]} 70% var(--mark))`;

function mark(family: number, x: number, y: number, title: string): string {
  const shapes = {
    circle: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",
    square: "M-4.5 -4.5h9v9h-9z",
    diamond: "M0 -6L6 0L0 6L-6 0z",
    triangle: "M0 -6L5.5 4.5H-5.5z",
  };
  const shape = shapes[MARKS[family % MARKS.length]!];
  const at = `translate(${x.toFixed(1)} ${y.toFixed(1)})`;
  return `<path class="mark" style="fill:${colour(family)}" transform="${at}" d="${shape}"><title>${title}</title></path>`;
}

function legend(families: readonly string[]): string {
  const entries = families.map(
    (family, i) => `<li><svg viewBox="0 0 28 14" aria-hidden="true">${mark(i, 14, 7, family)}</svg>${family}</li>`,
  );
  return `<ul class="legend">${entries.join("")}</ul>`;
}
