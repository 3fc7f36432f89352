/** The metrics with the parameters that the tests run them with, and data that fits each. */
import { DISTANCES } from "../../lib/distance/table.js";
import type { Metric } from "../../lib/distance/types.js";
import type { Tensor } from "../../lib/types.js";
import { here, tensorHere } from "../support/places.js";
import { fill, normal, type Rows, stored } from "../support/rows.js";
import { type Case, CASES, CHOSEN } from "./cases.js";
import { type Oracle, oracleOf, type PlainName, type Spec } from "./oracle.js";

/** A metric for rows of any width. */
export interface Variant {
  readonly name: string;
  readonly of: (d: number) => Spec;
}

const plain = (name: Exclude<PlainName, "poincare" | "gaussian">): Variant => ({ name, of: () => ({ name }) });
const fixed = (name: string, spec: Spec): Variant => ({ name, of: () => spec });

/** Those whose kernels are nothing but a product and an epilogue: they meet every case there is. */
export const BASIC: readonly Variant[] = (
  ["inner", "cosineSimilarity", "cosine", "sqeuclidean", "euclidean"] as const
).map(plain);

/** Accumulated over the coordinates of x − y. */
export const ELEMENTWISE: readonly Variant[] = [
  plain("cityblock"),
  plain("chebyshev"),
  ...[1.5, 3, 7].map((p) => fixed(`minkowski, p = ${p}`, { name: "minkowski", p })),
];

export const WIDER: readonly Variant[] = [
  plain("correlation"),
  plain("snr"),
  fixed("poincare", { name: "poincare" }),
  fixed("poincare, c = 1", { name: "poincare", curvature: 1 }),
  fixed("gaussian", { name: "gaussian" }),
  fixed("gaussian, γ = 0.01", { name: "gaussian", gamma: 0.01 }),
  { name: "mahalanobis", of: (d) => ({ name: "mahalanobis", precision: precision(d) }) },
  { name: "mahalanobis, squared", of: (d) => ({ name: "mahalanobis", precision: precision(d), squared: true }) },
  { name: "structured, diagonal", of: (d) => ({ name: "structured", diagonal: weights(d, 51) }) },
  // Blocks of two, or where d is odd of one.
  { name: "structured, blocks", of: (d) => ({ name: "structured", blocks: blocks(d, d % 2 === 0 ? 2 : 1) }) },
  {
    name: "structured, diagonal and one block",
    of: (d) => ({ name: "structured", diagonal: weights(d, 52), blocks: blocks(d, d) }),
  },
  ...ELEMENTWISE,
];

export const VARIANTS: readonly Variant[] = [...BASIC, ...WIDER];

/** Those that a place computes: all. */
export const variantsOn = (_place: string): readonly Variant[] => VARIANTS;
export const variantsHere = (): readonly Variant[] => variantsOn(here() === "cpu" ? "cpu" : "cuda");

/** Those that a case is for there. Those with matrices take D² a pair in the oracle: few pairs of wide rows are enough. */
export function variantsOf(c: Case): readonly Variant[] {
  if (CASES.includes(c) && !CHOSEN.has(c)) return BASIC;
  if (CHOSEN.has(c) && here() !== "cpu" && !ON_GPU.test(c.name)) return BASIC;
  const much = c.x.length * (c.y ?? c.x).length * c.d * c.d > 5e5;
  return variantsHere().filter(({ of }) => !much || !hasTensors(of(1)));
}

/** A virtual GPU takes a thousand times as long as a processor: there the wider metrics meet a few of the chosen cases. */
const ON_GPU =
  /^(17×48×5|65×66×3|3×7×130|49×49×6|5×0×3|17×51×33 bfloat16,|duplicate rows|zero rows with|large and small)/;

const hasTensors = (spec: Spec): boolean => spec.name === "mahalanobis" || spec.name === "structured";

const known = new Map<string, Rows>();

/** B Bᵀ/d + I/2 in numbers that float32 holds: symmetric, positive definite. */
function precision(d: number): Rows {
  const key = `precision ${d}`;
  const made = known.get(key) ?? product(fill(d, d, normal(41 + d)));
  known.set(key, made);
  return made;
}

function product(b: Rows): Rows {
  return b.map((row, i) =>
    b.map((other, j) => {
      const sum = row.reduce((total, value, k) => total + value * (other[k] as number), 0);
      return Math.fround(sum / b.length + (i === j ? 0.5 : 0));
    }),
  );
}

function weights(d: number, seed: number): number[] {
  return fill(1, d, normal(seed)).flat().map(Math.fround);
}

function blocks(d: number, g: number): Rows[] {
  const next = normal(53);
  return Array.from({ length: d / g }, () => fill(g, g, next).map((row) => row.map(Math.fround)));
}

/** What is given to the product: a name where that is all, tensors on the place in use. */
export function metricOf(spec: Spec, tensors = parametersOf(spec)): Metric {
  const whole = { ...spec, ...tensors };
  return (Object.keys(whole).length === 1 ? spec.name : whole) as Metric;
}

/** The tensors among its parameters. */
export function parametersOf(spec: Spec, requiresGrad = false): Record<string, Tensor> {
  const put = (values: readonly number[], shape: readonly number[]) =>
    tensorHere(Float32Array.from(values), shape, { requiresGrad });
  if (spec.name === "mahalanobis") {
    const d = spec.precision.length;
    return { precision: put(spec.precision.flat(), [d, d]) };
  }
  if (spec.name !== "structured") return {};
  const { diagonal, blocks: all } = spec;
  const g = all?.[0]?.length ?? 0;
  return {
    ...(diagonal ? { diagonal: put(diagonal, [diagonal.length]) } : {}),
    ...(all ? { blocks: put(all.flat(2), [all.length, g, g]) } : {}),
  };
}

/** Those of a metric that `metricOf` made. */
export function tensorsOf(metric: Metric): Tensor[] {
  const parts: readonly unknown[] = Object.values(typeof metric === "string" ? {} : metric);
  return parts.filter((part) => typeof part === "object") as Tensor[];
}

export const closer = (spec: Pick<Spec, "name">): "smaller" | "larger" => DISTANCES[spec.name].closer;

/** Rows moved into the ball along their rays, as the exponential map does, and rounded to what the storage holds. */
export function intoBall(rows: Rows, curvature: number, storage: Case["storage"] = "float32"): Rows {
  return rows.map((row) => {
    const length = Math.sqrt(curvature * row.reduce((sum, value) => sum + value * value, 0));
    const scale = length === 0 ? 1 : (0.97 * Math.tanh(length)) / length;
    return row.map((value) => stored(value * scale, storage));
  });
}

export function fitRows(spec: Spec, rows: Rows, storage: Case["storage"] = "float32"): Rows {
  return spec.name === "poincare" ? intoBall(rows, spec.curvature ?? 0.1, storage) : rows;
}

/** The case with rows that the metric takes. */
export function suited(spec: Spec, c: Case): Case {
  if (spec.name !== "poincare") return c;
  const rows = (all: Rows) => fitRows(spec, all, c.storage);
  return { ...c, x: rows(c.x), ...(c.y ? { y: rows(c.y) } : {}) };
}

export interface Fitted {
  readonly name: string;
  readonly spec: Spec;
  readonly oracle: Oracle;
  /** With rows that the metric takes. */
  readonly c: Case;
  /** Its rows of y. */
  readonly y: Rows;
  /** Whether the pair is a row and itself, so that its value is exactly 0. */
  own(i: number, j: number): boolean;
}

/** A metric met by a case. */
export function fitted(variant: Variant, given: Case): Fitted {
  const spec = variant.of(given.d);
  const c = suited(spec, given);
  const own = c.y === undefined && closer(spec) === "smaller";
  return {
    name: `${variant.name}, ${c.name}`,
    spec,
    oracle: oracleOf(spec),
    c,
    y: c.y ?? c.x,
    own: (i, j) => own && i === j,
  };
}
