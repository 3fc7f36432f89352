import { isScalar } from "../params.js";
import type { ParamSpecs } from "../table.js";

/** Parameters by name again, from numbers in table order: enums as their values. */
export function named(specs: ParamSpecs, scalars: Float64Array): Readonly<Record<string, number | string | boolean>> {
  const scalarSpecs = Object.entries(specs).filter(([, spec]) => isScalar(spec));
  return Object.fromEntries(
    scalarSpecs.map(([name, spec], at) => {
      const value = scalars[at] as number;
      if (spec.kind === "boolean") return [name, value !== 0];
      return [name, spec.kind === "enum" ? (spec.values[value] as string) : value];
    }),
  );
}
