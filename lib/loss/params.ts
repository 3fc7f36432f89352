/** An entry's parameters as native code takes them: numbers in table order, and the tensors among them. */
import * as check from "../check.js";
import { type Dense, floats } from "../dense.js";
import { FLOATS } from "../dtype.js";
import { WarpweftError } from "../error.js";
import type { Input } from "../types.js";
import type { BooleanParam, EnumParam, NumberParam, ParamSpec, ParamSpecs, TensorParam } from "./table.js";

type ScalarParam = NumberParam | TensorParam | BooleanParam | EnumParam;

export interface Scalars {
  readonly values: Float64Array;
  /** For each parameter of kind "tensor" the tensor that was given, or undefined where it was a number. */
  readonly tensors: readonly (Dense | undefined)[];
}

const OF_ROWS: readonly ParamSpec["kind"][] = ["indices", "vector", "counts", "pairWeights", "clusters", "rows"];
export const isScalar = (spec: ParamSpec): spec is ScalarParam => !OF_ROWS.includes(spec.kind);

export function scalarsOf(fn: string, specs: ParamSpecs, given: Readonly<Record<string, unknown>>): Scalars {
  const tensors: (Dense | undefined)[] = [];
  const values = Object.entries(specs).flatMap(([name, spec]) => {
    if (!isScalar(spec)) return [];
    let value = given[name];
    if (spec.kind === "tensor") {
      const tensor = value === undefined || typeof value === "number" ? undefined : single(fn, name, value);
      tensors.push(tensor);
      if (tensor) value = floats(tensor)[0];
    }
    return scalar(fn, name, spec, value);
  });
  return { values: Float64Array.from(values), tensors };
}

function scalar(fn: string, name: string, spec: ScalarParam, value: unknown): number {
  switch (spec.kind) {
    case "number": {
      const { above, min = above, max, integer } = spec;
      const range = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
      return check.number(fn, name, value ?? spec.default, {
        ...range,
        above: above !== undefined,
        integer: !!integer,
      });
    }
    case "tensor": {
      const range = spec.above === undefined ? {} : { min: spec.above, above: true };
      return check.number(fn, name, value ?? spec.default, range);
    }
    case "boolean":
      return check.boolean(fn, name, value ?? spec.default) ? 1 : 0;
    case "enum":
      return spec.values.indexOf(check.choice(fn, name, value ?? spec.default, spec.values));
  }
}

/** One element, of a float dtype. */
function single(fn: string, name: string, value: unknown): Dense {
  const x = check.ofDType(fn, name, check.input(fn, name, value as Input), FLOATS);
  if (x.size === 1) return x;
  const shape = `[${x.shape.join(", ")}]`;
  throw new WarpweftError(
    "ERR_SHAPE",
    `${fn}: ${name} must be a number or a tensor of one element, got shape ${shape}`,
  );
}
