/** Metrics as arguments: a name, or a name with its parameters, against the table. */
import * as check from "../check.js";
import { DISTANCES, type DistanceParam } from "./table.js";
import type { MetricName } from "./types.js";

export const METRICS = Object.keys(DISTANCES) as MetricName[];

/** A checked metric. */
export interface MetricUse {
  readonly name: MetricName;
  /** larger values mean closer */
  readonly larger: boolean;
  /** its numbers in table order, as native code takes them */
  readonly scalars: readonly [number, number];
  /** its tensors as they were given, by parameter */
  readonly tensors: Readonly<Record<string, unknown>>;
}

/** The number by which native code knows it. */
export function metricId(metric: MetricName): number {
  return METRICS.indexOf(metric);
}

/** What native code is told of a metric, before its rows. */
export type MetricArguments = [metric: number, first: number, second: number];
export function metricArguments({ name, scalars }: MetricUse): MetricArguments {
  return [metricId(name), ...scalars];
}

/** A metric without parameters, of those `known` to the function. @throws WarpweftError ERR_ARGUMENT that lists them. */
export function metricOf<M extends MetricName>(fn: string, value: unknown, known: readonly M[]): M {
  const given = nameOf(fn, value, known);
  if (typeof value === "object") check.options(`${fn}: metric`, value as object, ["name"]);
  return given;
}

/** Metrics by name alone, which mean the same in every call. */
const named = new Map<unknown, MetricUse>();

/** Any metric. @throws WarpweftError ERR_ARGUMENT for an unknown name or parameter, and a number out of its range. */
export function metricUse(fn: string, value: unknown): MetricUse {
  const known = named.get(value);
  if (known) return known;
  const asked = nameOf(fn, value, METRICS);
  const specs: Readonly<Record<string, DistanceParam>> = DISTANCES[asked].params;
  const given: Readonly<Record<string, unknown>> =
    typeof value === "string"
      ? {}
      : check.options<Record<string, unknown>>(`${fn}: metric`, value as Record<string, unknown>, [
          "name",
          ...Object.keys(specs),
        ]);
  const scalars: [number, number] = [0, 0];
  const tensors: Record<string, unknown> = {};
  let at = 0;
  for (const [name, spec] of Object.entries(specs)) {
    if (spec.kind !== "tensor") scalars[at++] = scalar(fn, `metric.${name}`, spec, given[name]);
    else if (given[name] !== undefined) tensors[name] = given[name];
    else if (!spec.optional) check.fail("ERR_ARGUMENT", fn, `metric.${name}`, `be a tensor ${spec.shape}`, undefined);
  }
  const [name, numbers] = simplest(asked, scalars);
  const use = { name, larger: DISTANCES[name].closer === "larger", scalars: numbers, tensors };
  if (typeof value === "string") named.set(value, use);
  return use;
}

/** The name in a string or an object. */
function nameOf<M extends MetricName>(fn: string, value: unknown, known: readonly M[]): M {
  const isObject = typeof value === "object" && value !== null;
  const name = isObject ? (value as { name?: unknown }).name : value;
  return check.choice(fn, "metric", name, known);
}

function scalar(
  fn: string,
  arg: string,
  spec: Exclude<DistanceParam, { readonly kind: "tensor" }>,
  value: unknown,
): number {
  if (spec.kind === "boolean") return check.boolean(fn, arg, value ?? spec.default) ? 1 : 0;
  if (value === Infinity && spec.infinite) return Infinity;
  const { above, min = above } = spec;
  return check.number(fn, arg, value ?? spec.default, {
    ...(min === undefined ? {} : { min }),
    above: above !== undefined,
  });
}

/** The powers that have kernels of their own. */
function simplest(name: MetricName, scalars: [number, number]): [MetricName, [number, number]] {
  if (name !== "minkowski") return [name, scalars];
  const special: Readonly<Record<number, MetricName>> = { 1: "cityblock", 2: "euclidean", [Infinity]: "chebyshev" };
  const plain = special[scalars[0]];
  return plain === undefined ? [name, scalars] : [plain, [0, 0]];
}
