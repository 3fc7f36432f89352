/** The handle that people hold: the public methods over a `Dense`, each one checked, interpreted and passed on. */
import * as arithmetic from "./algebra/arithmetic.js";
import { moved } from "./algebra/device.js";
import { filled } from "./algebra/elementwise.js";
import { normalize } from "./algebra/normalize.js";
import * as views from "./algebra/views.js";
import { later, now } from "./async.js";
import { backward, type Op, record } from "./autograd.js";
import * as check from "./check.js";
import { converted } from "./convert.js";
import { type Dense, drop, elements, floats, hold, INSIDE, sizeOf } from "./dense.js";
import { present } from "./device.js";
import { DTYPES, isDType } from "./dtype.js";
import { WarpweftError } from "./error.js";
import { setGrad } from "./gradients.js";
import { track } from "./scope.js";
import type { AsyncOptions, Device, DType, NumericArray, Tensor } from "./types.js";

class Handle implements Tensor {
  [INSIDE]: Dense | null;
  #grad: Handle | null = null;

  constructor(inside: Dense) {
    this[INSIDE] = inside;
    hold(inside);
  }

  get shape(): readonly number[] {
    return this.#inside("shape").shape;
  }
  get dtype(): DType {
    return this.#inside("dtype").dtype;
  }
  get device(): Device {
    return this.#inside("device").device;
  }
  get size(): number {
    return this.#inside("size").size;
  }
  get requiresGrad(): boolean {
    return this.#inside("requiresGrad").requiresGrad;
  }
  /** The same handle as long as the gradient is the same. It belongs to no scope. */
  get grad(): Tensor | null {
    const { grad } = this.#inside("grad");
    if (grad === null) return null;
    if (this.#grad?.[INSIDE] !== grad) this.#grad = new Handle(grad);
    return this.#grad;
  }

  backward(gradient?: Tensor, options: { retainGraph?: boolean } = {}): void {
    const retain = retainGraph("backward", options, ["retainGraph"]);
    now("backward", backward("backward", this.#inside("backward"), gradient, retain));
  }
  async backwardAsync(gradient?: Tensor, options: { retainGraph?: boolean } & AsyncOptions = {}): Promise<void> {
    const retain = retainGraph("backwardAsync", options, ["retainGraph", "signal", "onProgress"]);
    const inside = this.#inside("backwardAsync");
    await later("backwardAsync", backward("backwardAsync", inside, gradient, retain), options);
  }
  zeroGrad(): void {
    setGrad(this.#inside("zeroGrad"), null);
  }
  detach(): Tensor {
    const x = this.#inside("detach");
    return tensorOf(x.view(x.shape, x.strides));
  }
  to(target: Device | DType): Tensor {
    const x = this.#inside("to");
    if (!isDType(target)) {
      if (typeof target !== "string" || !/^(cpu|cuda)/.test(target))
        check.fail("ERR_ARGUMENT", "to", "target", "be a dtype or a device", target);
      const device = present("to", "target", target);
      if (device === x.device) return tensorOf(x);
      return tensorOf(DTYPES[x.dtype].float ? record(move, [x], { device }) : moved("to", x, device));
    }
    if (target === x.dtype) return tensorOf(x);
    const convert = (from: Dense) => converted("to", from, target);
    return DTYPES[target].float ? tensorOf(record(arithmetic.convert, [x], { to: convert })) : tensorOf(convert(x));
  }

  data(): NumericArray {
    return elements(this.#readable("data"));
  }
  item(): number {
    const x = this.#readable("item");
    if (x.size === 1) return numbers(x)[0];
    throw new WarpweftError("ERR_SHAPE", `item: the tensor must have one element, got shape [${x.shape.join(", ")}]`);
  }
  toArray(): unknown {
    const x = this.#readable("toArray");
    return nested(Array.from(numbers(x)), x.shape);
  }

  add(other: Tensor | number): Tensor {
    return this.#with("add", arithmetic.add, other);
  }
  sub(other: Tensor | number): Tensor {
    return this.#with("sub", arithmetic.sub, other);
  }
  mul(other: Tensor | number): Tensor {
    return this.#with("mul", arithmetic.mul, other);
  }
  div(other: Tensor | number): Tensor {
    return this.#with("div", arithmetic.div, other);
  }
  exp(): Tensor {
    return tensorOf(record(arithmetic.exp, [this.#float("exp")], null));
  }
  log(): Tensor {
    return tensorOf(record(arithmetic.log, [this.#float("log")], null));
  }
  relu(): Tensor {
    return tensorOf(record(arithmetic.relu, [this.#float("relu")], null));
  }
  sum(): Tensor {
    return tensorOf(record(arithmetic.sum, [this.#float("sum")], { mean: false }));
  }
  mean(): Tensor {
    return tensorOf(record(arithmetic.sum, [this.#float("mean")], { mean: true }));
  }
  normalize(): Tensor {
    return tensorOf(record(normalize, [this.#matrix("normalize", check.FLOATS)], null));
  }
  transpose(): Tensor {
    return tensorOf(record(views.transpose, [this.#matrix("transpose")], null));
  }
  matmul(other: Tensor): Tensor {
    const a = this.#matrix("matmul", check.FLOATS);
    const b = check.matrix("matmul", "other", other);
    check.sameDevice("matmul", "other", b, "this", a);
    if (a.shape[1] === b.shape[0]) return tensorOf(record(views.matmul, [a, b], null));
    const wanted = `${a.shape[1]} rows, as many as this has columns`;
    throw new WarpweftError("ERR_SHAPE", `matmul: other must have ${wanted}, got ${b.shape[0]}`);
  }
  reshape(shape: readonly number[]): Tensor {
    const x = this.#readable("reshape");
    const wanted = check.shape("reshape", "shape", shape);
    if (sizeOf(wanted) === x.size) return tensorOf(record(views.reshape, [x], { shape: wanted }));
    const got = `[${wanted.join(", ")}] with ${sizeOf(wanted)}`;
    throw new WarpweftError("ERR_SHAPE", `reshape: shape must keep the ${x.size} elements, got ${got}`);
  }
  columns(start: number, end: number): Tensor {
    const x = this.#matrix("columns");
    const last = x.shape[1];
    check.number("columns", "end", end, { min: 0, max: last, integer: true });
    check.number("columns", "start", start, { min: 0, max: end, integer: true });
    return tensorOf(record(views.columns, [x], { start, end }));
  }

  dispose(): void {
    if (this[INSIDE]) drop(this[INSIDE]);
    this[INSIDE] = null;
    this.#grad = null;
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const x = this[INSIDE];
    if (!x) return "Tensor (disposed)";
    return `Tensor ${x.dtype} [${x.shape.join(", ")}]${x.device === "cpu" ? "" : ` on ${x.device}`}`;
  }

  #inside(fn: string): Dense {
    const inside = this[INSIDE];
    if (inside) return inside;
    throw new WarpweftError("ERR_DISPOSED", `${fn}: the tensor was disposed`);
  }
  /** Its buffer is still there, too. */
  #readable(fn: string): Dense {
    this.#inside(fn);
    return check.input(fn, "this", this);
  }
  #float(fn: string): Dense {
    return check.ofDType(fn, "this", this.#readable(fn), check.FLOATS);
  }
  #matrix(fn: string, dtypes: readonly DType[] = check.DTYPE_NAMES): Dense {
    this.#inside(fn);
    return check.matrix(fn, "this", this, dtypes);
  }
  #with<S>(fn: string, op: Op<readonly [Dense, Dense], null, S>, other: Tensor | number): Tensor {
    const a = this.#float(fn);
    const b =
      typeof other === "number"
        ? filled(other, [])
        : check.ofDType(fn, "other", check.input(fn, "other", other), check.FLOATS);
    if (typeof other !== "number") check.sameDevice(fn, "other", b, "this", a);
    return tensorOf(record(op, [a, b], null));
  }
}

/** The gradient moves back. */
const move: Op<readonly [Dense], { device: Device }, null> = {
  name: "to",
  forward: ([x], { device }) => ({ out: moved("to", x, device), saved: null }),
  backward: (g, [x]) => [moved("to", g, x.device)],
};

/** A handle for the user; the open scope will dispose it. */
export function tensorOf(inside: Dense): Tensor {
  return track(new Handle(inside));
}

function retainGraph(fn: string, options: { retainGraph?: boolean }, known: readonly string[]): boolean {
  const { retainGraph: value = false } = check.options(fn, options, known);
  return check.boolean(fn, "retainGraph", value);
}

function numbers(x: Dense): ArrayLike<number> {
  return DTYPES[x.dtype].float ? floats(x) : elements(x);
}

function nested(values: number[], shape: readonly number[]): unknown {
  if (shape.length === 0) return values[0];
  if (shape.length === 1) return values;
  const [rows, ...rest] = shape;
  const size = sizeOf(rest);
  return Array.from({ length: rows }, (_, i) => nested(values.slice(i * size, (i + 1) * size), rest));
}
